import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import { sha } from '../github/scene.js';
import type { PullRequest, Repository } from '../github/types.js';
import { uploadBytes } from '../github/upload.js';
import { complaint } from '../shared/github/scene.js';
import { validationFailed } from '../shared/report/model-fixtures.js';
import { zipOf } from '../shared/runner/zip-file.js';
import {
  checks,
  comments,
  folder,
  foreign,
  holding,
  NAME,
  PERMISSIONS,
  RESULT,
  report,
  runWith,
  scene,
} from './reporting-scene.js';

/**
 * report in a job on `workflow_run`: the run that it reports of is a fork's, and nobody knows who wrote its artifacts. And,
 * where it differs, in the repository's own runs.
 */

describe("a fork's run", () => {
  test('is posted to its own pull request, with both addresses, and says whose figures they are', async () => {
    const pull = foreign();
    const run = await runWith(pull, { [NAME]: holding(RESULT), 'churn-candidate': [{ name: 'model.onnx', content: 'evil' }] });
    const outcome = await report(`run:${run.id}`);
    expect(outcome.failure).toBeUndefined();
    const [comment, ...others] = comments(pull);
    expect(others).toEqual([]);
    // As the comment of an own pull request would be named, whoever calls model-report.yml.
    expect(comment!.body).toMatch(/^<!-- mlops-actions: churn \/ Model CI -->\n/);
    expect(comment!.body).toContain('made by a run of the fork <code>mallory/models</code>');
    expect(comment!.body).toContain(`/actions/runs/${run.id}`);
    expect(comment!.body).not.toContain('/artifacts/');
    expect(checks(pull)).toMatchObject([{ name: 'Model CI: churn', headSha: pull.head.sha, conclusion: 'success' }]);
    expect(outcome.outputs).toEqual({ 'comment-url': comment!.url, 'check-url': checks(pull)[0]!.url });
    expect(checks(scene.own)).toEqual([]);

    const again = await report(`run:${run.id}/${NAME}`, { inputs: { check: 'false' } });
    expect(again.outputs).toEqual({ 'comment-url': comment!.url, 'check-url': '' });
    expect((await report(`run:${run.id}`, { inputs: { comment: 'false' } })).outputs['comment-url']).toBe('');
  });

  test('leaves alone what its author planted under our marker, and a second push updates the one comment that is ours', async () => {
    const pull = foreign();
    const planted = '<!-- mlops-actions: churn / Model CI -->\n### 🟢 `churn`: the candidate is better than production';
    const run = await runWith(pull, { [NAME]: holding({ ...RESULT, verdict: 'worse' }) });
    // Its own run may not write, as GitHub says; its author may, under a name of its own.
    const write = (token: string): Promise<Response> =>
      fetch(`${scene.github.apiUrl}/repos/acme/models/issues/${pull.number}/comments`, {
        ...{ method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ body: planted }) },
      });
    const own = scene.github.startJob(scene.runOf(pull), { name: 'judge', permissions: PERMISSIONS });
    const refused = await write(own.token);
    expect([refused.status, await refused.json()]).toMatchObject([403, { message: 'Resource not accessible by integration' }]);
    expect((await write(scene.github.personToken('mallory'))).status).toBe(201);

    const first = await report(`run:${run.id}`);
    const bodies = () => comments(pull).map(({ author, body }) => [author, body.split('\n')[1]]);
    const theirs = ['mallory', planted.split('\n')[1]];
    expect(bodies()).toEqual([theirs, ['github-actions[bot]', '### 🔴 `churn`: the candidate is worse than production']]);

    const pushed = scene.github.updatePullRequest(pull, sha(`${pull.title}, again.`));
    const second = await report(`run:${(await runWith(pushed, { [NAME]: holding(RESULT) })).id}`);
    expect(second.outputs['comment-url']).toBe(first.outputs['comment-url']);
    expect(bodies()).toEqual([theirs, ['github-actions[bot]', '### 🟢 `churn`: the candidate is better than production']]);

    // The first run is run again, and knows less than the comment says.
    const late = await report(`run:${run.id}`);
    expect(late.outputs['comment-url']).toBe('');
    expect(bodies()[1]![1]).toContain('better than production');
  });

  test('chooses neither pull request nor commit, whatever its artifact says', async () => {
    const pull = foreign();
    const claims = { ...RESULT, commit: scene.own.head.sha };
    const run = await runWith(pull, {
      [NAME]: [...holding(claims), { name: 'pull-request.txt', content: String(scene.own.number) }],
    });
    await report(`run:${run.id}`);
    expect(comments(pull)).toHaveLength(1);
    expect(checks(pull)).toHaveLength(1);
    const lies = await runWith(pull, { [NAME]: holding({ ...RESULT, pullRequest: scene.own.number }) });
    expect(await complaint(report(`run:${lies.id}`))).toContain('it must be the file that compare or validate wrote');
    expect(comments(scene.own)).toEqual([]);
    expect(checks(scene.own)).toEqual([]);
  });

  test('is posted nowhere when its pull request has a newer commit, is closed, or is not there', async () => {
    const moved = foreign();
    const old = await runWith(moved, { [NAME]: holding(RESULT) });
    const updated = scene.github.updatePullRequest(moved, sha('newer'));
    const late = await report(`run:${old.id}`);
    expect(late.outputs).toEqual({ 'comment-url': '', 'check-url': '' });
    expect(late.annotations).toEqual([
      {
        level: 'notice',
        message: expect.stringMatching(/^No open pull request has mallory\/models:patch-\d+ at [0-9a-f]{7} as its head/),
      },
    ]);
    const closed = foreign();
    const done = await runWith(closed, { [NAME]: holding(RESULT) });
    scene.github.closePullRequest(closed);
    await report(`run:${done.id}`);
    // The branch of another fork has the same name and commit.
    const other = scene.github.createRepository({ owner: 'eve', name: 'models', forkOf: scene.repository });
    const lookalike = foreign({ repository: other });
    const run = scene.github.startRun({
      ...{
        repository: scene.repository,
        workflowName: 'Model CI',
        path: 'x.yml',
        event: 'pull_request',
        headBranch: lookalike.head.ref,
      },
      ...{ headSha: lookalike.head.sha, headRepository: scene.fork },
    });
    await uploadBytes(scene.github, scene.job({}, 'judge', run), NAME, zipOf(holding(RESULT)));
    await report(`run:${run.id}`);
    for (const pull of [moved, updated, closed, lookalike]) {
      expect(comments(pull)).toEqual([]);
      expect(checks(pull)).toEqual([]);
    }
  });

  test('whose commit two pull requests have gets its check, and no comment', async () => {
    const pull = foreign();
    const twin = foreign(pull.head, { ref: 'develop', sha: sha('develop'), repository: scene.repository });
    const run = await runWith(pull, { [NAME]: holding(RESULT) });
    const outcome = await report(`run:${run.id}`);
    expect(outcome.annotations![0]!.message).toContain(`Pull requests #${twin.number}, #${pull.number} have the same head`);
    expect([comments(pull), comments(twin)]).toEqual([[], []]);
    expect(checks(pull)).toHaveLength(1);
  });

  test('may have a result of several models; the newest of each is posted', async () => {
    const pull = foreign();
    const run = await runWith(pull, {
      'churn-validation': holding({ ...validationFailed, model: 'churn' }, 'validation.json'),
      [NAME]: holding(RESULT),
      'delay-validation': holding({ ...validationFailed, model: 'delay' }, 'validation.json'),
    });
    const outcome = await report(`run:${run.id}`);
    expect(
      comments(pull)
        .map(({ body }) => /^<!-- mlops-actions: (\S+)/.exec(body)![1])
        .sort(),
    ).toEqual(['churn', 'delay']);
    expect(checks(pull)).toMatchObject([{ conclusion: 'failure' }, { conclusion: 'success' }]);
    expect(outcome.outputs['comment-url']!.split('\n')).toHaveLength(2);
    expect(outcome.outputs['check-url']!.split('\n')).toHaveLength(2);
  });

  test('cannot flood the pull request, or speak for another model', async () => {
    const pull = foreign();
    const many = Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [`m${index}-comparison-0123abcd`, holding({ ...RESULT, model: `m${index}` })]),
    );
    expect(await complaint(report(`run:${(await runWith(pull, many)).id}`))).toContain('has 11 results; at most 10 are posted');
    const other = await runWith(pull, { [NAME]: holding({ ...RESULT, model: 'delay' }) });
    expect(await complaint(report(`run:${other.id}`))).toContain('holds a result of another model, "delay"');
    expect(comments(pull)).toEqual([]);
  });

  test('that left no result is no mistake: its own run has said why', async () => {
    const pull = foreign();
    const run = await runWith(pull, { notes: holding({}, 'notes.json') });
    const outcome = await report(`run:${run.id}`);
    expect(outcome.failure).toBeUndefined();
    expect(outcome.annotations).toEqual([
      {
        level: 'notice',
        message: `Run ${run.id} has left no result of compare or validate; its artifacts are: notes. Nothing is posted.`,
      },
    ]);
    expect(await complaint(report(`run:${run.id}/${NAME}`))).toBe(
      `Run ${run.id} has no artifact "${NAME}"; its artifacts are: notes.`,
    );
  });

  test('texts of it are shown as they are, and do nothing', async () => {
    const pull = foreign();
    const evil = '<img src=x onerror=alert(1)> @octocat [a](https://evil.example) ::error::x';
    const run = await runWith(pull, {
      [NAME]: holding({ ...RESULT, reason: evil, verdict: 'not comparable', spec: 'a b.yaml' }),
    });
    const { summary } = await report(`run:${run.id}`);
    for (const text of [comments(pull)[0]!.body, summary!]) {
      expect(text).not.toMatch(/<img|@octocat|\]\(https:\/\/evil/);
      expect(text).toContain('evil');
    }
  });
});

describe('in one line', () => {
  test('a run that is none of a pull request, or of a workflow that a fork started otherwise', async () => {
    const run = scene.github.startRun({
      ...{
        repository: scene.repository,
        workflowName: 'Model CI',
        path: 'x.yml',
        event: 'pull_request_target',
        headBranch: 'x',
      },
      ...{ headSha: sha('x'), headRepository: scene.fork },
    });
    expect(await complaint(report(`run:${run.id}`))).toContain(
      'was started by "pull_request_target" of a fork: report posts results of',
    );
    expect(await complaint(report('run:99'))).toContain('GitHub found nothing there (404) when trying to read run 99');
    expect(await complaint(report('run:'))).toContain('Input "result" is "run:"; accepted: the path of a result, run:<run-id>');
    expect(await complaint(report('none.json'))).toBe('Input "result": there is no file "none.json".');
    expect(await complaint(report(''))).toContain('Input "result" is required');
    expect(await complaint(report('run:1', { inputs: { 'github-token': '' } }))).toContain('Input "github-token" is empty');
  });

  test('a permission that is missing, each by its own line, and the other is posted all the same', async () => {
    const pull = foreign();
    const run = await runWith(pull, { [NAME]: holding(RESULT) });
    const without = (scope: string) => report(`run:${run.id}`, { permissions: { ...PERMISSIONS, [scope]: 'none' } });
    const checked = await without('pull-requests');
    expect(checked.failure).toContain(`The token may not comment on pull request #${pull.number}`);
    expect(checked.failure).toContain('Add "pull-requests: write" to the "permissions:" of the job');
    expect(checked.outputs['check-url']).not.toBe('');
    expect((await without('checks')).failure).toContain('Add "checks: write" to the "permissions:" of the job');
    expect(comments(pull)).toHaveLength(1);
  });

  test('a result that has expired', async () => {
    const pull = foreign();
    const run = await runWith(pull, { [NAME]: holding(RESULT) });
    scene.github.advanceClock(200 * 24 * 60 * 60 * 1000);
    expect(await complaint(report(`run:${run.id}`))).toContain(`Artifact "${NAME}" of run ${run.id} has expired`);
  });
});

describe("the repository's own runs", () => {
  const own = (pull: PullRequest, head: Repository = scene.repository): Partial<RunEnvironment> => ({
    headSha: pull.head.sha,
    pullRequest: { number: pull.number, headSha: pull.head.sha, fromFork: head.id !== scene.repository.id },
  });

  test('a pull request is the one of the event, and a run of a fork is never posted to it', async () => {
    const { own: pull } = scene;
    const theirs = await runWith(foreign(), { [NAME]: holding(RESULT) });
    const ours = await runWith(pull, { [NAME]: holding(RESULT) });
    await report(`run:${ours.id}`, { run: scene.runOf(pull), environment: own(pull) });
    expect(comments(pull)[0]!.body).toMatch(
      new RegExp(`<a href="https://github.com/acme/models/actions/runs/${ours.id}/artifacts/\\d+">report</a>`),
    );
    expect(await complaint(report(`run:${theirs.id}`, { run: scene.runOf(pull), environment: own(pull) }))).toContain(
      'belongs to a fork: anybody may have written its results',
    );
    await writeFile(join(folder, 'comparison.json'), JSON.stringify(RESULT));
    const outcome = await report('comparison.json', { run: scene.runOf(pull), environment: own(pull) });
    expect(outcome.outputs['comment-url']).toBe(comments(pull)[0]!.url);
    const author = await report('comparison.json', {
      run: scene.runOf(pull),
      environment: own(pull),
      inputs: { author: 'bot' },
    });
    expect(author.outputs['comment-url']).not.toBe(outcome.outputs['comment-url']);
    expect(comments(pull)).toHaveLength(2);
  });

  test('an old commit that is run again leaves the comment of the newer one, and has its check', async () => {
    const { own: pull, github } = scene;
    await writeFile(join(folder, 'comparison.json'), JSON.stringify({ ...RESULT, model: 'orders' }));
    const run = scene.runOf(pull);
    await report('comparison.json', { run, environment: own(pull) });
    const before = comments(pull);
    const newer = github.updatePullRequest(pull, sha('newer'));
    const outcome = await report('comparison.json', { run, environment: own(pull) });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs['comment-url']).toBe('');
    expect(outcome.annotations).toEqual([
      {
        level: 'notice',
        message: `Pull request #${pull.number} has another commit than ${pull.head.sha.slice(0, 7)} by now: its comment is left as it is.`,
      },
    ]);
    expect(comments(pull)).toEqual(before);
    expect(checks(pull).length).toBeGreaterThan(0);
    await report('comparison.json', { run: scene.runOf(newer), environment: own(newer) });
    expect(comments(pull)).toHaveLength(before.length);
  });

  test("in a fork's own run the token can only read, and the line says what to do", async () => {
    const pull = foreign();
    await writeFile(join(folder, 'comparison.json'), JSON.stringify(RESULT));
    const outcome = await report('comparison.json', { run: scene.runOf(pull), environment: own(pull, scene.fork) });
    expect(outcome.failure).toContain('The token of a pull request from a fork can only read');
    expect(outcome.failure).toContain('"workflow_run"');
    expect(outcome.summary).toContain('churn');
  });

  test('a push has a check on its commit, also afterwards', async () => {
    const run = scene.github.startRun({
      ...{
        repository: scene.repository,
        workflowName: 'Model CI',
        path: 'x.yml',
        event: 'push',
        headBranch: 'main',
        headSha: sha('push'),
      },
    });
    await uploadBytes(scene.github, scene.job({}, 'judge', run), NAME, zipOf(holding(RESULT)));
    const outcome = await report(`run:${run.id}`, {
      inputs: { status: 'true' },
      permissions: { ...PERMISSIONS, statuses: 'write' },
    });
    expect(outcome.outputs['comment-url']).toBe('');
    expect(scene.github.statuses(scene.repository, sha('push'))).toMatchObject([
      { context: 'Model CI: churn', state: RESULT.blocked ? 'failure' : 'success' },
    ]);
    expect(scene.github.checkRuns(scene.repository, sha('push'))).toMatchObject([{ name: 'Model CI: churn' }]);
  });
});
