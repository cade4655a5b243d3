import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PullRequest } from '../github/types.js';
import { findTool } from '../gto/tool.js';
import { sampleDirectory } from '../projects/sample.js';
import { sample } from '../projects/seattle-weather/sample.js';
import { Session } from '../start/session.js';
import { type ActResult, runAct } from './act.js';

/**
 * Another implementation of GitHub Actions runs the same workflow files and bundles: nektos/act, in its self-hosted mode, on
 * the weather sample. Only the services behind it are the local GitHub's.
 */

const act = findTool('act');
const WORKFLOW = { path: '.github/workflows/model.yml', name: 'model' };
/** What the caller of the README grants. */
const PERMISSIONS = { contents: 'read', actions: 'read', checks: 'write', 'pull-requests': 'write' } as const;

describe.skipIf(act.skip)(act.title, () => {
  let directory: string;
  let session: Session;
  let pullRequest: PullRequest;
  let pushed: ActResult;
  let proposed: ActResult;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'act-'));
    session = await Session.start({ directory: join(directory, 'repository'), name: 'seattle-weather' });
    const { git, github, repository } = session;
    const files = sampleDirectory('seattle-weather')!;
    const common = { github, repository, workflow: WORKFLOW, permissions: PERMISSIONS, directory };

    await git.add(join(files, 'main'));
    await sample.prepare(git.directory);
    const base = await git.commit('The champion');
    pushed = await runAct({ ...common, event: { name: 'push', ref: 'refs/heads/main', sha: base } });

    await git.branch(sample.branch);
    await cp(join(files, 'pull-request'), git.directory, { recursive: true });
    const head = await git.commit(sample.title);
    pullRequest = github.openPullRequest({
      ...{ title: sample.title, user: repository.owner },
      head: { ref: sample.branch, sha: head, repository },
      base: { ref: 'main', sha: base, repository },
    });
    proposed = await runAct({ ...common, event: { name: 'pull_request', action: 'opened', pullRequest } });
  }, 300_000);
  afterAll(async () => {
    await session.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('a push to main leaves the champion and a check', () => {
    expect(pushed.exitCode, pushed.log).toBe(0);
    const { github, repository } = session;
    const artifacts = github.artifacts(repository).filter(({ runId }) => runId === pushed.run.id);
    expect(artifacts.map(({ name }) => name)).toContain('seattle-weather-candidate');
    expect(github.checkRuns(repository, pushed.run.headSha)).toMatchObject([{ conclusion: 'success' }]);
  });

  test('a pull request is judged against it, and gets its comment and a check on its head', () => {
    expect(proposed.exitCode, proposed.log).toBe(0);
    const { github, repository } = session;
    const [comment, ...others] = github.comments(repository, pullRequest.number);
    expect(others).toEqual([]);
    expect(comment!.author).toBe('github-actions[bot]');
    // GitHub would name the caller's workflow, "model"; act names the called one.
    expect(comment!.body).toMatch(
      /^<!-- mlops-actions: seattle-weather \/ model-ci -->\n.*no evidence of a difference from the champion/,
    );
    // The champion is the candidate that the other run has left.
    expect(comment!.body).toMatch(/\| `log_loss` *\| ≤.champion *\|.*✅/);
    expect(comment!.body).toContain(`/actions/runs/${pushed.run.id}">run</a>`);
    expect(github.checkRuns(repository, pullRequest.head.sha)).toMatchObject([
      { name: 'model-ci: seattle-weather', conclusion: 'success', headSha: pullRequest.head.sha },
    ]);
  });

  test('no token is in its log, and no request was wrong', () => {
    expect(pushed.log + proposed.log).not.toMatch(/gh[spu]_[A-Za-z0-9]{8}|eyJ[A-Za-z0-9_-]+\.eyJ/);
    expect(session.github.violations).toEqual([]);
  });
});
