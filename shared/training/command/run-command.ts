import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, UserError } from '../../core/errors.js';
import { OutputLines } from './output-lines.js';

export interface CommandRun {
  /** The user's own command line. It reaches the shell as it stands: nothing is put into it. */
  readonly command: string;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds; absent: as long as the job may take. */
  readonly timeoutMs?: number;
  /** Milliseconds in which it may end after it was asked to; default 5000. */
  readonly graceMs?: number;
  /** Each line of what it prints, as it comes. */
  readonly onLine: (line: string) => void;
}

/** How a command ended. */
export interface CommandEnd {
  readonly reason: 'exit' | 'timeout' | 'cancelled';
  /** The exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly seconds: number;
  /** The last lines that it printed. */
  readonly lastLines: readonly string[];
  /** Processes that it had left behind, which have been ended too. */
  readonly leftBehind: boolean;
}

/** What a process has to end in after it was asked to; a runner gives a cancelled step 7.5 s in all. */
const GRACE_MS = 5_000;

/** How long output may still come when the command itself has ended: a process that it left holds the pipe open. */
const DRAIN_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs a command as a step of a workflow does (`bash -eo pipefail`, else `sh -e`), in a process group of its own. A time
 * limit or a signal to this process ends the whole group: asked first, killed after 5 s. What is left of the group when
 * the command has ended is killed as well.
 * @throws UserError when no shell can be started
 */
export async function runCommand({
  command,
  directory,
  env,
  timeoutMs,
  graceMs = GRACE_MS,
  onLine,
}: CommandRun): Promise<CommandEnd> {
  const started = performance.now();
  const child = await start(command, directory, env);
  const lines = new OutputLines(onLine);
  child.stdout?.on('data', (chunk: Buffer) => lines.add('out', chunk));
  child.stderr?.on('data', (chunk: Buffer) => lines.add('err', chunk));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));

  let reason: CommandEnd['reason'] = 'exit';
  let killer: NodeJS.Timeout | undefined;
  const stop = (why: CommandEnd['reason']): void => {
    if (reason !== 'exit') return;
    reason = why;
    signalGroup(child, 'SIGTERM');
    killer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  };
  const cancel = (): void => stop('cancelled');
  // Node's timers end at 2^31 ms, which is 24 days: nothing that long is cut short here.
  const limit = timeoutMs !== undefined && timeoutMs < 2 ** 31 ? setTimeout(() => stop('timeout'), timeoutMs) : undefined;
  for (const name of SIGNALS) process.on(name, cancel);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const seconds = (performance.now() - started) / 1000;
    await Promise.race([closed, pause(DRAIN_MS)]);
    const leftBehind = isAlive(child);
    if (leftBehind) signalGroup(child, 'SIGKILL');
    await Promise.race([closed, pause(DRAIN_MS)]);
    lines.end();
    return { reason, code, signal, seconds, lastLines: lines.last, leftBehind };
  } finally {
    clearTimeout(limit);
    clearTimeout(killer);
    for (const name of SIGNALS) process.removeListener(name, cancel);
    // A process that left its group could hold them open for ever.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

async function start(command: string, directory: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const shells = [
    ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', command],
    ['sh', '-e', '-c', command],
  ] as const;
  let reason = '';
  for (const [shell, ...args] of shells) {
    const child = spawn(shell, args, {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const failure = await new Promise<Error | undefined>((resolve) => {
      child.once('spawn', () => resolve(undefined));
      child.once('error', resolve);
    });
    if (!failure) return child;
    reason ||= messageOf(failure);
  }
  throw new UserError(`a command of the spec needs bash or sh on the runner, and neither can be started (${reason})`);
}

function isAlive(child: ChildProcess): boolean {
  if (child.pid === undefined || process.platform === 'win32') return false;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    // Windows has no groups of processes; its own tool ends a tree.
    spawn('taskkill', ['/T', '/F', '/PID', String(child.pid)], { stdio: 'ignore', windowsHide: true }).on('error', () => {});
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}
