import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount } from '../../shared/core/format.js';

/** A summary over this is dropped with an error; the step does not fail. */
export const MAX_SUMMARY_BYTES = 1024 * 1024;

const FILES = { output: 'set_output', env: 'set_env', path: 'add_path', state: 'save_state', summary: 'step_summary' } as const;

/** What a step has written into the files that GITHUB_OUTPUT and its like name. */
export interface FileCommands {
  readonly outputs: readonly (readonly [string, string])[];
  readonly env: readonly (readonly [string, string])[];
  readonly paths: readonly string[];
  readonly state: readonly (readonly [string, string])[];
  readonly summary: string;
  /** Each makes an error annotation; those that also fail the step are `fatal`. */
  readonly problems: readonly { readonly message: string; readonly fatal: boolean }[];
}

/** The five command files of one step. */
export class CommandFiles {
  readonly #paths: Readonly<Record<keyof typeof FILES, string>>;

  /** Creates them, empty, below the job's temporary folder. */
  constructor(temp: string) {
    const folder = join(temp, '_runner_file_commands');
    mkdirSync(folder, { recursive: true });
    const id = randomUUID();
    const path = (prefix: string): string => join(folder, `${prefix}_${id}`);
    this.#paths = {
      output: path(FILES.output),
      env: path(FILES.env),
      path: path(FILES.path),
      state: path(FILES.state),
      summary: path(FILES.summary),
    };
    for (const file of Object.values(this.#paths)) writeFileSync(file, '');
  }

  /** The environment variables that name them. */
  environment(): Record<string, string> {
    return {
      GITHUB_OUTPUT: this.#paths.output,
      GITHUB_ENV: this.#paths.env,
      GITHUB_PATH: this.#paths.path,
      GITHUB_STATE: this.#paths.state,
      GITHUB_STEP_SUMMARY: this.#paths.summary,
    };
  }

  /** Reads what the step wrote and removes the files. Never throws: what cannot be read is a problem. */
  collect(): FileCommands {
    const problems: { message: string; fatal: boolean }[] = [];
    const pairs = (name: 'output' | 'env' | 'state', variable: string): (readonly [string, string])[] => {
      try {
        return parseKeyValues(this.#read(name));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        problems.push({
          message: `Unable to process file command '${name}' (${variable}) successfully. ${reason}`,
          fatal: true,
        });
        return [];
      }
    };
    const env = pairs('env', 'GITHUB_ENV').filter(([key]) => {
      if (key.toUpperCase() !== 'NODE_OPTIONS') return true;
      problems.push({ message: "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.", fatal: true });
      return false;
    });
    const size = statSync(this.#paths.summary, { throwIfNoEntry: false })?.size ?? 0;
    if (size > MAX_SUMMARY_BYTES) {
      problems.push({
        message: `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${formatCount(Math.ceil(size / 1024))}k.`,
        fatal: false,
      });
    }
    const collected: FileCommands = {
      outputs: pairs('output', 'GITHUB_OUTPUT'),
      env,
      paths: this.#read('path')
        .split(/\r?\n/)
        .filter((line) => line.trim() !== ''),
      state: pairs('state', 'GITHUB_STATE'),
      summary: size > MAX_SUMMARY_BYTES ? '' : this.#read('summary'),
      problems,
    };
    for (const file of Object.values(this.#paths)) rmSync(file, { force: true });
    return collected;
  }

  #read(name: keyof typeof FILES): string {
    try {
      return readFileSync(this.#paths[name], 'utf8').replace(/^\uFEFF/, '');
    } catch {
      return '';
    }
  }
}

/**
 * Reads `name=value` lines and `name<<DELIMITER` blocks.
 * @throws Error on any other line, an empty name, and a block that does not end.
 */
export function parseKeyValues(text: string): [string, string][] {
  const lines = text.split(/\r?\n/);
  const pairs: [string, string][] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line === '') continue;
    const equals = line.indexOf('=');
    const block = line.indexOf('<<');
    if (equals >= 0 && (block < 0 || equals < block)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`);
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    } else if (block >= 0) {
      const name = line.slice(0, block);
      const delimiter = line.slice(block + 2);
      if (name === '' || delimiter === '') throw new Error(`Invalid format '${line}'. Name and delimiter must not be empty`);
      const end = lines.indexOf(delimiter, index + 1);
      if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
      pairs.push([name, lines.slice(index + 1, end).join('\n')]);
      index = end;
    } else throw new Error(`Invalid format '${line}'`);
  }
  return pairs;
}
