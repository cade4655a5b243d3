import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { onInterrupt } from './interrupt.js';

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing of this process's own is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  /** Stops the process and everything it started. */
  readonly signal: AbortSignal;
  /** Time to end by itself after SIGINT, and again after SIGTERM. */
  readonly graceMs?: number;
}

export interface ProcessResult {
  readonly exitCode: number;
  /** The process group, when something of it is still running in the background. */
  readonly leftover?: number;
}

const DEFAULT_GRACE_MS = 1500;
/** How long to read on after the process has ended, when something that it started holds its output open. */
const DRAIN_MS = 1000;

/**
 * Runs one program in a process group of its own and hands on its output line by line.
 * @throws Error when the program cannot be started.
 */
export function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const { command, args, cwd, env, onLine, signal, graceMs = DEFAULT_GRACE_MS } = options;
  return new Promise((resolve, reject) => {
    const grouped = process.platform !== 'win32';
    const child = spawn(command, [...args], { cwd, env, detached: grouped, stdio: ['ignore', 'pipe', 'pipe'] });
    const group = child.pid;
    const timers: NodeJS.Timeout[] = [];
    const kill = (name: NodeJS.Signals): void => {
      if (group !== undefined) signalGroup(group, name, grouped);
    };
    const forget = onInterrupt(() => kill('SIGKILL'));
    const stop = (): void => {
      kill('SIGINT');
      timers.push(
        setTimeout(() => kill('SIGTERM'), graceMs),
        setTimeout(() => kill('SIGKILL'), 2 * graceMs),
      );
    };
    const buffers = [child.stdout, child.stderr].map((stream) => new LineBuffer(stream, onLine));
    let exited: number | undefined;
    const finish = (): void => {
      forget();
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      for (const buffer of buffers) buffer.end();
      const alive = grouped && group !== undefined && signalGroup(group, 0, grouped);
      if (signal.aborted && alive) kill('SIGKILL');
      const leftover = alive && !signal.aborted ? { leftover: group } : {};
      resolve({ exitCode: exited ?? 1, ...leftover });
    };
    child.once('error', (error) => {
      forget();
      for (const timer of timers) clearTimeout(timer);
      reject(error);
    });
    child.once('exit', (code, name) => {
      exited = code ?? 128 + (name ? constants.signals[name] : 0);
      timers.push(
        setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, DRAIN_MS),
      );
    });
    child.once('close', finish);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Sends a signal (0 only asks) to a process group; false when nobody is left in it. */
export function signalGroup(group: number, name: NodeJS.Signals | 0, grouped = process.platform !== 'win32'): boolean {
  try {
    return process.kill(grouped ? -group : group, name);
  } catch {
    return false;
  }
}

/** Cuts a stream into lines; a line that never ends is handed on in pieces of a million characters. */
class LineBuffer {
  #rest = '';
  readonly #onLine: (line: string) => void;

  constructor(stream: NodeJS.ReadableStream, onLine: (line: string) => void) {
    this.#onLine = onLine;
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => this.#add(chunk));
  }

  #add(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.replace(/\r$/, ''));
    if (this.#rest.length > 1_000_000) this.end();
  }

  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest.replace(/\r$/, ''));
    this.#rest = '';
  }
}
