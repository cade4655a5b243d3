import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerVersion } from '../../shared/registry/register.js';
import { git, makeBundle, openRegistry } from '../shared/registry/scene.js';
import { findTool, jsonOf, outputOf } from './tool.js';

/** The real DVC compares the metrics and params of two of our bundles, and of two of our versions. */

const dvc = findTool('dvc');
const BEFORE = { auc: 0.75, log_loss: 0.5, pr_auc: null };
const AFTER = { auc: 0.8, log_loss: 0.5, pr_auc: 0.6 };

describe.skipIf(dvc.skip)(dvc.title, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dvc-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('compares two bundles in a work tree', { timeout: 60_000 }, async () => {
    const folder = join(directory, 'bundles');
    await makeBundle(join(folder, 'bundle'), 'first', {}, BEFORE);
    git(directory, 'init', '--quiet', '--initial-branch=main', folder);
    await outputOf('dvc', ['init', '--quiet'], folder);
    git(folder, 'add', '--all');
    git(folder, 'commit', '--quiet', '--message=first');
    await makeBundle(join(folder, 'bundle'), 'second', { params: { num_leaves: 63, extra: true } }, AFTER);
    expect(await jsonOf('dvc', ['metrics', 'diff', '--json', 'HEAD', '--targets', 'bundle/metrics.json'], folder)).toEqual({
      'bundle/metrics.json': {
        auc: { old: 0.75, new: 0.8, diff: expect.closeTo(0.05, 9) },
        pr_auc: { old: null, new: 0.6 },
      },
    });
    expect(await jsonOf('dvc', ['params', 'diff', '--json', 'HEAD', '--targets', 'bundle/params.yaml'], folder)).toEqual({
      'bundle/params.yaml': { num_leaves: { old: 31, new: 63, diff: 32 }, extra: { old: null, new: true } },
    });
  });

  test('compares two versions by their tags', { timeout: 60_000 }, async () => {
    const scene = await openRegistry({ git: true });
    try {
      const register = async (model: string, params: Record<string, number>, metrics: Record<string, number | null>) =>
        registerVersion(await scene.registry(), scene.request(await scene.bundle(model, { params }, metrics)));
      await register('first', { num_leaves: 31 }, BEFORE);
      await register('second', { num_leaves: 63 }, AFTER);
      const folder = scene.gitDirectory!;
      await outputOf('dvc', ['init', '--quiet'], folder);
      const diff = (what: string, file: string) =>
        jsonOf('dvc', [what, 'diff', '--json', 'churn@v1.0.0', 'churn@v1.1.0', '--targets', `.mlops/churn/${file}`], folder);
      expect(await diff('metrics', 'metrics.json')).toMatchObject({
        '.mlops/churn/metrics.json': { auc: { old: 0.75, new: 0.8 } },
      });
      expect(await diff('params', 'params.yaml')).toMatchObject({
        '.mlops/churn/params.yaml': { num_leaves: { old: 31, new: 63 } },
      });
    } finally {
      await scene.close();
    }
  });
});
