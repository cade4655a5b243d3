import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customers, Project, spec } from '../actions/project.js';
import { ROOT } from '../docs/action-files.js';
import { findPackages, pythonJson } from '../python/packages.js';

/** The real SDK of Kubeflow Pipelines reads what the action `pipeline` compiles, and its local orchestrator runs it. */

const kfp = findPackages('kfp', ['kfp']);
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(kfp.skip)(kfp.title, () => {
  let project: Project;
  let file: string;
  let text: string;
  beforeAll(async () => {
    text = spec({ gates: ['auc >= 0.5', 'auc >= champion - 0.1'], registry: { stages: ['no', 'on'] } });
    project = await Project.create({ 'mlops.yaml': text, 'data.csv': customers() });
    file = (await project.run('pipeline', { target: 'kubeflow', image: 'example.org/models:1', data: 's3://bucket/data.csv' }))
      .outputs['pipeline-path']!;
  });
  afterAll(() => project.remove());

  test('takes it as a pipeline, and as a part of another', async () => {
    expect(await pythonJson(kfp, script('check.py'), [file])).toEqual({
      name: 'churn',
      tasks: ['data', 'evaluate', 'if-champion', 'train', 'validate'],
      condition: ['champion', 'compare'],
      inputs: { data_uri: 's3://bucket/data.csv', champion_uri: '', spec: text },
      spec: text,
    });
  });

  /** Runs the pipeline. @returns the folders of its tasks, by their names */
  async function runPipeline(root: string, args: Readonly<Record<string, string>>) {
    const folder = join(project.directory, root);
    const ran = (await pythonJson(kfp, script('run.py'), [file, ROOT, folder, JSON.stringify(args)])) as { images: string[] };
    const [run] = await readdir(folder);
    return { ...ran, tasks: await readdir(join(folder, run!)), at: (...path: string[]) => join(folder, run!, ...path) };
  }
  const json = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;

  test('runs it from the data to the comparison, with the digest that the action train gives', {
    timeout: 240_000,
  }, async () => {
    const data = join(project.directory, 'data.csv');
    const first = await runPipeline('first', { data_uri: data });
    expect(first.tasks.sort()).toEqual(['evaluate', 'train', 'validate']);
    expect(first.images).toEqual(['example.org/models:1', 'example.org/models:1', 'example.org/models:1']);
    const { digest } = await json(first.at('train', 'bundle', 'manifest.json'));
    const own = await project.run('train', { champion: 'none' });
    expect(digest).toBe(own.outputs.digest);
    expect(await readFile(first.at('train', 'summary'), 'utf8')).toContain('churn');
    const told = await json(first.at('evaluate', 'executor_output.json'));
    expect(told).toMatchObject({ artifacts: { metrics: { artifacts: [{ metadata: { auc: expect.any(Number) } }] } } });
    expect(await json(first.at('train', 'executor_output.json'))).toMatchObject({
      artifacts: { bundle: { artifacts: [{ metadata: { digest, framework: 'onnx' } }] } },
    });

    // With the first run's bundle as the champion, and another spec as a parameter of the run.
    const champion = first.at('train', 'bundle');
    const baseline = spec({ gates: ['auc >= champion - 0.1'], train: { algorithm: 'baseline' } });
    const second = await runPipeline('second', { data_uri: data, champion_uri: champion, spec: baseline });
    expect(second.tasks).toContain('compare');
    const comparison = await json(second.at('compare', 'comparison'));
    expect(comparison).toMatchObject({ verdict: 'worse' });
  });

  test('a broken contract stops it before the training', { timeout: 120_000 }, async () => {
    const broken = spec({ contract: { columns: { plan: { enum: ['basic'] } } } });
    const run = await runPipeline('broken', { data_uri: join(project.directory, 'data.csv'), spec: broken });
    expect(run.tasks).toEqual(['validate']);
    expect(await json(run.at('validate', 'validation'))).toMatchObject({ passed: false });
  });
});
