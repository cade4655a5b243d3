import type { Masks } from './masks.js';
import type { Annotation } from './result.js';

/** One workflow command: `::name key=value,key=value::message`. */
export interface Command {
  /** In lower case. */
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Annotations of one level that a step may have; any more are only in the log. */
export const MAX_ANNOTATIONS = 10;
const MAX_MESSAGE = 4096;

/** Reads a line as a workflow command. A line that starts with `::` and is no command is just a line. */
export function parseCommand(line: string): Command | undefined {
  const match = /^\s*::([^\s:]+)(?:[ \t](.*?))?::(.*)$/s.exec(line);
  if (!match) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of (match[2] ?? '').split(',')) {
    const equals = pair.indexOf('=');
    if (equals < 1) continue;
    const value = pair.slice(equals + 1);
    if (value !== '') properties[pair.slice(0, equals).trim()] = decode(value, true);
  }
  return { name: match[1]!.toLowerCase(), properties, message: decode(match[3]!, false) };
}

function decode(text: string, property: boolean): string {
  const plain = text.replaceAll('%0D', '\r').replaceAll('%0A', '\n');
  return (property ? plain.replaceAll('%3A', ':').replaceAll('%2C', ',') : plain).replaceAll('%25', '%');
}

export interface StepOutputOptions {
  readonly masks: Masks;
  readonly debug: boolean;
  readonly onLine: (line: string) => void;
}

/** What one process said by commands that act on its step; `refused` is a command that fails it. */
export interface ProcessSayings {
  readonly outputs: Record<string, string>;
  readonly state: Record<string, string>;
  refused: string | undefined;
}

/**
 * Takes what a step prints, line by line: obeys its workflow commands, hides what is secret, and keeps log and annotations.
 * Lines are written as GitHub's raw logs have them (`##[error]...`).
 */
export class StepOutput {
  readonly lines: string[] = [];
  readonly annotations: Annotation[] = [];
  readonly #options: StepOutputOptions;
  #sayings: ProcessSayings = { outputs: {}, state: {}, refused: undefined };
  #stopToken: string | undefined;

  constructor(options: StepOutputOptions) {
    this.#options = options;
  }

  /** Called before each process of the step: a composite action has many. */
  startProcess(): ProcessSayings {
    this.#sayings = { outputs: {}, state: {}, refused: undefined };
    this.#stopToken = undefined;
    return this.#sayings;
  }

  /** One line that the step printed. */
  line(text: string): void {
    if (this.#stopToken !== undefined) {
      if (text.trim() === `::${this.#stopToken}::`) this.#stopToken = undefined;
      else this.print(text);
      return;
    }
    const command = parseCommand(text);
    if (!command || !this.#obey(command)) this.print(text);
  }

  /** A line of the runner's own, or of the step's, that is no command. */
  print(text: string): void {
    for (const line of this.#options.masks.apply(text).split(/\r?\n/)) {
      this.lines.push(line);
      this.#options.onLine(line);
    }
  }

  /** Notes an annotation, and says it in the log. */
  annotate(level: Annotation['level'], message: string, properties: Readonly<Record<string, string>> = {}): void {
    const masked = this.#options.masks.apply(message).slice(0, MAX_MESSAGE);
    this.print(`##[${level}]${masked}`);
    if (this.annotations.filter((annotation) => annotation.level === level).length >= MAX_ANNOTATIONS) return;
    const number = (key: string): number | undefined =>
      /^\d+$/.test(properties[key] ?? '') ? Number(properties[key]) : undefined;
    const text = (key: string): string | undefined => properties[key] && this.#options.masks.apply(properties[key]);
    const place = {
      title: text('title'),
      file: text('file'),
      line: number('line'),
      endLine: number('endLine'),
      column: number('col'),
      endColumn: number('endColumn'),
    };
    const given = Object.entries(place).filter(([, value]) => value !== undefined);
    this.annotations.push({ level, message: masked, ...Object.fromEntries(given) });
  }

  /** Whether the command was one; anything else is printed as it stands. */
  #obey(command: Command): boolean {
    const { name, properties, message } = command;
    switch (name) {
      case 'error':
      case 'warning':
      case 'notice':
        this.annotate(name, message, properties);
        return true;
      case 'debug':
        if (this.#options.debug) this.print(`##[debug]${message}`);
        return true;
      case 'group':
        this.print(`##[group]${message}`);
        return true;
      case 'endgroup':
        this.print('##[endgroup]');
        return true;
      case 'add-mask':
        if (message.trim() === '') this.annotate('warning', "Can't add secret mask for empty string in ##[add-mask] command.");
        else this.#options.masks.add(message);
        return true;
      case 'stop-commands':
        this.#stopToken = message.trim();
        return true;
      case 'set-output':
      case 'save-state': {
        const file = name === 'set-output' ? 'GITHUB_OUTPUT' : 'GITHUB_STATE';
        this.annotate('warning', `The \`${name}\` command is deprecated and will be disabled soon. Write to ${file} instead.`);
        const key = properties.name;
        if (key) this.#sayings[name === 'set-output' ? 'outputs' : 'state'][key] = message;
        return true;
      }
      case 'set-env':
      case 'add-path': {
        const file = name === 'set-env' ? 'GITHUB_ENV' : 'GITHUB_PATH';
        this.#sayings.refused = `The \`${name}\` command is disabled. Write to ${file} instead.`;
        this.annotate('error', this.#sayings.refused);
        return true;
      }
      case 'echo':
      case 'add-matcher':
      case 'remove-matcher':
        return true;
      default:
        return false;
    }
  }
}
