import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runPipelineStep } from '../../../shared/pipelines/step.js';
import { spec } from '../../actions/project.js';

/** The steps of pipelines, with small programs in the place of the actions' bundles. */

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'step-'));
  await mkdir(join(directory, 'temp'));
  await writeFile(join(directory, 'data.csv'), 'a\n1\n');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const out = (name: string): string => join(directory, 'out', name);
const json = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

/** Runs `train` as this program; it leaves what it sees of its environment in the summary. */
async function train(
  program: string,
  changes: { data?: string; text?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  await writeFile(
    join(directory, 'train.js'),
    `const fs = require('node:fs');
     const seen = { cwd: process.cwd(), spec: fs.readFileSync('mlops.yaml', 'utf8'), env: process.env };
     fs.writeFileSync(process.env.GITHUB_STEP_SUMMARY, JSON.stringify(seen));
     ${program}`,
  );
  const artifact = (name: string) => ({ artifacts: [{ name, uri: `s3://bucket/${name}`, type: { schemaTitle: 'x' } }] });
  const executorInput = {
    inputs: { parameterValues: { spec: changes.text ?? spec() } },
    outputs: {
      artifacts: { bundle: artifact('bundle'), summary: artifact('summary') },
      outputFile: out('meta/executor_output.json'),
    },
  };
  const args = ['train', '--executor-input', JSON.stringify(executorInput)];
  const paths = ['--input', `data=${changes.data ?? join(directory, 'data.csv')}`];
  for (const name of ['bundle', 'summary']) paths.push('--output', `${name}=${out(name)}`);
  const env = changes.env ?? { PATH: process.env.PATH };
  return runPipelineStep([...args, ...paths], { env, dist: directory, temp: join(directory, 'temp') });
}

const BUNDLE = `fs.mkdirSync('.mlops-actions/bundle', { recursive: true });
  fs.writeFileSync('.mlops-actions/bundle/manifest.json', JSON.stringify({ name: 'churn', task: 'binary', digest: 'sha256:1', seed: 1 }));`;

test('a step finds spec and inputs in a folder of its own, and hands on what it leaves', async () => {
  const env = { PATH: process.env.PATH, INPUT_PARAMS: '{"l2":1}', INPUT_OTHER: 'x', GITHUB_TOKEN: 'secret', GITHUB_SHA: 'abc' };
  expect(await train(BUNDLE, { env })).toBe(0);
  const seen = (await json(out('summary'))) as { cwd: string; spec: string; env: Record<string, string> };
  expect(seen.spec).toBe(spec());
  expect(seen.env).toMatchObject({
    ...{ INPUT_SPEC: 'mlops.yaml', 'INPUT_WORKING-DIRECTORY': '.', INPUT_CHAMPION: 'none', INPUT_PARAMS: '{"l2":1}' },
    ...{ INPUT_DATA: join(directory, 'data.csv'), GITHUB_WORKSPACE: seen.cwd },
  });
  // Nothing of a job on GitHub that the step may run within.
  expect(Object.keys(seen.env).filter((name) => /^(GITHUB_(TOKEN|SHA)|INPUT_OTHER)$/.test(name))).toEqual([]);
  expect(await readdir(out('bundle'))).toEqual(['manifest.json']);
  expect(await json(out('meta/executor_output.json'))).toEqual({
    artifacts: {
      bundle: {
        artifacts: [
          {
            ...{ name: 'bundle', uri: 's3://bucket/bundle', type: { schemaTitle: 'x' } },
            metadata: { name: 'churn', task: 'binary', digest: 'sha256:1', framework: 'onnx' },
          },
        ],
      },
      summary: { artifacts: [{ name: 'summary', uri: 's3://bucket/summary', type: { schemaTitle: 'x' }, metadata: {} }] },
    },
  });
  expect(await readdir(join(directory, 'temp'))).toEqual([]);
});

test('a step that fails says so, and hands on what there is', async () => {
  expect(await train('process.exit(3);')).toBe(3);
  expect(await readFile(out('summary'), 'utf8')).toContain('mlops.yaml');
  expect(await readdir(join(directory, 'out'))).toEqual(['meta', 'summary']);
  expect(await train("process.kill(process.pid, 'SIGKILL');")).toBe(137);
  expect(await readdir(join(directory, 'temp'))).toEqual([]);
});

test('of a folder the files that the spec names are the data', async () => {
  await mkdir(join(directory, 'rows'));
  const text = spec({ data: { path: ['data/2026/*.parquet', 'data/more.csv'] } });
  expect(await train('', { data: join(directory, 'rows'), text })).toBe(0);
  const { env } = (await json(out('summary'))) as { env: Record<string, string> };
  expect(env.INPUT_DATA).toBe([join(directory, 'rows/*.parquet'), join(directory, 'rows/more.csv')].join('\n'));
});

describe('in one line', () => {
  const place = { env: {} };
  const OK = JSON.stringify({
    inputs: { parameterValues: { spec: 'x' } },
    outputs: { artifacts: {}, outputFile: '/x' },
  });
  test.each([
    [[], '"" is no step (validate, train, evaluate, compare)'],
    [['deploy'], '"deploy" is no step'],
    [['train', '--shell', 'x'], "Unknown option '--shell'"],
    [['train'], '--executor-input is not what Kubeflow gives'],
    [['train', '--executor-input', '{"inputs":{}}'], '--executor-input is not what Kubeflow gives'],
    [['train', '--executor-input', OK], 'the artifact data has no path'],
    [['train', '--executor-input', OK, '--input', 'data=/x', '--output', 'bundle='], 'the artifact bundle has no path'],
  ])('%j is not what a compiled pipeline gives', async (args, what) => {
    const work = runPipelineStep(args, place);
    await expect(work).rejects.toThrow(what);
    await expect(work).rejects.toThrow('this program runs the steps of a pipeline');
  });

  test('data that is not there is a mistake of the run', async () => {
    await expect(train('', { data: join(directory, 'nowhere.csv') })).rejects.toThrow("see the run's parameter data_uri");
    expect(await readdir(join(directory, 'temp'))).toEqual([]);
  });
});
