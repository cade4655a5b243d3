import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { main } from '../../actions/report/main.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { createArtifactStore } from '../../shared/runner/artifacts.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { readActions } from '../docs/action-files.js';
import { openScene, sha } from '../github/scene.js';
import type { Permissions, PullRequest, Run } from '../github/types.js';
import { uploadBytes } from '../github/upload.js';
import { better } from '../shared/report/fixtures.js';
import { type ZipEntry, zipOf } from '../shared/runner/zip-file.js';

/** A repository with a fork, and report in a job of it that is asked to post what another run has left. */

export const PERMISSIONS: Permissions = { actions: 'read', checks: 'write', 'pull-requests': 'write' };
export const NAME = 'churn-comparison-0123abcd';
export const RESULT: Comparison = { ...better, model: 'churn' };

export const folder = await mkdtemp(join(tmpdir(), 'report-'));
export const scene = await openScene({ checkOpenApi: false });
const inputs = (await readActions()).get('report')!.inputs;
afterAll(async () => {
  await scene.github.close();
  await rm(folder, { recursive: true, force: true });
});

/** What report has said in its job's log. */
export const logged: string[] = [];

export interface Job {
  readonly run?: Run;
  readonly permissions?: Permissions;
  readonly environment?: Partial<RunEnvironment>;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** Runs report, in a job of the repository's own run on `workflow_run` unless told. */
export async function report(result: string, options: Job = {}): Promise<ActionOutcome> {
  const { github, repository } = scene;
  github.advanceClock(60 * 60 * 1000);
  const run =
    options.run ??
    github.startRun({
      ...{
        repository,
        workflowName: 'model report',
        path: '.github/workflows/report.yml',
        event: 'workflow_run',
        actor: 'mallory',
      },
      ...{ headBranch: 'main', headSha: sha('base') },
    });
  const { token } = github.startJob(run, { name: 'report', permissions: options.permissions ?? PERMISSIONS });
  const environment: RunEnvironment = {
    ...{ repository: 'acme/models', repositoryId: repository.id, runId: run.id, runAttempt: 1, workflow: run.workflowName },
    ...{ runUrl: `https://github.com/acme/models/actions/runs/${run.id}`, event: run.event, headSha: sha('base') },
    ...{ baseBranch: 'main', onDefaultBranch: true, apiUrl: github.apiUrl, serverUrl: 'https://github.com' },
    ...{ hasArtifacts: true, workspace: folder, temp: folder },
    ...options.environment,
  };
  const given: Readonly<Record<string, string>> = { result, 'github-token': token, ...options.inputs };
  const reader = new InputReader((name) => given[name] ?? inputs[name]?.default ?? '');
  const artifacts = createArtifactStore(environment);
  return main(reader, { environment, artifacts, progress: () => {}, log: (line) => logged.push(line) });
}

/** A run on a pull request that is over, with an artifact of whatever it likes. */
export async function runWith(
  pull: PullRequest,
  artifacts: Readonly<Record<string, readonly ZipEntry[] | Buffer>>,
): Promise<Run> {
  const run = scene.runOf(pull);
  const job = scene.job({ contents: 'read' }, 'judge', run);
  for (const [name, content] of Object.entries(artifacts))
    await uploadBytes(scene.github, job, name, Buffer.isBuffer(content) ? content : zipOf(content));
  scene.github.completeRun(run, 'success');
  return run;
}

export const holding = (result: object, name = 'comparison.json'): ZipEntry[] => [{ name, content: JSON.stringify(result) }];
export const comments = (pull: PullRequest) => scene.github.comments(scene.repository, pull.number);
export const checks = (pull: PullRequest) => scene.github.checkRuns(scene.repository, pull.head.sha);

let count = 0;
/** A pull request of a fork, with a branch and a commit of its own. */
export function foreign(changes: Partial<PullRequest['head']> = {}, base?: PullRequest['base']): PullRequest {
  const name = `patch-${++count}`;
  return scene.github.openPullRequest({
    ...{ title: name, user: 'mallory', base: base ?? { ref: 'main', sha: sha('base'), repository: scene.repository } },
    head: { ref: name, sha: sha(`${name}.`), repository: scene.fork, ...changes },
  });
}
