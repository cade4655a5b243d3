import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { parseResult } from '../../shared/report/result.js';
import { openRegistry, type RegistryScene } from '../shared/registry/scene.js';
import { customers, spec } from './project.js';
import { RegistryJob } from './registry-job.js';

/** What a comparison says of the versions before, from a registry whose commits are real. */

let scene: RegistryScene;
beforeAll(async () => {
  scene = await openRegistry({ git: true, private: true, github: { checkOpenApi: false } });
});
afterAll(() => scene.close());

/** A job with the data, whose model reads these features. */
async function trained(use: readonly string[], rows = 3000): Promise<RegistryJob> {
  const job = await RegistryJob.open(scene, 'churn', { spec: { features: { use } } });
  await writeFile(join(job.workspace, 'data.csv'), customers({ rows }));
  await job.step('train');
  return job;
}

test('versions of the registry stand beside the verdict, and one that fell out of their noise band is named in the open', async () => {
  for (const use of [['usage', 'plan'], ['usage']]) await (await trained(use)).step('register');
  const grown = await trained(['plan', 'usage'], 3200);
  await grown.step('register', { version: 'major' });

  const job = await trained(['plan']);
  const outcome = await job.step('compare', { 'fail-on': 'never' });
  const text = await readFile(join(job.workspace, '.mlops-actions/comparison.json'), 'utf8');
  const { history, verdict } = parseResult(text) as Comparison;
  expect(verdict).toBe('worse');
  expect(history!.versions.map(({ version }) => version)).toEqual(['v1.0.0', 'v2.0.0', 'v3.0.0']);
  // Two of the same rows as the candidate's, and one of more.
  expect(history!.versions.map(({ testSet }) => testSet === history!.candidate.testSet)).toEqual([true, true, false]);
  const own = JSON.parse(await readFile(join(job.workspace, '.mlops-actions/bundle/metrics.json'), 'utf8')) as { auc: number };
  expect(history!.candidate.value).toBe(own.auc);
  expect(history!.band!.to).toBeGreaterThan(own.auc);
  expect(outcome.summary).toContain('⚠️ **Decay over versions:** ROC AUC');
  expect(outcome.summary).toContain('<b>Over 3 versions</b>');

  // Without the right to read the registry there is a verdict all the same.
  const blind = await RegistryJob.open(scene, 'churn', { permissions: { actions: 'read' } });
  await writeFile(join(blind.workspace, 'data.csv'), customers({ rows: 3000 }));
  await writeFile(join(blind.workspace, 'mlops.yaml'), spec());
  await blind.step('train', { champion: 'none' });
  await blind.step('compare', { champion: 'none', 'fail-on': 'never' });
  expect(blind.log.join('\n')).toContain('The metric over versions is left out: ');
});
