import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readBundle } from '../../shared/bundle/read.js';
import { openRegistry, READ, type RegistryScene } from '../shared/registry/scene.js';
import { type JobOptions, RegistryJob } from './registry-job.js';

/**
 * register, promote and fetch as jobs of a repository: with their inputs, tokens and runs. All tests share one local GitHub
 * (the artifact client keeps to the first that it sees), and each has a model of its own.
 */

let scene: RegistryScene;
beforeAll(async () => {
  scene = await openRegistry({ github: { checkOpenApi: false } });
});
afterAll(() => scene.close());

let count = 0;
let model: string;
beforeEach(() => {
  // The token of a job has a thousand requests an hour.
  scene.github.advanceClock(60 * 60 * 1000);
  model = `model-${++count}`;
});

const open = (options?: JobOptions) => RegistryJob.open(scene, model, options);

/** A version made by a job of its own. */
async function registered(
  graph: string,
  options?: JobOptions,
  metrics?: Readonly<Record<string, number | null>>,
): Promise<RegistryJob> {
  const job = await open(options);
  await job.bundle(graph, {}, metrics);
  await job.step('register');
  return job;
}

describe('register', () => {
  test('makes a version of the bundle, with every output, and knows it again', async () => {
    const job = await open();
    const { digest } = await job.bundle('first');
    const outcome = await job.step('register');
    const url = `https://github.com/acme/models/releases/tag/${model}%40v1.0.0`;
    expect(outcome).toMatchObject({ outputs: { version: 'v1.0.0', tag: `${model}@v1.0.0`, url, digest, created: 'true' } });
    expect(outcome.summary).toContain('🟢');
    const [release] = scene.releases().filter(({ tag }) => tag.startsWith(`${model}@`));
    expect(release!.assets.map(({ name }) => name).sort()).toEqual(
      ['README.md', 'SHA256SUMS', 'bom.json', `${model}.tar.gz`, 'model.onnx'].sort(),
    );
    const bom = JSON.parse(release!.assets.find(({ name }) => name === 'bom.json')!.bytes.toString());
    expect(bom.metadata.component.modelCard.quantitativeAnalysis.performanceMetrics).toContainEqual({
      type: 'auc',
      value: '0.75',
    });

    const again = await open();
    await again.bundle('first');
    expect((await again.step('register')).outputs).toEqual({ ...outcome.outputs, created: 'false' });
  });

  test('refuses a candidate that holds predictions and no model', async () => {
    const job = await open();
    const { digest } = await job.bundle('', { algorithm: 'command' });
    expect(await job.complaint('register')).toBe(
      `The candidate ${digest} holds predictions and no model, so it cannot become a version: its train.command has to write model.onnx.`,
    );
    expect(scene.releases().filter(({ tag }) => tag.startsWith(`${model}@`))).toEqual([]);
  });

  test('takes the version that it is told, and files that the spec names', async () => {
    const job = await open({ spec: { registry: { publish: ['predictions', 'profile'] } } });
    await job.bundle('first');
    const outcome = await job.step('register', { version: '0.3.0' });
    expect(outcome.outputs.tag).toBe(`${model}@v0.3.0`);
    const [release] = scene.releases().filter(({ tag }) => tag.startsWith(`${model}@`));
    expect(release!.assets.map(({ name }) => name)).toContain('predictions.parquet');
    expect(outcome.annotations).toEqual([
      { level: 'warning', message: '`registry.publish` names profile, but the bundle has no profile.json.' },
    ]);
    expect(await job.complaint('register', { version: 'newest' })).toContain(
      'Input "version" is "newest"; accepted: auto, major, minor, patch, or a version such as 1.2.0.',
    );
  });

  test('takes the candidate of an earlier job or run', async () => {
    const trained = await open();
    const { digest } = await trained.bundle('first');
    await trained.upload();
    const same = await open({ run: trained.run });
    expect((await same.step('register', { bundle: `run:${trained.run.id}` })).outputs).toMatchObject({
      digest,
      created: 'true',
    });
    const other = await open();
    const reference = `run:${trained.run.id}/${model}`;
    expect((await other.step('register', { bundle: reference })).outputs).toMatchObject({ digest, created: 'false' });
  });

  test('leaves the bundle in the artifact of the run, when it is told to', async () => {
    const trained = await open({ spec: { registry: { storage: 'artifact' } } });
    const { digest } = await trained.bundle('first');
    expect(await trained.complaint('register')).toContain('has no artifact');
    await trained.upload();
    const outcome = await trained.step('register');
    const url = `https://github.com/acme/models/actions/runs/${trained.run.id}`;
    expect(outcome.outputs).toMatchObject({ version: 'v1.0.0', digest, url, created: 'true' });
    expect(outcome.summary).toContain('Artifacts expire');
    expect(scene.releases().filter(({ tag }) => tag.startsWith(`${model}@`))).toEqual([]);
    const reader = await open({ permissions: READ });
    expect((await reader.step('fetch', { model: `${model}@latest` })).outputs).toMatchObject({ version: 'v1.0.0', digest });

    scene.github.advanceClock(200 * 24 * 60 * 60 * 1000);
    const late = await open({ permissions: READ });
    expect(await late.complaint('fetch', { model: `${model}@latest` })).toContain(
      `${model}@v1.0.0 is kept as the artifact of run ${trained.run.id}, which has expired`,
    );
    expect(await late.complaint('register', { bundle: `run:${trained.run.id}` })).toContain('has expired');
  });

  test('another bundle than the candidate is not what the artifact keeps', async () => {
    const job = await open();
    await job.bundle('first');
    await job.upload();
    await job.bundle('second');
    expect(await job.complaint('register', { storage: 'artifact' })).toContain('they have to be the same');
  });
});

describe('register refuses', () => {
  test.each(['pull_request', 'pull_request_target', 'issue_comment', 'workflow_run'])('runs on %s', async (event) => {
    const job = await open({ event });
    await job.bundle('first');
    expect(await job.complaint('register')).toContain(`This run was started by "${event}"`);
  });

  test("a fork's artifact of the right name", async () => {
    const fork = scene.github.createRepository({ owner: `mallory-${model}`, name: 'models', forkOf: scene.repository });
    const theirs = await open({ event: 'pull_request', head: fork, branch: 'main' });
    await theirs.bundle('evil');
    await theirs.upload();
    const pushed = await open({ event: 'push', head: fork, branch: 'main' });
    await pushed.bundle('evil', {}, {});
    await pushed.upload();
    const job = await open();
    for (const { run } of [theirs, pushed])
      expect(await job.complaint('register', { bundle: `run:${run.id}` })).toContain('the run belongs to a fork');
    // Carried into the workspace by other means, it still says where it comes from.
    await job.bundle('evil', { run: { id: theirs.run.id, attempt: 1, url: 'https://github.com/a/b/actions/runs/1' } });
    expect(await job.complaint('register')).toContain(`The bundle comes from run ${theirs.run.id}, and is not registered`);
    expect(await scene.tags()).not.toContain(`${model}@v1.0.0`);
  });

  test("another branch's candidate, and a pull request's own", async () => {
    const side = await open({ branch: 'side' });
    await side.bundle('first');
    await side.upload();
    const pull = await open({ event: 'pull_request', branch: 'main' });
    await pull.bundle('first');
    await pull.upload();
    const job = await open();
    expect(await job.complaint('register', { bundle: `run:${side.run.id}` })).toContain('the run is of branch "side"');
    expect(await job.complaint('register', { bundle: `run:${pull.run.id}` })).toContain(
      'which runs code that nobody has merged',
    );
  });

  test('what is no bundle, with a line that helps', async () => {
    const job = await open();
    expect(await job.complaint('register')).toContain('there is no such file or folder');
    await writeFile(join(job.workspace, 'model.onnx'), 'graph');
    expect(await job.complaint('register', { bundle: 'model.onnx' })).toContain('a bare .onnx file');
    expect(await job.complaint('register', { bundle: `${model}@latest` })).toContain('which is a version already');
    await job.bundle('first');
    await writeFile(join(job.workspace, '.mlops-actions/bundle/model.onnx'), 'another');
    expect(await job.complaint('register')).toContain('model.onnx has been changed');
    expect(await job.complaint('register', { storage: 'cloud' })).toBe(
      'Input "storage" is "cloud"; accepted: release, artifact.',
    );
  });

  test('a renamed model, a commit that is not there, and a spec that is not there', async () => {
    const job = await open();
    await job.bundle('first', { name: 'old-name' });
    expect(await job.complaint('register')).toContain(`The bundle is of the model "old-name", and mlops.yaml names "${model}"`);
    const lost = await open({ environment: { headSha: 'e'.repeat(40) } });
    await lost.bundle('first', { commit: 'f'.repeat(40) });
    expect(await lost.complaint('register')).toContain('is not in this repository, so its version cannot stand on it');
    expect(await job.complaint('register', { spec: 'other.yaml' })).toContain('other.yaml');
  });

  test('a job without a token, and one that may only read', async () => {
    const job = await open();
    await job.bundle('first');
    expect(await job.complaint('register', { 'github-token': '' })).toContain(
      'needs a job of GitHub Actions and its "github-token"',
    );
    const reader = await open({ permissions: READ });
    await reader.bundle('first');
    expect(await reader.complaint('register')).toContain('Add "contents: write" to the "permissions:" of the job');
  });
});

describe('promote', () => {
  test('gives the first stage to the latest version, then the next, with every output', async () => {
    const job = await registered('first');
    expect((await job.step('promote')).outputs).toEqual({
      ...{ version: 'v1.0.0', created: 'true', 'previous-version': '', tag: `${model}#staging#1` },
    });
    await registered('second');
    const outcome = await job.step('promote', { model: `${model}@v1.1.0`, stage: 'staging', reason: 'it is better' });
    expect(outcome.outputs).toEqual({
      version: 'v1.1.0',
      created: 'true',
      'previous-version': 'v1.0.0',
      tag: `${model}#staging#2`,
    });
    const live = await job.step('promote', { model: `${model}#staging`, stage: 'production' });
    expect(live.outputs).toEqual({ version: 'v1.1.0', created: 'true', 'previous-version': '', tag: `${model}#production#3` });
    expect(live.summary).toContain('🟢');
    const back = await job.step('promote', { stage: 'staging', rollback: 'true', reason: 'worse' });
    expect(back.outputs).toEqual({
      version: 'v1.0.0',
      created: 'true',
      'previous-version': 'v1.1.0',
      tag: `${model}#staging#4`,
    });
    expect(back.summary).toContain('went back to');
    expect(await job.complaint('promote', { rollback: 'true' })).toBe(
      'Input "stage" is required for a rollback; the stages are: staging, production.',
    );
  });

  test('goes through the stages before the one that is wanted, once each, and past the gates of each', async () => {
    const stages = { registry: { stages: ['test', 'staging', 'production'] } };
    const job = await registered('first', { spec: stages });
    await job.step('promote');
    const outcome = await job.step('promote', { through: 'true' });
    expect(outcome.outputs).toEqual({
      version: 'v1.0.0',
      created: 'true',
      'previous-version': '',
      tag: `${model}#production#3`,
    });
    const own = async () => (await scene.tags()).filter((tag) => tag.startsWith(`${model}#`));
    expect(await own()).toEqual([`${model}#production#3`, `${model}#staging#2`, `${model}#test#1`]);
    expect((await job.step('promote', { through: 'true' })).outputs).toEqual({ ...outcome.outputs, created: 'false' });
    await registered('second');
    expect((await job.step('promote', { through: 'true', stage: 'staging' })).outputs.tag).toBe(`${model}#staging#5`);
    // Staging has another version now, and the first one had its turn there.
    expect((await job.step('promote', { through: 'true', model: `${model}@v1.0.0` })).outputs.tag).toBe(
      `${model}#production#3`,
    );
    expect((await own()).length).toBe(5);

    const strict = await registered('third', { spec: { ...stages, gates: ['auc >= 0.99'] } });
    const refused = await strict.step('promote', { through: 'true' });
    expect(refused.failure).toBe(`${model} v1.2.0 is not promoted to test: auc >= 0.99.`);
    expect((await own()).length).toBe(5);
  });

  test('a gate that the recorded metrics do not pass keeps a version from its stage', async () => {
    const gates = ['auc >= 0.7', 'auc >= champion - 0.01', 'log_loss <= 0.6'];
    const job = await registered('first', { spec: { gates } }, { auc: 0.6, log_loss: null });
    const outcome = await job.step('promote');
    expect(outcome.failure).toBe(`${model} v1.0.0 is not promoted to staging: auc >= 0.7.`);
    expect(outcome.outputs).toEqual({ version: 'v1.0.0', created: 'false', 'previous-version': '', tag: '' });
    expect(outcome.annotations).toMatchObject([
      { level: 'error', message: 'auc >= 0.7: the version recorded 0.6', location: { file: 'mlops.yaml' } },
    ]);
    expect(outcome.summary).toMatch(/skipped.*auc &gt;= champion/);
    expect((await scene.tags()).filter((tag) => tag.startsWith(`${model}#`))).toEqual([]);

    const strict = await open({ spec: { gates: ['log_loss <= 0.6'], gates_inconclusive: 'fail' } });
    expect((await strict.step('promote')).failure).toContain('log_loss <= 0.6');
    const lenient = await open({ spec: { gates: ['log_loss <= 0.6'] } });
    expect((await lenient.step('promote')).failure).toBeUndefined();
  });

  test('knows the stages of the spec', async () => {
    const job = await registered('first', { spec: { registry: { stages: ['shadow', 'live'] } } });
    expect((await job.step('promote')).outputs.tag).toBe(`${model}#shadow#1`);
    expect(await job.complaint('promote', { stage: 'production' })).toContain('the stages are: shadow, live');
    const odd = await open({ spec: { registry: { stages: ['pre prod'] } } });
    expect(await odd.complaint('promote')).toMatch(/^mlops\.yaml:\d+:\d+: "pre prod" cannot be a stage/);
  });

  test('refuses what is no version of this model', async () => {
    const job = await open();
    expect(await job.complaint('promote')).toContain(`${model} has no version yet in this repository`);
    expect(await job.complaint('promote', { model: 'run:1' })).toContain('which is no version');
    expect(await job.complaint('promote', { model: 'other@latest' })).toContain(`the spec is of the model "${model}"`);
    expect(await job.complaint('promote', { 'github-token': '' })).toContain('needs a job of GitHub Actions');
    await registered('first');
    expect(await job.complaint('promote', { stage: 'production' })).toContain('promote it to staging first');
    const reader = await open({ permissions: READ });
    expect(await reader.complaint('promote')).toContain('Add "contents: write" to the "permissions:" of the job');
  });
});

describe('fetch', () => {
  test('leaves a verified bundle, with every output, beside what is there', async () => {
    const { digest } = await (await open()).bundle('first');
    await (await registered('first')).step('promote');
    const job = await open({ permissions: READ });
    await mkdir(join(job.workspace, 'model'));
    await writeFile(join(job.workspace, 'model/mine.txt'), 'mine');
    const outcome = await job.step('fetch', { model: `${model}#staging`, output: 'model', spec: 'none.yaml' });
    expect(outcome.outputs).toEqual({ 'bundle-path': join(job.workspace, 'model'), version: 'v1.0.0', digest });
    expect((await readBundle(join(job.workspace, 'model'), 'it')).manifest.digest).toBe(digest);
    expect(await readFile(join(job.workspace, 'model/mine.txt'), 'utf8')).toBe('mine');
    expect(await readdir(join(job.workspace, 'model'))).not.toContain('predictions.parquet');
    expect(outcome.summary).toContain('every digest verified');
  });

  test('takes the candidate of a run, whose model the spec or the reference names, and a path', async () => {
    const trained = await open();
    const { digest } = await trained.bundle('first');
    await trained.upload();
    const job = await open({ permissions: READ });
    for (const reference of [`run:${trained.run.id}`, `run:${trained.run.id}/${model}`])
      expect((await job.step('fetch', { model: reference })).outputs).toMatchObject({ version: '', digest });
    const path = join(job.workspace, '.mlops-actions/model');
    expect((await job.step('fetch', { model: path, output: 'copy' })).outputs).toMatchObject({ version: '', digest });
  });

  test('says what is missing', async () => {
    const job = await open({ permissions: READ });
    expect(await job.complaint('fetch')).toBe('Input "model" is required: add it under "with:" of this step.');
    expect(await job.complaint('fetch', { model: `${model}@latest` })).toContain('has no version yet');
    expect(await job.complaint('fetch', { model: `${model}#production` })).toContain('has the stage production');
    expect(await job.complaint('fetch', { model: 'run:1', spec: 'none.yaml' })).toContain('none.yaml');
    expect(await job.complaint('fetch', { model: `${model}@latest`, 'github-token': '' })).toContain('with a "github-token"');
    await writeFile(join(job.workspace, 'model.onnx'), 'graph');
    expect(await job.complaint('fetch', { model: 'model.onnx' })).toContain('"fetch" is for bundles');
  });
});

test('20 runs that register and promote at once lose nothing and double nothing', { timeout: 120_000 }, async () => {
  const jobs = await Promise.all(Array.from({ length: 20 }, () => open()));
  const digests = await Promise.all(jobs.map(async (job, index) => (await job.bundle(`graph ${index}`)).digest));
  const before = scene.github.requests.length;
  const done = await Promise.all(
    jobs.map(async (job) => {
      const { outputs } = await job.step('register');
      const promoted = await job.step('promote', { model: outputs.tag! });
      const { version, digest, created } = outputs;
      return { version, digest, created, promoted: promoted.outputs.version };
    }),
  );
  // The token of a job has a thousand an hour, and the local GitHub holds to it.
  expect(scene.github.requests.length - before).toBeLessThan(1000);
  expect(done.map(({ digest }) => digest)).toEqual(digests);
  expect(new Set(done.map(({ version }) => version)).size).toBe(20);
  expect(done.every(({ version, promoted, created }) => version === promoted && created === 'true')).toBe(true);
  const tags = await scene.tags();
  expect(tags.filter((tag) => tag.startsWith(`${model}@`))).toHaveLength(20);
  expect(tags.filter((tag) => tag.startsWith(`${model}#staging#`))).toHaveLength(20);
  expect(scene.releases().filter(({ tag, draft }) => tag.startsWith(`${model}@`) && !draft)).toHaveLength(20);
  expect(scene.releases().filter(({ name }) => name?.includes('being registered'))).toEqual([]);
});
