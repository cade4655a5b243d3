import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProcess } from './process.js';

const env = { PATH: process.env.PATH ?? '' };

/** Whether a process still runs: one that has ended but was not collected by its parent does not. */
function alive(pid: number): boolean {
  if (existsSync('/proc/self/stat')) {
    return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  }
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

describe('runProcess', () => {
  it('hands on lines of both streams, the last one without its line break too', async () => {
    const lines: string[] = [];
    const script = 'printf "a\\nb\\r\\n"; printf "c" >&2; exit 3';
    const options = { command: 'sh', args: ['-c', script], cwd: '.', env, signal: new AbortController().signal };
    const result = await runProcess({ ...options, onLine: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(['a', 'b', 'c']);
    expect(result).toEqual({ exitCode: 3 });
  });

  it('stops everything that the program started, also what ignores signals', async () => {
    const stop = new AbortController();
    const pids: number[] = [];
    const script = 'trap "" INT TERM; sleep 60 & echo $!; (trap "" INT TERM; echo $BASHPID; sleep 60); wait';
    const onLine = (line: string): void => {
      pids.push(Number(line));
      if (pids.length === 2) stop.abort();
    };
    const started = performance.now();
    await runProcess({ command: 'bash', args: ['-c', script], cwd: '.', env, signal: stop.signal, onLine, graceMs: 50 });
    expect(performance.now() - started).toBeLessThan(5000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pids.filter(alive)).toEqual([]);
  });

  it('tells what is left in the background', async () => {
    const options = { cwd: '.', env, signal: new AbortController().signal, onLine: () => {} };
    const { leftover } = await runProcess({ ...options, command: 'bash', args: ['-c', 'sleep 60 > /dev/null 2>&1 &'] });
    expect(leftover).toBeGreaterThan(0);
    process.kill(-leftover!, 'SIGKILL');
  });
});
