import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRegistry } from '../shared/registry/scene.js';
import { customers, Project, spec } from './project.js';
import { RegistryJob } from './registry-job.js';

/**
 * A repository with several models: this one stands in a folder of its own, its spec has another name, and its data is what the
 * input says. Every action finds its way, and leaves what it leaves in that folder.
 */

const PLACE = { 'working-directory': 'models/churn', spec: 'model.yaml', data: 'new.csv' } as const;
const FOLDER = 'models/churn/.mlops-actions';

let project: Project;
beforeEach(async () => {
  project = await Project.create({
    'models/churn/model.yaml': spec({
      ...{ train: { algorithm: 'gbdt', params: { num_iterations: 8 } }, gates: ['auc >= 0.99'] },
      contract: { columns: { plan: { enum: ['basic'] } } },
      tune: { metric: 'log_loss', trials: 1, rounds: 1, jobs: 1, space: { num_leaves: [3, 7] } },
    }),
    'models/churn/new.csv': customers(),
  });
});
afterEach(() => project.remove());

const at = (file: string): string => join(project.directory, FOLDER, file);
const json = async (file: string | undefined) => JSON.parse(await readFile(file!, 'utf8')) as Record<string, unknown>;

describe('a model in a folder of its own', () => {
  test('is validated, trained, evaluated and compared there', async () => {
    const validated = await project.run('validate', { ...PLACE, 'fail-on': 'never' });
    expect(validated.failure).toBeUndefined();
    expect(validated.outputs['result-path']).toBe(at('validation.json'));
    expect(await json(validated.outputs['result-path'])).toMatchObject({ kind: 'validation', spec: 'models/churn/model.yaml' });
    expect(validated.annotations![0]!.location!.file).toBe('models/churn/model.yaml');

    const trained = await project.run('train', PLACE);
    expect(trained.outputs['bundle-path']).toBe(at('bundle'));

    const place = { ...PLACE, model: '.mlops-actions/bundle' };
    const evaluated = await project.run('evaluate', { ...place, 'fail-on': 'never' });
    expect(evaluated.failure).toBeUndefined();
    expect(evaluated.outputs).toEqual({
      ...{ 'metrics-path': at('metrics.json'), 'evaluation-path': at('evaluation.json'), gates: 'fail', cached: 'false' },
    });
    expect(await json(evaluated.outputs['evaluation-path'])).toMatchObject({ model: 'churn', gatesOutcome: 'fail' });
    expect((await project.run('evaluate', place)).failure).toContain('auc >= 0.99');

    const compared = await project.run('compare', { ...PLACE, 'fail-on': 'never' });
    expect(compared.outputs['comparison-path']).toBe(at('comparison.json'));
    expect(await readFile(compared.outputs['report-path']!, 'utf8')).toContain('<h1>');
    expect(await json(compared.outputs['comparison-path'])).toMatchObject({
      kind: 'comparison',
      spec: 'models/churn/model.yaml',
    });
    expect(compared.outputs.artifact).toMatch(/^churn-comparison-[0-9a-f]{8}$/);
  });

  test('is tuned there', async () => {
    const plan = await project.run('tune-plan', PLACE);
    const { include } = JSON.parse(plan.outputs.matrix!) as { include: { trials: string }[] };
    for (const { trials } of include) await project.run('train', { ...PLACE, trials });
    const selected = await project.run('tune-select', PLACE);
    expect(selected.outputs['report-path']).toBe(at('study.md'));
    expect(selected.outputs.params).toMatch(/^\{"num_leaves":\d\}$/);
  });
});

test('its versions are registered, promoted and fetched from there', async () => {
  const scene = await openRegistry({ github: { checkOpenApi: false } });
  try {
    const job = await RegistryJob.open(scene, 'churn');
    const folder = join(job.workspace, 'models/churn');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.yaml'), spec({ registry: { stages: ['shadow', 'live'] } }));
    await job.bundle('graph');
    const { data: _data, ...place } = PLACE;
    const { outputs } = await job.step('register', { ...place, bundle: '../../.mlops-actions/bundle' });
    expect(outputs.tag).toBe('churn@v1.0.0');
    // The stages are those of that spec.
    expect((await job.step('promote', { ...place, stage: 'shadow' })).outputs.tag).toBe('churn#shadow#1');
    const fetched = await job.step('fetch', { ...place, model: 'churn#shadow', output: 'live' });
    expect(fetched.outputs['bundle-path']).toBe(join(folder, 'live'));
  } finally {
    await scene.close();
  }
});
