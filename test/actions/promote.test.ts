import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { openRegistry, type RegistryScene } from '../shared/registry/scene.js';
import { comparisonOf, type Judged } from './judged.js';
import { type JobOptions, RegistryJob } from './registry-job.js';

/** What promote makes of a comparison that another job has made. The models here are texts: promote runs none of them. */

let scene: RegistryScene;
beforeAll(async () => {
  scene = await openRegistry({ github: { checkOpenApi: false } });
});
afterAll(() => scene.close());

const GATES = ['auc >= champion - 0.002', 'slice auc >= champion - 0.02', 'latency_p99_ms <= 5', 'auc >= 0.7'];
const PASSED: Judged['gates'] = Object.fromEntries(GATES.map((text) => [text, 'pass']));

let count = 0;
let model: string;
beforeEach(() => {
  scene.github.advanceClock(60 * 60 * 1000);
  model = `judged-${++count}`;
});

const open = (options: JobOptions = {}) =>
  RegistryJob.open(scene, model, { ...options, spec: { gates: GATES, ...options.spec } });
/** A job under a spec without gates: for what a test needs to be there before. */
const freely = () => open({ spec: { gates: [] } });

/** Registers a model in a job of its own. @returns its digest */
async function register(graph: string): Promise<string> {
  const job = await freely();
  const { digest } = await job.bundle(graph);
  await job.step('register');
  return digest;
}

/** Leaves a comparison in the workspace and gives it to promote. */
async function promote(
  job: RegistryJob,
  comparison: Comparison,
  inputs: Readonly<Record<string, string>>,
): Promise<ActionOutcome> {
  await writeFile(join(job.workspace, 'comparison.json'), JSON.stringify(comparison));
  return job.step('promote', { comparison: 'comparison.json', ...inputs });
}

async function complaint(
  job: RegistryJob,
  comparison: Comparison,
  inputs: Readonly<Record<string, string>> = {},
): Promise<string> {
  await writeFile(join(job.workspace, 'comparison.json'), JSON.stringify(comparison));
  return job.complaint('promote', { comparison: 'comparison.json', ...inputs });
}

/** Two versions, of which the first has both stages and the second has staging. */
async function twoVersions(): Promise<{ first: string; second: string }> {
  const first = await register('first');
  const job = await freely();
  await job.step('promote');
  await job.step('promote', { stage: 'production' });
  const second = await register('second');
  await job.step('promote');
  return { first, second };
}

let shared: ReturnType<typeof twoVersions> | undefined;
/** The same for tests that change nothing: made once. */
async function sharedVersions(): Promise<{ first: string; second: string }> {
  model = 'judged-by-many';
  shared ??= twoVersions();
  return shared;
}

const tags = async () => (await scene.tags()).filter((tag) => tag.startsWith(`${model}#`));

describe('with a comparison', () => {
  test('every gate is asked again, and the stage is given', async () => {
    const { first, second } = await twoVersions();
    const champion = { digest: first, reference: `${model}#production` };
    const outcome = await promote(await open(), comparisonOf({ model, candidate: second, champion, gates: PASSED }), {
      stage: 'production',
    });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs).toEqual({
      version: 'v1.1.0',
      created: 'true',
      'previous-version': 'v1.0.0',
      tag: `${model}#production#4`,
    });
    expect(outcome.summary).toContain(`against \`${model}#production\``);
    expect(outcome.summary!.match(/✅ pass/g)).toHaveLength(GATES.length);
  });

  test('a gate that it fails keeps the version from the stage, with its line', async () => {
    const { first, second } = await sharedVersions();
    const champion = { digest: first, reference: `${model}#production` };
    const gates = { ...PASSED, [GATES[0]!]: 'fail' } as const;
    const outcome = await promote(await open(), comparisonOf({ model, candidate: second, champion, gates }), {
      stage: 'production',
    });
    expect(outcome.failure).toBe(`${model} v1.1.0 is not promoted to production: auc >= champion - 0.002.`);
    expect(outcome.annotations).toMatchObject([
      { level: 'error', message: 'auc >= champion - 0.002: the comparison found 0.01', location: { file: 'mlops.yaml' } },
    ]);
    expect(await tags()).not.toContain(`${model}#production#4`);
  });

  test('an inconclusive gate blocks only where the spec says so', async () => {
    const { first, second } = await twoVersions();
    const champion = { digest: first, reference: `${model}#production` };
    const comparison = comparisonOf({ model, candidate: second, champion, gates: { ...PASSED, [GATES[1]!]: 'inconclusive' } });
    const strict = await open({ spec: { gates_inconclusive: 'fail' } });
    expect((await promote(strict, comparison, { stage: 'production' })).failure).toContain('slice auc >= champion - 0.02');
    expect((await promote(await open(), comparison, { stage: 'production' })).failure).toBeUndefined();
  });

  test('a gate that the spec has got since is not judged, and blocks', async () => {
    const { first, second } = await sharedVersions();
    const champion = { digest: first, reference: `${model}#production` };
    const comparison = comparisonOf({ model, candidate: second, champion, gates: PASSED });
    const job = await open({ spec: { gates: [...GATES, 'brier <= champion', 'auc >= 0.75'] } });
    const outcome = await promote(job, comparison, { stage: 'production' });
    expect(outcome.failure).toContain(`not promoted to production: brier <= champion. Let "compare" judge ${model}@v1.1.0`);
    expect(outcome.annotations![0]!.message).toContain('the comparison has no such gate: the spec has changed since');
    // What the version has recorded decides a value.
    expect(outcome.summary).toMatch(/✅ pass *\| <code>auc &gt;= 0.75<\/code> *\| 0.7500 \| recorded metrics/);
  });

  test('the first version of all needs none but for its latency', async () => {
    const digest = await register('first');
    const alone = await (await open()).step('promote');
    expect(alone.failure).toContain('not promoted to staging: latency_p99_ms <= 5.');
    expect(alone.summary).toContain('❔ not judged');
    const gates = { ...PASSED, [GATES[0]!]: 'skipped', [GATES[1]!]: 'skipped' } as const;
    const outcome = await promote(await open(), comparisonOf({ model, candidate: digest, gates }), {});
    expect(outcome.outputs.tag).toBe(`${model}#staging#1`);
    expect(outcome.summary).toContain('without a champion');
  });

  test('before the last stage, while nothing is in production, any champion will do', async () => {
    await register('first');
    await (await freely()).step('promote');
    const between = await register('between');
    const candidate = await register('third');
    const gates = PASSED;
    const champion = { digest: between, reference: `${model}@v1.1.0` };
    expect((await promote(await open(), comparisonOf({ model, candidate, champion, gates }), {})).outputs.tag).toBe(
      `${model}#staging#2`,
    );
    const other = await register('fourth');
    expect(await complaint(await open(), comparisonOf({ model, candidate: other, gates: { ...PASSED } }))).toContain(
      'v1.3.0 without a champion, and staging has v1.2.0',
    );
  });

  test('run again, it is green: the version has the stage', async () => {
    const { first, second } = await twoVersions();
    const champion = { digest: first, reference: `${model}#production` };
    const comparison = comparisonOf({ model, candidate: second, champion, gates: PASSED });
    const job = await open();
    const before = await promote(job, comparison, { stage: 'production' });
    const again = await promote(job, comparison, { stage: 'production' });
    expect(before.outputs.created).toBe('true');
    expect(again.outputs).toEqual({ ...before.outputs, created: 'false' });
    expect(again.failure).toBeUndefined();
  });
});

describe('a comparison is refused that', () => {
  test('is out of date: another version has the stage by now', async () => {
    const { first, second } = await twoVersions();
    const comparison = comparisonOf({
      ...{ model, candidate: second, champion: { digest: first, reference: `${model}#production` }, gates: PASSED },
    });
    const third = await register('third');
    const other = await freely();
    await other.step('promote', { model: `${model}@latest` });
    await other.step('promote', { model: `${model}@latest`, stage: 'production' });
    expect(await complaint(await open(), comparison, { model: `${model}@v1.1.0`, stage: 'production' })).toBe(
      `The comparison judged ${model} v1.1.0 against ${model}#production (${first}), and production has v1.2.0 (${third}) now, ` +
        `so it is out of date: run "compare" again with "champion: ${model}#production", and then this job.`,
    );
  });

  test('judged another model, or was made of another spec', async () => {
    const { first } = await sharedVersions();
    const champion = { digest: first, reference: 'x' };
    const gates = PASSED;
    expect(
      await complaint(await open(), comparisonOf({ model, candidate: first, champion, gates }), { stage: 'production' }),
    ).toContain(`The comparison judged the model ${first}, and ${model} v1.1.0 is sha256:`);
    const foreign = comparisonOf({ model: 'other', candidate: first, champion, gates });
    expect(await complaint(await open(), foreign, { stage: 'production' })).toContain('The comparison is of the model "other"');
  });

  test('is no comparison, no result, or not there', async () => {
    await sharedVersions();
    const job = await open();
    const given = (comparison: string) => job.complaint('promote', { comparison, stage: 'production' });
    expect(await given('comparison.json')).toBe('Input "comparison": there is no file "comparison.json".');
    await writeFile(join(job.workspace, 'comparison.json'), '{"format": 1, "kind": "comparison", "gates": NaN}');
    expect(await given('comparison.json')).toContain('the result is not JSON');
    await writeFile(join(job.workspace, 'comparison.json'), '{"kind": "validation"}');
    expect(await given('comparison.json')).toContain('it must be the file that compare or validate wrote');
    expect(await given('run:one')).toContain('Input "comparison" is "run:one"; accepted: the path of a result, run:<run-id>');
    expect(await given(`run:${job.run.id}`)).toContain(
      `Run ${job.run.id} has no comparison of ${model}; its artifacts are: none.`,
    );
    expect(await given(`run:${job.run.id}/none`)).toContain(`Run ${job.run.id} has no artifact "none"`);
  });
});

describe('a comparison of a run', () => {
  const NAME = 'comparison-0123abcd';

  /** A job of a run that has left a comparison as its artifact. */
  async function compared(comparison: Comparison, options: JobOptions = {}, name = `${model}-${NAME}`): Promise<RegistryJob> {
    const job = await open(options);
    await job.uploadFile(name, 'comparison.json', JSON.stringify(comparison));
    return job;
  }

  test('is found in the run, by its name or without', async () => {
    const { first, second } = await twoVersions();
    const champion = { digest: first, reference: `${model}#production` };
    const comparison = comparisonOf({ model, candidate: second, champion, gates: PASSED });
    const { run } = await compared(comparison);
    // Of another model of the same run.
    const other = await open({ run });
    await other.uploadFile(`${model}-b-${NAME}`, 'comparison.json', JSON.stringify({ ...comparison, model: `${model}-b` }));
    const strange = await open();
    expect(
      (await strange.step('promote', { comparison: `run:${run.id}/${model}-${NAME}`, stage: 'production' })).failure,
    ).toBeUndefined();
    const own = await open({ run });
    const outcome = await own.step('promote', { comparison: `run:${run.id}`, stage: 'production' });
    expect(outcome.outputs.tag).toBe(`${model}#production#4`);
  });

  test("counts only where merged code has run: not a pull request's, another branch's or a fork's", async () => {
    const { first, second } = await sharedVersions();
    const comparison = comparisonOf({
      ...{ model, candidate: second, champion: { digest: first, reference: 'x' }, gates: PASSED },
    });
    const fork = scene.github.createRepository({ owner: `mallory-${model}`, name: 'models', forkOf: scene.repository });
    const job = await open();
    const refused = async (options: JobOptions) => {
      const { run } = await compared(comparison, options);
      return job.complaint('promote', { comparison: `run:${run.id}`, stage: 'production' });
    };
    expect(await refused({ event: 'pull_request', head: fork })).toContain('is not used: the run belongs to a fork');
    expect(await refused({ event: 'pull_request' })).toContain('which runs code that nobody has merged');
    expect(await refused({ branch: 'side' })).toContain('the run is of branch "side"');
    expect((await tags()).filter((tag) => tag.includes('#production#'))).toHaveLength(1);
  });

  test('is only text: what is larger, other or more than a result is refused', async () => {
    await sharedVersions();
    const job = await open();
    const refused = async (name: string, file: string, text: string) => {
      const { run } = await open().then(async (made) => {
        await made.uploadFile(name, file, text);
        return made;
      });
      return job.complaint('promote', { comparison: `run:${run.id}/${name}`, stage: 'production' });
    };
    expect(await refused('a', 'a.txt', 'text')).toContain('holds 0 JSON files; a result is one');
    expect(await refused('b', 'b.json', ' '.repeat(3_000_000))).toContain('holds more than 2000000 bytes when it is unpacked');
    expect(await refused('c', 'c.json', '['.repeat(100))).toContain('nested deeper');
    const expired = await compared(comparisonOf({ model, candidate: 'x', gates: {} }));
    scene.github.advanceClock(200 * 24 * 60 * 60 * 1000);
    const late = await open();
    expect(await late.complaint('promote', { comparison: `run:${expired.run.id}`, stage: 'production' })).toContain(
      'has expired',
    );
  });
});

test('a pull request promotes nothing: its spec is what nobody has merged', async () => {
  await register('first');
  for (const event of ['pull_request', 'pull_request_target']) {
    const job = await open({ event });
    expect(await job.complaint('promote')).toContain(
      `This run was started by "${event}", whose gates and stages nobody has merged`,
    );
  }
  const fork = await open({
    event: 'pull_request',
    environment: { pullRequest: { number: 1, headSha: scene.head, fromFork: true } },
  });
  expect(await fork.complaint('promote')).toContain('"pull_request" of a fork');
});
