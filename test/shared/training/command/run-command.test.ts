import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMask, environmentOfCommand } from '../../../../shared/training/command/environment.js';
import { runCommand } from '../../../../shared/training/command/run-command.js';

let directory: string;
let lines: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'command-'));
  lines = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const run = (command: string, timeoutMs?: number) =>
  runCommand({
    command,
    directory,
    env: process.env,
    ...(timeoutMs !== undefined && { timeoutMs }),
    graceMs: 500,
    onLine: (line) => lines.push(line),
  });

/** Whether the process that wrote its number into a file still runs. */
async function lives(file: string): Promise<boolean> {
  try {
    process.kill(Number(await readFile(join(directory, file), 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(file: string): Promise<boolean> {
  for (let tries = 0; tries < 40 && (await lives(file)); tries++) await pause(50);
  return !(await lives(file));
}

describe('what it prints', () => {
  test('comes by line, from both streams, also bars that draw over themselves and a last line without an end', async () => {
    const end = await run("echo one; echo two >&2; printf '10%%\\r20%%\\r30%%\\n'; printf last");
    expect(end).toMatchObject({ reason: 'exit', code: 0, leftBehind: false });
    expect([...lines].sort()).toEqual(['10%', '20%', '30%', 'last', 'one', 'two']);
  });

  test('comes while it runs', async () => {
    const running = run('echo early; while [ ! -e go ]; do sleep 0.02; done');
    while (lines.length === 0) await pause(20);
    await writeFile(join(directory, 'go'), '');
    expect(lines).toEqual(['early']);
    await running;
  });

  test('is left out of the log beyond 4 MB, and the last lines are known all the same', async () => {
    const end = await run('head -c 6000000 /dev/zero | tr "\\0" x | fold -w 99; echo "Out of memory" >&2; exit 3');
    expect(end).toMatchObject({ code: 3 });
    expect(end.lastLines).toContain('Out of memory');
    expect(end.lastLines.length).toBeLessThanOrEqual(20);
    expect(lines.join('\n').length).toBeLessThan(4.3e6);
    expect(lines).toContainEqual(expect.stringContaining('more than 4 MB'));
  });

  test('is cut where a line has no end', async () => {
    await run("head -c 3000000 /dev/zero | tr '\\0' x");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.length).toBeLessThan(5000);
  });
});

describe('how it ends', () => {
  test('with the status of the first command that fails, also in a pipe', async () => {
    expect(await run('false; echo never')).toMatchObject({ code: 1, lastLines: [] });
    expect(await run('exit 7 | cat')).toMatchObject({ code: 7 });
  });

  test('at its time limit with everything that it has started', async () => {
    const end = await run('echo $$ > shell; (echo $BASHPID > child; sleep 60) & wait', 400);
    expect(end).toMatchObject({ reason: 'timeout' });
    expect(end.seconds).toBeLessThan(4);
    expect([await untilGone('shell'), await untilGone('child')]).toEqual([true, true]);
  });

  test('killed where it does not end when it is asked to', async () => {
    const end = await run("trap '' TERM; echo $$ > shell; while true; do sleep 0.1; done", 300);
    expect(end).toMatchObject({ reason: 'timeout', signal: 'SIGKILL' });
    expect(await untilGone('shell')).toBe(true);
  });

  test('when it leaves a process behind that holds its output open: that one is ended too', async () => {
    const end = await run('(echo $BASHPID > child; sleep 60) & while [ ! -s child ]; do sleep 0.02; done; echo done');
    expect(end).toMatchObject({ reason: 'exit', code: 0, leftBehind: true });
    expect(end.seconds).toBeLessThan(10);
    expect(await untilGone('child')).toBe(true);
  });

  test('with the group when the step is cancelled', async () => {
    const running = run('echo $$ > shell; echo ready; sleep 60');
    for (let tries = 0; tries < 100 && !lines.includes('ready'); tries++) await pause(50);
    process.emit('SIGTERM');
    expect(await running).toMatchObject({ reason: 'cancelled' });
    expect(await untilGone('shell')).toBe(true);
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });
});

test('nothing is put into the command line: a shell sees exactly the text of the spec', async () => {
  await run(`printf '%s\\n' "$0" '$(touch oops)' "a  b"`);
  expect(lines).toEqual(['bash', '$(touch oops)', 'a  b']);
  expect(existsSync(join(directory, 'oops'))).toBe(false);
});

test("the command gets neither the action's inputs nor the job's tokens nor the files of the runner", () => {
  const env = {
    PATH: '/bin',
    HF_TOKEN: 'hf_given',
    GITHUB_TOKEN: 'ghs_job',
    'INPUT_GITHUB-TOKEN': 'ghs_job',
    ACTIONS_RUNTIME_TOKEN: 'runtime',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'identity',
    GITHUB_ENV: '/runner/env',
    GITHUB_PATH: '/runner/path',
    GITHUB_OUTPUT: '/runner/output',
    GITHUB_REPOSITORY: 'a/b',
  };
  expect(environmentOfCommand(env, { MLOPS_SEED: '42' })).toEqual({
    PATH: '/bin',
    HF_TOKEN: 'hf_given',
    GITHUB_REPOSITORY: 'a/b',
    MLOPS_SEED: '42',
  });
});

test('secrets of the environment are masked, also one that holds another, and by line', () => {
  const mask = createMask({
    API_TOKEN: 'secret-1',
    DB_PASSWORD: 'secret-1-longer',
    PRIVATE_KEY: 'line one\nline two',
    SHORT_TOKEN: 'abc',
  });
  expect(mask('secret-1-longer, secret-1 and abc; line two')).toBe('***, *** and abc; ***');
});
