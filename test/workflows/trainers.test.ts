import { cp } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findModules } from '../python/packages.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/** The sample trainers (`train.command`) in the workflow that users call, with the bundles in dist/. */

const project = (name: string, part: string): string => fileURLToPath(new URL(`../projects/${name}/${part}`, import.meta.url));

async function openSample(name: string): Promise<TestRepository> {
  const repository = await openRepository();
  const { directory } = repository.session.git;
  await cp(project(name, 'main'), directory, { recursive: true });
  const { sample } = (await import(`../projects/${name}/sample.ts`)) as typeof import('../projects/penguins/sample.js');
  await sample.prepare(directory);
  return repository;
}

describe('a trainer in plain JavaScript', () => {
  let repository: TestRepository;
  beforeAll(async () => {
    repository = await openSample('trainer-javascript');
  });
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
  });

  test('makes the first candidate, and a pull request that gives it more steps is judged better', async () => {
    const pushed = await repository.push();
    expect(pushed.conclusion, logOf(pushed)).toBe('success');
    expect(stepOf(pushed, 'judge', 'Train').log).toContain('validation rows right');
    expect(jobOf(pushed, 'judge').summaries.join('')).toContain('after each step, as the command reports it');

    const { git } = repository.session;
    await git.checkout('main');
    await git.branch('more-steps');
    await cp(project('trainer-javascript', 'pull-request'), git.directory, { recursive: true });
    const sha = await git.commit('More steps');
    const { pullRequest, runs } = await repository.session.openPullRequest('More steps', 'more-steps', sha);
    expect(runs[0]!.conclusion, logOf(runs[0]!)).toBe('success');
    expect(jobOf(runs[0]!, 'judge').outputs.verdict).toBe('better');
    expect(repository.comments(pullRequest.number)[0]).toContain('steps');
  });
});

describe.each([
  ['trainer-scikit-learn', ['sklearn', 'skl2onnx', 'pandas', 'pyarrow'], ['scikit-learn', 'skl2onnx', 'pandas', 'pyarrow']],
  [
    'trainer-lightgbm',
    ['lightgbm', 'sklearn', 'onnxmltools', 'skl2onnx', 'pandas', 'pyarrow'],
    ['lightgbm', 'scikit-learn', 'onnxmltools', 'skl2onnx', 'pandas', 'pyarrow'],
  ],
  [
    'trainer-xgboost',
    ['xgboost', 'sklearn', 'onnxmltools', 'skl2onnx', 'pandas', 'pyarrow'],
    ['xgboost-cpu', 'scikit-learn', 'onnxmltools', 'skl2onnx', 'pandas', 'pyarrow'],
  ],
  ['trainer-pytorch', ['torch'], ['torch']],
] as const)('%s', (name, modules, install) => {
  const python = findModules(modules, install);

  describe.skipIf(python.skip)(python.title, () => {
    test('is trained and judged as it comes out of its converter', { timeout: 180_000 }, async () => {
      const before = process.env.PATH;
      process.env.PATH = `${python.bin}${delimiter}${before}`;
      const repository = await openSample(name);
      try {
        const run = await repository.push();
        expect(run.conclusion, logOf(run)).toBe('success');
        expect(jobOf(run, 'judge').outputs).toMatchObject({ verdict: 'first model', gates: 'pass' });
        expect(repository.session.github.violations).toEqual([]);
      } finally {
        process.env.PATH = before;
        await repository.close();
      }
    });
  });
});
