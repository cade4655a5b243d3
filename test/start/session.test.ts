import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunResult } from '../runner/result.js';
import { Session } from './session.js';

const workflow = (name: string, on: string): string => `name: ${name}
on: ${on}
jobs:
  tell:
    runs-on: ubuntu-latest
    steps:
      - name: Tell
        run: echo "told $GITHUB_EVENT_NAME $GITHUB_REF $GITHUB_ACTOR \${{ inputs.reason }}"
`;

let directory: string;
let session: Session;

async function write(name: string, content: string): Promise<void> {
  const file = join(session.git.directory, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

const told = (runs: readonly RunResult[]): string[] =>
  runs.map(({ workflow: name, jobs }) =>
    `${name}: ${/^told .*$/m.exec(jobs[0]!.steps.map(({ log }) => log).join('\n'))?.[0]}`.trim(),
  );

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'session-'));
  session = await Session.start({ directory: join(directory, 'repository'), name: 'models' });
  await write('.github/workflows/data.yml', workflow('data', "{ push: { paths: ['data/**'] } }"));
  await write(
    '.github/workflows/hand.yml',
    workflow('hand', '{ workflow_dispatch: { inputs: { reason: { required: true } } } }'),
  );
  await write('.github/workflows/push.yml', workflow('push', 'push'));
});
afterAll(async () => {
  expect(session.github.violations).toEqual([]);
  await session.close();
  await rm(directory, { recursive: true, force: true });
});

test('a push runs what it starts, by the files that changed since the push before', async () => {
  await write('data/rows.csv', 'a,b\n');
  const first = await session.push('Data');
  expect(told(first.runs)).toEqual(['data: told push refs/heads/main you', 'push: told push refs/heads/main you']);
  await write('mlops.yaml', 'name: x\n');
  expect(told((await session.push('Spec')).runs)).toEqual(['push: told push refs/heads/main you']);
});

test('a merge is a push to main, and leaves main checked out', async () => {
  await session.git.branch('more');
  await write('data/more.csv', 'a,b\n');
  const head = await session.git.commit('More data');
  const { pullRequest } = await session.openPullRequest('More data', 'more', head);
  const { sha, runs } = await session.merge(pullRequest);
  expect(told(runs)).toEqual(['data: told push refs/heads/main you', 'push: told push refs/heads/main you']);
  expect(runs.map(({ run }) => run.headSha)).toEqual([sha, sha]);
  expect(await session.git.git('rev-parse', 'HEAD', 'main')).toBe(`${sha}\n${sha}`);
  expect(await session.git.git('status', '--porcelain')).toBe('');
  // What is pushed next is held against the merge.
  expect(told((await session.push('Nothing')).runs)).toEqual(['push: told push refs/heads/main you']);
});

test('a workflow is started by hand with its inputs, or refused with what GitHub says', async () => {
  const runs = await session.dispatch('hand.yml', { reason: 'because' });
  expect(told(runs)).toEqual(['hand: told workflow_dispatch refs/heads/main you because']);
  await expect(session.dispatch('hand.yml')).rejects.toThrow('422 {"message":"Required input \'reason\' not provided');
});
