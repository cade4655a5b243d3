import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepIssue } from '../../shared/github/issue.js';
import type { Health } from '../../shared/monitoring/health.js';
import { healthMarker } from '../../shared/monitoring/health-issue.js';
import type { RetrainingDecision } from '../../shared/monitoring/retraining.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import type { Run } from '../github/types.js';
import { openRegistry, READ, type RegistryScene } from '../shared/registry/scene.js';
import { customers, Project, spec } from './project.js';
import type { JobOptions } from './registry-job.js';
import { RetrainingScene } from './retraining-scene.js';

/** `retrain` as a job of a repository, with what its tags and runs remember; every answer is held against GitHub's description. */

let scene: RegistryScene;
beforeAll(async () => {
  scene = await openRegistry();
});
afterAll(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

let count = 0;
let model: string;
const open = (options?: JobOptions & { rows?: number }) => new RetrainingScene(scene, model).open(options);
const live = (graph: string, data?: { digest: string; rows: number }) => new RetrainingScene(scene, model).live(graph, data);
beforeEach(() => {
  model = `model-${++count}`;
});

const NOW: Readonly<Record<string, unknown>> = { retrain: { every: '1ms', cooldown: '0s' } };
const LATER: Readonly<Record<string, unknown>> = { retrain: { every: '30d', cooldown: '0s' } };

const decisionOf = async (outcome: ActionOutcome): Promise<RetrainingDecision> =>
  JSON.parse(await readFile(outcome.outputs['result-path']!, 'utf8')) as RetrainingDecision;
const reasonsOf = (outcome: ActionOutcome): string[] => JSON.parse(outcome.outputs.reasons!) as string[];

describe('retrain', () => {
  test('trains the first model, and leaves the decision for later runs to find', async () => {
    const job = await open({
      spec: { retrain: { window: '90d', tune: false, promote: 'auto' }, data: { path: 'data.csv', time: 'id' } },
    });
    const outcome = await job.step('retrain');
    expect(outcome.outputs).toEqual({
      retrain: 'true',
      reasons: '["there is no version yet"]',
      live: '',
      champion: 'auto',
      window: '90d',
      tune: 'false',
      promote: 'auto',
      approval: '',
      minutes: '360',
      'result-path': join(job.workspace, '.mlops-actions/retraining.json'),
      artifact: `${model}-retraining`,
      'issue-number': '',
      'issue-url': '',
    });
    expect(outcome.summary).toContain('is trained again');
    expect(await decisionOf(outcome)).toMatchObject({
      format: 1,
      kind: 'retraining',
      model,
      retrain: true,
      data: { rows: 60 },
    });
    expect(scene.github.artifacts(scene.repository, job.run.id).map(({ name }) => name)).toEqual([`${model}-retraining`]);
  });

  test('leaves a live model alone while nothing speaks for it, and leaves no trace', async () => {
    await live('first');
    const job = await open({ spec: LATER });
    const outcome = await job.step('retrain');
    expect(outcome.outputs).toMatchObject({
      ...{ retrain: 'false', live: 'v1.0.0', champion: `${model}@v1.0.0`, promote: 'ask', approval: '', artifact: '' },
    });
    expect(reasonsOf(outcome)).toEqual([
      expect.stringMatching(/^the last training \(v1\.0\.0\) was .* ago, and it is due every 30d$/),
    ]);
    expect(outcome.summary).toContain('is not trained again');
    expect(scene.github.artifacts(scene.repository, job.run.id)).toEqual([]);
  });

  test('knows the rows of the live version again', async () => {
    const { data } = await decisionOf(await (await open()).step('retrain'));
    model = `model-${++count}`;
    await live('first', data);
    const outcome = await (await open({ spec: NOW })).step('retrain');
    expect(outcome.outputs.retrain).toBe('false');
    expect(reasonsOf(outcome)[0]).toBe(
      'the 60 rows are those that v1.0.0 was made of: training again would give the same model',
    );
    const forced = await open({ spec: NOW });
    expect((await forced.step('retrain', { force: 'true' })).outputs.retrain).toBe('true');
    scene.github.completeRun(forced.run, 'success');
    expect((await (await open({ spec: NOW, rows: 70 })).step('retrain')).outputs.retrain).toBe('true');
  });

  test('hears of drift from monitor, in this job or in another run', async () => {
    const job = await live('first');
    const { version, digest } = { version: 'v1.0.0', digest: job.log.join() };
    expect(digest).toContain('Registered');
    const registered = scene.releases().find(({ tag }) => tag === `${model}@v1.0.0`);
    const sums = /sha256:[0-9a-f]{64}/.exec(registered!.body ?? '')![0];
    const health: Health = {
      ...{ format: 1, kind: 'health', model, version, digest: sums, at: new Date().toISOString(), window: '7d', windows: [] },
      checks: [{ kind: 'input drift', subject: 'usage', state: 'alarm', breaches: 2, detail: '' }],
      ...{ healthy: false, drifted: ['usage'], notices: [] },
    };
    const drift = { retrain: { cooldown: '0s', when: [{ drift: true }] }, monitor: { window: '7d' } };
    const watched = await open({ spec: drift });
    await writeFile(join(watched.workspace, 'health.json'), JSON.stringify(health));
    const here = await watched.step('retrain', { health: 'health.json' });
    expect(reasonsOf(here)).toEqual(['input drift of usage']);
    await watched.uploadFile('looked', 'health.json', JSON.stringify(health));
    scene.github.completeRun(watched.run, 'success');

    const elsewhere = await open({ spec: drift });
    const outcome = await elsewhere.step('retrain', { health: `run:${watched.run.id}/looked`, force: 'true' });
    expect(reasonsOf(outcome)).toEqual(['somebody asked for it (force)', 'input drift of usage']);
  });

  test('counts a training that died, and one that another run is at; a further attempt decides as the first one did', async () => {
    await live('first');
    const cooling = { retrain: { every: '1s', cooldown: '1s' } };
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const first = await open({ spec: cooling });
    expect((await first.step('retrain')).outputs.retrain).toBe('true');
    const meanwhile = await (await open({ spec: cooling })).step('retrain', { force: 'true' });
    expect(reasonsOf(meanwhile)[0]).toBe(`run ${first.run.id} of this workflow is training`);

    scene.github.completeRun(first.run, 'cancelled');
    const after = await (await open({ spec: { retrain: { every: '1h', cooldown: '1h' } } })).step('retrain');
    expect(after.outputs.retrain).toBe('false');
    expect((await decisionOf(after)).rules.map(({ rule }) => rule)).toContain('cooldown');
    const again: Run = scene.github.rerun(first.run);
    const second = await open({ spec: cooling, run: again });
    expect((await second.step('retrain')).outputs.retrain).toBe('true');
  });

  test('does not repeat a training whose candidate was judged on the same rows, and repeats one that was not', async () => {
    await live('first');
    const first = await open({ spec: NOW });
    expect((await first.step('retrain')).outputs.retrain).toBe('true');
    scene.github.completeRun(first.run, 'failure');
    const second = await open({ spec: NOW });
    // Nobody knows what the candidate would have been worth.
    expect((await second.step('retrain')).outputs.retrain).toBe('true');
    await second.uploadFile(`${model}-comparison-0a1b2c3d`, 'left.json', '{}');
    scene.github.completeRun(second.run, 'failure');
    const third = await (await open({ spec: NOW })).step('retrain');
    expect(reasonsOf(third)[0]).toBe(
      `the 60 rows are those that run ${second.run.id} had: training again would give the same model`,
    );
    expect((await (await open({ spec: NOW, rows: 61 })).step('retrain')).outputs.retrain).toBe('true');
  });

  test('remembers by the health issue what artifacts no longer tell', async () => {
    await live('first');
    const permissions = { ...READ, issues: 'write' } as const;
    const source = await scene.source(permissions);
    const identity = {
      repository: source.repository,
      marker: healthMarker(model),
      author: 'github-actions[bot]',
      label: 'mlops-health',
    };
    const body = `${identity.marker}\nNot well.`;
    await keepIssue(source.client, {
      ...identity,
      wanted: () => 'open',
      keep: ['retrain'],
      content: () => ({ title: model, body }),
    });
    const issue = () => scene.github.issues(scene.repository).find(({ title }) => title === model)!;
    const first = await open({ spec: NOW, permissions });
    const { data } = await decisionOf(await first.step('retrain'));
    expect(issue().body).toMatch(/^<!-- mlops-actions health: .* -->\nNot well\.\n/);
    expect(issue().body).toContain(`"run":${first.run.id}`);
    expect(issue().body).toContain(data.digest);
    await first.uploadFile(`${model}-comparison-0a1b2c3d`, 'left.json', '{}');
    scene.github.completeRun(first.run, 'success');
    const own = scene.github.artifacts(scene.repository, first.run.id).find(({ name }) => name === `${model}-retraining`);
    const deleted = await fetch(`${scene.github.apiUrl}/repos/acme/models/actions/artifacts/${own!.id}`, {
      ...{ method: 'DELETE', headers: { authorization: `token ${scene.github.personToken('ann')}` } },
    });
    expect(deleted.status).toBe(204);

    const outcome = await (await open({ spec: NOW, permissions })).step('retrain');
    expect(reasonsOf(outcome)[0]).toBe(
      `the 60 rows are those that run ${first.run.id} had: training again would give the same model`,
    );
    // Who may not write it decides all the same.
    const blind = await open({ spec: NOW });
    expect((await blind.step('retrain', { force: 'true' })).outputs.retrain).toBe('true');
    expect(blind.log.join()).toContain('The health issue does not remember this: The token may not update issue #');
    expect(issue().body).toContain(`"run":${first.run.id}`);
  });

  test('believes no decision of a fork, of a pull request or of another branch', async () => {
    await live('first');
    const mallory = scene.github.createRepository({ owner: `mallory-${count}`, name: 'models', forkOf: scene.repository });
    for (const options of [
      { event: 'pull_request', head: mallory },
      { event: 'pull_request' },
      { event: 'push', branch: 'topic' },
    ] satisfies JobOptions[]) {
      const job = await open(options);
      await job.uploadFile(`${model}-retraining`, 'left.json', '{}');
    }
    expect((await (await open({ spec: NOW })).step('retrain')).outputs.retrain).toBe('true');
  });

  test('keeps to the budget of the month, which is that of the jobs of its workflow', async () => {
    await live('first');
    const budget = (minutes: number) => ({ retrain: { every: '1ms', cooldown: '0s', budget_minutes: minutes } });
    const path = `.github/workflows/${model}.yml`;
    const start = (): Run =>
      scene.github.startRun({
        ...{
          repository: scene.repository,
          workflowName: 'retrain',
          path,
          event: 'schedule',
          headBranch: 'main',
          headSha: scene.head,
        },
      });
    const earlier = await open({ spec: budget(100), run: start() });
    expect((await earlier.step('retrain')).outputs).toMatchObject({ retrain: 'true', minutes: '99' });
    await earlier.uploadFile(`${model}-comparison-0a1b2c3d`, 'left.json', '{}');
    // The clock is the server's: its jobs take twenty minutes.
    scene.github.advanceClock(20 * 60 * 1000);
    scene.github.completeRun(earlier.run, 'success');
    const spent = async (minutes: number, inputs = {}) =>
      (await open({ spec: budget(minutes), run: start(), rows: 70 })).step('retrain', inputs);
    const refused = await spent(39, { force: 'true' });
    expect(refused.outputs.retrain).toBe('false');
    expect(reasonsOf(refused)[0]).toMatch(
      /^2\d(\.\d+)? of the 39 minutes of this month are used, and a training takes about 20/,
    );
    expect((await spent(50)).outputs.retrain).toBe('true');
  });

  test('asks the reviewers of the environment, or in an issue where it has none', async () => {
    scene.github.setEnvironment(scene.repository, { name: 'guarded', reviewers: ['rita'] });
    scene.github.setEnvironment(scene.repository, { name: 'open' });
    const approval = async (environment: string, promote = 'ask') => {
      const job = await open({ spec: { retrain: { promote } } });
      const { outputs } = await job.step('retrain', { environment });
      scene.github.completeRun(job.run, 'success');
      model = `model-${++count}`;
      return outputs.approval;
    };
    expect(await approval('guarded')).toBe('environment');
    expect(await approval('open')).toBe('issue');
    expect(await approval('nowhere')).toBe('issue');
    expect(await approval('guarded', 'auto')).toBe('');
    expect(await approval('guarded', 'never')).toBe('');
  });
});

describe('the first mistakes', () => {
  test('no GitHub, no branch, no permission', async () => {
    const project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers({ rows: 50 }) });
    expect(await project.complaint('retrain')).toMatch(
      /^What retraining remembers is kept on GitHub .* needs a job of GitHub Actions/,
    );
    await project.remove();
    const { baseBranch: _none, ...onTag } = { baseBranch: undefined };
    const job = await open({ environment: { ...onTag, baseBranch: undefined as unknown as string } });
    expect(await job.complaint('retrain')).toMatch(/^This run is of no branch, .* use it on schedule/);
    const blind = await open({ permissions: { contents: 'read' }, event: 'schedule' });
    expect((await blind.step('retrain')).outputs.retrain).toBe('true');
  });

  test('a health that is not there, is none, is of another model, has gone, or is of a pull request', async () => {
    const job = await open();
    const complaint = (health: string) => job.complaint('retrain', { health });
    expect(await complaint('health.json')).toBe(
      'Input "health": there is no file "health.json"; it is the output "result-path" of monitor.',
    );
    await writeFile(join(job.workspace, 'health.json'), 'healthy');
    expect(await complaint('health.json')).toMatch(/"health\.json" is not JSON \(.*\); monitor writes it\.$/);
    await writeFile(join(job.workspace, 'health.json'), '{"format":1,"kind":"comparison"}');
    expect(await complaint('health.json')).toMatch(
      /is no health at kind \(.*\); it must be the health\.json that monitor wrote/,
    );
    expect(await complaint('run:12')).toBe(
      'Input "health" is "run:12"; accepted: the path of a health.json, or run:<run-id>/<artifact>, where monitor left it.',
    );
    expect(await complaint(`run:${job.run.id}/churn-health`)).toBe(
      `Run ${job.run.id} has no artifact "churn-health"; it has: none.`,
    );
    const foreign = await open({ event: 'pull_request' });
    await foreign.uploadFile('looked', 'left.json', '{}');
    expect(await complaint(`run:${foreign.run.id}/looked`)).toMatch(
      /^The health of run \d+ is not used: the run was started by "pull_request"/,
    );
    const other: Health = {
      ...{ format: 1, kind: 'health', model: 'other', version: '', digest: '', at: new Date().toISOString(), window: '7d' },
      ...{ windows: [], checks: [], healthy: true, drifted: [], notices: [] },
    };
    await writeFile(join(job.workspace, 'health.json'), JSON.stringify(other));
    expect(await complaint('health.json')).toBe(
      `Input "health": "health.json" is of the model "other", and the spec is of "${model}".`,
    );
  });

  test('a folder of its own, another file, and no token', async () => {
    const job = await open();
    const folder = join(job.workspace, 'models/churn');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.yaml'), spec({ name: model }));
    await writeFile(join(folder, 'rows.csv'), customers({ rows: 70 }));
    const inputs = { spec: 'model.yaml', 'working-directory': 'models/churn', data: 'rows.csv' };
    const outcome = await job.step('retrain', inputs);
    expect(outcome.outputs['result-path']).toBe(join(job.workspace, 'models/churn/.mlops-actions/retraining.json'));
    expect(await decisionOf(outcome)).toMatchObject({ data: { rows: 70 } });
    expect(await job.complaint('retrain', { 'github-token': 'nobody' })).toContain('Check the input "github-token"');
  });

  test('wrong times, wrong inputs, no data', async () => {
    const job = await open({ spec: { retrain: { every: '1d', cooldown: '7d' } } });
    expect(await job.complaint('retrain')).toMatch(
      /^mlops\.yaml:\d+:\d+: retrain\.cooldown \(7d\) is longer than retrain\.every \(1d\)/,
    );
    const other = await open();
    expect(await other.complaint('retrain', { force: 'maybe' })).toBe('Input "force" is "maybe"; accepted: true, false.');
    expect(await other.complaint('retrain', { data: 'other.csv' })).toContain('other.csv');
    expect(await other.complaint('retrain', { spec: 'model.yaml' })).toContain('did you mean mlops.yaml?');
  });
});
