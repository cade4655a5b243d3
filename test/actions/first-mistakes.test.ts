import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ROOT, readActions } from '../docs/action-files.js';
import { uploadBytes } from '../github/upload.js';
import { openRegistry, READ, type RegistryScene } from '../shared/registry/scene.js';
import { zipOf } from '../shared/runner/zip-file.js';
import { customers } from './project.js';
import { type JobOptions, RegistryJob } from './registry-job.js';

/**
 * What a new user does wrong first, in every action: each is told in one line that says what to do. What an action says of its
 * own inputs and of the data is in the other files; the registry's jobs are in registry.test.ts, promote.test.ts and
 * report.test.ts.
 */

let scene: RegistryScene;
let closed: RegistryScene;
beforeAll(async () => {
  scene = await openRegistry({ github: { checkOpenApi: false } });
  // In a private repository nothing can be read without a permission.
  closed = await openRegistry({ github: { checkOpenApi: false }, private: true });
});
afterAll(async () => {
  await scene.close();
  await closed.close();
});

let count = 0;
let model: string;
beforeEach(() => {
  for (const { github } of [scene, closed]) github.advanceClock(60 * 60 * 1000);
  model = `first-${++count}`;
});

const TUNE = { tune: { trials: 2, rounds: 1, space: { num_leaves: [3, 7] } }, train: { algorithm: 'gbdt' } };

/** A job with a spec, some data and a bundle in its workspace: everything that a step could want. */
async function open(options: JobOptions = {}, where = scene): Promise<RegistryJob> {
  const job = await RegistryJob.open(where, model, { ...options, spec: { ...TUNE, ...options.spec } });
  await writeFile(join(job.workspace, 'data.csv'), customers({ rows: 60 }));
  await job.bundle('graph');
  return job;
}

/** The one line that a step says. */
async function line(job: RegistryJob, action: string, inputs: Readonly<Record<string, string>>): Promise<string> {
  const said = await job.complaint(action, inputs);
  expect(said).not.toContain('\n');
  return said;
}

/** What each action cannot do without. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  evaluate: { model: '.mlops-actions/bundle' },
  fetch: { model: 'run:1' },
  pipeline: { target: 'kubeflow' },
};
const withSpec = [...(await readActions())].filter(([, { inputs }]) => 'spec' in inputs).map(([name]) => name);

test.each(withSpec)('%s without a spec', async (action) => {
  const job = await open();
  expect(await line(job, action, { ...REQUIRED[action], spec: 'model.yaml' })).toMatch(
    /^no spec: model\.yaml is not in .*did you mean mlops\.yaml\?( \(input spec\))?$/,
  );
  expect(await line(job, action, { ...REQUIRED[action], 'working-directory': 'models/churn' })).toContain(
    'check the inputs working-directory and spec',
  );
});

/** Inputs with which an action asks GitHub for a version. */
const REFERRING: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['train', { champion: 'MODEL@latest' }],
  ['evaluate', { model: 'MODEL@latest' }],
  ['compare', { champion: 'MODEL@latest' }],
  ['compare', { candidate: 'MODEL@latest' }],
  ['fetch', { model: 'MODEL@latest' }],
  ['promote', { model: 'MODEL@latest' }],
];
const named = (inputs: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, value.replace('MODEL', model)]));

describe.each(REFERRING)('%s with %j', (action, inputs) => {
  test('without a token', async () => {
    expect(await line(await open(), action, { ...named(inputs), 'github-token': '' })).toMatch(/"github-token"/);
  });

  test('before there is a version', async () => {
    expect(await line(await open(), action, named(inputs))).toBe(
      `${model} has no version yet in this repository: "register" makes the first one.`,
    );
  });

  test('without the permission to read versions', async () => {
    const job = await open({ permissions: { actions: 'read' } }, closed);
    expect(await line(job, action, named(inputs))).toMatch(/Add "contents: read" to the "permissions:" of the job/);
  });
});

describe('validate against a model', () => {
  test.each(['#production', '@latest'])('%s before there is one: told, and no failure', async (reference) => {
    const { outputs, annotations, failure, summary } = await (await open()).step('validate', { reference: model + reference });
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ passed: 'true', drifted: '', 'report-path': '' });
    expect(outputs['profile-path']).toMatch(/data-profile\.json$/);
    const why = reference === '@latest' ? `${model} has no version yet` : `no version of ${model} has the stage production yet`;
    expect(annotations).toContainEqual(
      expect.objectContaining({
        level: 'notice',
        message: expect.stringContaining(`nothing to hold the data against yet: ${why}.`),
      }),
    );
    expect(summary).toContain('there is nothing to hold it against yet');
  });

  test.each([
    ['MODEL@v1.0.0', 'MODEL has no version yet in this repository: "register" makes the first one.'],
    ['MODEL#prodution', 'No version of MODEL has the stage prodution. "promote" gives one.'],
    ['other#production', 'No version of other has the stage production. "promote" gives one.'],
  ])('%s is rather a slip of the pen', async (reference, said) => {
    const job = await open();
    const given = reference.replace('MODEL', model);
    expect(await line(job, 'validate', { reference: given })).toBe(said.replace('MODEL', model));
  });
});

describe('artifacts', () => {
  test.each([
    ['train', { champion: 'run:17000000001' }],
    ['compare', { champion: 'auto' }],
    ['fetch', { model: 'run:17000000001' }],
    ['evaluate', { model: 'run:17000000001' }],
    ['tune-plan', {}],
    ['tune-select', {}],
    ['register', { bundle: 'run:17000000001' }],
  ])('%s without the permission to read them', async (action, inputs) => {
    const job = await open({ permissions: { contents: 'write' } }, closed);
    expect(await line(job, action, inputs)).toMatch(/Add "actions: read" to the "permissions:" of the job/);
  });

  test('train that finds no champion by itself divides the rows anew, and says so', async () => {
    const job = await open({ permissions: { contents: 'read' } }, closed);
    const outcome = await job.step('train');
    expect(outcome.failure).toBeUndefined();
    expect(outcome.annotations).toContainEqual({
      level: 'warning',
      message: expect.stringMatching(/^The champion's division of rows is not kept: .*Add "actions: read"/),
    });
  });

  test.each(['tune-plan', 'tune-select'])('%s without a token to read them with', async (action) => {
    expect(await line(await open(), action, { 'github-token': '' })).toContain(
      'Input "github-token" is empty: the trials of other jobs and runs are in artifacts',
    );
  });

  test.each([
    ['train', 'champion'],
    ['evaluate', 'model'],
    ['compare', 'candidate'],
    ['compare', 'champion'],
    ['fetch', 'model'],
    ['register', 'bundle'],
  ])('%s of a candidate that has expired, is not there, or is none', async (action, input) => {
    const { run } = await open();
    const job = scene.github.startJob(run, { name: 'train', permissions: READ });
    const other = await open();
    const said = (id: number) => line(other, action, { [input]: `run:${id}` });
    expect(await said(run.id)).toContain(
      `Run ${run.id} has no artifact "${model}-candidate": it made no candidate of this model`,
    );
    const zip = zipOf([{ name: 'manifest.json', content: '{}' }]);
    await uploadBytes(scene.github, job, `${model}-candidate`, zip);
    expect(await said(run.id)).toContain(
      `The candidate of run ${run.id} is not a usable bundle: its manifest.json has a wrong`,
    );
    scene.github.advanceClock(200 * 24 * 60 * 60 * 1000);
    const late = await open();
    expect(await line(late, action, { [input]: `run:${run.id}` })).toContain(`The candidate of run ${run.id} has expired`);
  });
});

test('a candidate of a model that was renamed since', async () => {
  const job = await open();
  await job.bundle('graph', { name: 'old-name' });
  expect(await line(job, 'compare', { champion: 'none' })).toBe(
    `Input "candidate" is ".mlops-actions/bundle", a bundle of the model "old-name", and mlops.yaml names "${model}": train again ` +
      'under the new name, or put the old one back.',
  );
});

test("a fork's candidate, whatever it is called", async () => {
  const fork = scene.github.createRepository({ owner: `mallory-${model}`, name: 'models', forkOf: scene.repository });
  const theirs = await open({ event: 'pull_request', head: fork });
  await theirs.upload();
  const job = await open();
  for (const [action, input] of [
    ['train', 'champion'],
    ['evaluate', 'model'],
    ['compare', 'champion'],
    ['fetch', 'model'],
  ] as const)
    expect(await line(job, action, { [input]: `run:${theirs.run.id}` })).toBe(
      `The candidate of run ${theirs.run.id} is not used: the run belongs to a fork.`,
    );
});

test('a run that is run again registers, promotes and fetches what it had', async () => {
  const first = await open();
  const { outputs } = await first.step('register');
  const promoted = await first.step('promote', { model: outputs.tag! });
  scene.github.completeRun(first.run, 'failure');
  const again = await open({ run: scene.github.rerun(first.run) });
  expect((await again.step('register')).outputs).toEqual({ ...outputs, created: 'false' });
  expect((await again.step('promote', { model: outputs.tag! })).outputs).toEqual({ ...promoted.outputs, created: 'false' });
  expect((await again.step('fetch', { model: `${model}#staging` })).outputs).toMatchObject({ version: 'v1.0.0' });
  expect((await scene.tags()).filter((tag) => tag.startsWith(model))).toHaveLength(2);
});

test('a shallow checkout is enough, since no action asks git for its history', async () => {
  const sources: string[] = [];
  for (const folder of ['actions', 'shared'])
    for (const entry of await readdir(ROOT + folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.name.endsWith('.ts')) sources.push(join(entry.parentPath, entry.name));
  const starting = [];
  for (const file of sources)
    if ((await readFile(file, 'utf8')).includes("'node:child_process'")) starting.push(file.slice(ROOT.length));
  for (const file of starting) expect(await readFile(ROOT + file, 'utf8'), file).not.toMatch(/['"`]git['"`\s]/);
  // And none of these jobs has a repository in its workspace.
  expect(await readdir((await open()).workspace)).not.toContain('.git');
});
