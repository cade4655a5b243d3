import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../actions/monitor/main.js';
import { readHiddenBlock } from '../../shared/github/hidden-block.js';
import { rememberInIssue } from '../../shared/github/issue.js';
import { HEALTH_LABEL, healthMarker } from '../../shared/monitoring/health-issue.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { readActions } from '../docs/action-files.js';
import type { Permissions } from '../github/types.js';
import { openScene, type Scene } from '../shared/github/scene.js';
import { problemsOf } from '../shared/report/markdown-problems.js';
import { atEnd, BUNDLE, liveSpec, logTraffic, trainLive, week } from './live.js';
import { Project } from './project.js';

let project: Project;
let scene: Scene;
beforeAll(async () => {
  project = await Project.create();
  await trainLive(project);
});
afterAll(() => project.remove());
beforeEach(async () => {
  scene = await openScene();
  await project.write('mlops.yaml', liveSpec({ monitor: { traffic: 'traffic', min_rows: 200 } }));
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
  await rm(join(project.directory, 'traffic'), { recursive: true, force: true });
});

/** A look in a job on the local GitHub. */
async function look(
  inputs: Readonly<Record<string, string>> = {},
  {
    permissions = { issues: 'write' },
    environment = {},
  }: { permissions?: Permissions; environment?: Partial<RunEnvironment> } = {},
): Promise<ActionOutcome> {
  const { token } = scene.job(permissions, 'monitor');
  const declared = (await readActions()).get('monitor')!.inputs;
  const given: Readonly<Record<string, string>> = { model: BUNDLE, at: atEnd(4, 3), 'github-token': token, ...inputs };
  const services = project.services();
  return main(new InputReader((name) => given[name] ?? declared[name]?.default ?? ''), {
    ...services,
    environment: {
      ...services.environment,
      ...{ repository: 'acme/models', apiUrl: scene.github.apiUrl, event: 'schedule', runId: scene.run.id },
      runUrl: `https://github.com/acme/models/actions/runs/${scene.run.id}`,
      ...environment,
    },
  });
}

const issues = () => scene.github.issues(scene.repository);

/** Two weeks of drift. */
async function drift(): Promise<void> {
  for (const number of [2, 3]) await logTraffic(project, week(number, { shift: 4 }));
}

test('there is none while all is well; then one, kept current, closed and opened again', async () => {
  for (const number of [0, 1, 2]) await logTraffic(project, week(number));
  expect((await look({ at: atEnd(3, 3) })).outputs['issue-number']).toBe('');
  expect(issues()).toEqual([]);

  for (const number of [3, 4]) await logTraffic(project, week(number, { shift: 4 }));
  const opened = await look({ at: atEnd(5, 3) });
  expect(opened.outputs).toMatchObject({ healthy: 'false', 'issue-number': '3' });
  expect(issues()).toMatchObject([{ number: 3, state: 'open', labels: [HEALTH_LABEL], author: 'github-actions[bot]' }]);
  expect(issues()[0]!.title).toMatch(/^churn: the answers drifted .*; usage drifted$/);
  expect(issues()[0]!.body.split('\n')[0]).toBe('<!-- mlops-actions health: churn -->');
  const writes = () => scene.github.requests.filter(({ method }) => method !== 'GET').length;
  const before = writes();
  expect((await look({ at: atEnd(5, 3) })).outputs['issue-number']).toBe('3');
  expect(writes()).toBe(before);

  for (const number of [5, 6]) await logTraffic(project, week(number));
  expect((await look({ at: atEnd(7, 3) })).outputs).toMatchObject({ healthy: 'true', 'issue-number': '3' });
  expect(issues()).toMatchObject([{ number: 3, state: 'closed', stateReason: 'completed', title: 'churn: healthy' }]);

  for (const number of [7, 8]) await logTraffic(project, week(number, { shift: 4 }));
  await look({ at: atEnd(9, 3) });
  expect(issues()).toMatchObject([{ number: 3, state: 'open' }]);
});

test('is one however many looks overlap, and what retrain remembers stays', async () => {
  await drift();
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => look()));
  const open = issues().filter(({ state }) => state === 'open');
  expect(open).toHaveLength(1);
  expect(outcomes.map(({ outputs }) => outputs['issue-number'])).toEqual(Array(4).fill(String(open[0]!.number)));
  const identity = { repository: scene.at, marker: healthMarker('churn'), author: 'github-actions[bot]', label: HEALTH_LABEL };
  await rememberInIssue(await scene.client({ issues: 'write' }), identity, 'retrain', { last: '2026-03-30' });
  await logTraffic(project, week(4, { shift: 5 }));
  await Promise.all(Array.from({ length: 3 }, () => look({ at: atEnd(5, 3) })));
  expect(issues().filter(({ state }) => state === 'open')).toHaveLength(1);
  expect(readHiddenBlock(open[0]!.body, 'retrain')).toBeUndefined();
  const now = issues().find(({ number }) => number === open[0]!.number)!;
  expect(readHiddenBlock(now.body, 'retrain')).toEqual({ last: '2026-03-30' });
  expect(readHiddenBlock(now.body, 'monitor')).toMatchObject({ healthy: false });
});

test('of an answer that was lost is not made twice', async () => {
  await drift();
  scene.github.inject({ match: { method: 'POST', path: /\/issues$/ }, kind: 'drop-after', times: 2 });
  await look();
  await look();
  expect(issues()).toHaveLength(1);
});

test('stays open while nothing is known of what was wrong, and is closed by a person for good only until all is well', async () => {
  await project.write('mlops.yaml', liveSpec({ monitor: { traffic: 'traffic', min_rows: 300 } }));
  await drift();
  await look();
  // Too little traffic to say that the drift is over, and enough not to be an alarm itself.
  for (const number of [4, 5, 6]) await logTraffic(project, week(number, { rows: 42 }));
  const health = await look({ at: atEnd(7, 3) });
  expect(health.failure).toBeUndefined();
  expect(health.outputs).toMatchObject({ healthy: 'true', 'issue-number': '3' });
  const title = expect.stringMatching(/^churn: not known to be well again \(.*\busage\b/);
  expect(issues()).toMatchObject([{ state: 'open', title }]);
  const ann = scene.as(scene.github.personToken('ann'));
  await ann.rest.issues.update({ ...scene.at, issue_number: 3, state: 'closed', state_reason: 'not_planned' });
  await look();
  expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'not_planned' }]);
});

test('of a token of somebody else is found by their login', async () => {
  await drift();
  const token = scene.github.personToken('ann');
  await look({ 'github-token': token, author: 'ann' });
  await look({ 'github-token': token, author: 'ann' });
  expect(issues().map(({ author }) => author)).toEqual(['ann']);
});

describe('is not kept', () => {
  test('without the permission, which is named after everything else is written', async () => {
    await drift();
    const outcome = await look({ 'fail-on': 'never' }, { permissions: { contents: 'read' } });
    expect(outcome.failure).toMatch(
      /^The token may not open an issue \(403.*Add "issues: write" to the "permissions:" of the job/,
    );
    expect(outcome.outputs).toMatchObject({ healthy: 'false', drifted: '1', 'issue-number': '' });
    expect(outcome.summary).toContain('🔴 `churn`');
  });

  test('when nobody wants one, and from a pull request', async () => {
    await drift();
    await look({ issue: 'false' });
    await look({}, { environment: { pullRequest: { number: 1, headSha: scene.own.head.sha, fromFork: false } } });
    expect(issues()).toEqual([]);
  });
});

test('holds nothing that breaks out of it, whatever the traffic says', async () => {
  const evil = '--> <script>alert(1)</script> @octocat | #1 `x`\n## heading';
  for (const number of [2, 3])
    await logTraffic(project, week(number, { plans: ['basic', evil, '<!-- mlops-actions health: churn -->'] }));
  await look();
  const [{ body, title } = { body: '', title: '' }] = issues();
  expect(title).not.toMatch(/[\n<>]/);
  const visible = body
    .split('\n')
    .filter((line) => !line.startsWith('<!-- mlops-actions'))
    .join('\n');
  // The one italic of our own explanation aside.
  expect(problemsOf(visible.replaceAll(/<\/?i>/g, ''))).toEqual([]);
  expect(body.split('\n').filter((line) => line.startsWith('<!-- mlops-actions health'))).toHaveLength(1);
});
