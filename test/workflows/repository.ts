import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { customers, spec } from '../actions/project.js';
import type { LocalGitHubOptions } from '../github/types.js';
import type { JobResult, RunResult, StepResult } from '../runner/result.js';
import { Session } from '../start/session.js';

/** The caller that the README shows. */
export const CALLER = `name: model
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
  actions: read
  checks: write
  pull-requests: write
jobs:
  model:
    uses: mlops-actions/mlops-actions/.github/workflows/model-ci.yml@v1
`;

/** A user's repository with a small model, and the push that made its champion. */
export async function openRepository(
  files: Readonly<Record<string, string>> = {},
  github?: LocalGitHubOptions,
): Promise<TestRepository> {
  const directory = await mkdtemp(join(tmpdir(), 'workflows-'));
  const session = await Session.start({ directory: join(directory, 'repository'), name: 'models', ...(github && { github }) });
  const repository = new TestRepository(directory, session);
  await repository.write({ 'mlops.yaml': spec(), 'data.csv': customers(), '.github/workflows/model.yml': CALLER, ...files });
  return repository;
}

export class TestRepository {
  readonly session: Session;
  readonly #directory: string;

  constructor(directory: string, session: Session) {
    this.#directory = directory;
    this.session = session;
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.session.git.directory, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }

  /** Commits files to main and pushes. */
  async push(files: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    await this.session.git.checkout('main').catch(() => {}); // The first commit makes the branch.
    await this.write(files);
    return only((await this.session.push('A commit')).runs);
  }

  /** Opens a pull request with one commit that changes these files. */
  async propose(branch: string, files: Readonly<Record<string, string>>) {
    const { git } = this.session;
    await git.checkout('main');
    await git.branch(branch);
    await this.write(files);
    const sha = await git.commit(branch);
    const { pullRequest, runs } = await this.session.openPullRequest(branch, branch, sha);
    return { pullRequest, sha, run: only(runs) };
  }

  comments(number: number): readonly string[] {
    return this.session.github.comments(this.session.repository, number).map(({ body }) => body);
  }

  checks(sha: string) {
    return this.session.github.checkRuns(this.session.repository, sha);
  }

  async close(): Promise<void> {
    await this.session.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function only(runs: readonly RunResult[]): RunResult {
  if (runs.length !== 1) throw new Error(`${runs.length} workflows ran`);
  return runs[0]!;
}

/** The job of that name, without what the caller adds in front. */
export function jobOf(run: RunResult, name: string): JobResult {
  const job = run.jobs.find((candidate) => candidate.name === name || candidate.name.endsWith(`/ ${name}`));
  if (!job) throw new Error(`no job ${name} in ${run.jobs.map((candidate) => candidate.name).join(', ')} (${run.error ?? ''})`);
  return job;
}

export function stepOf(run: RunResult, job: string, name: string): StepResult {
  const step = jobOf(run, job).steps.find((candidate) => candidate.name === name);
  if (!step) throw new Error(`no step ${name} in ${job}`);
  return step;
}

/** Everything that the steps of a failed run printed, for the message of an assertion. */
export function logOf(run: RunResult): string {
  const steps = run.jobs.flatMap((job) =>
    job.steps.map((step) => `--- ${job.name} / ${step.name}: ${step.conclusion}\n${step.log}`),
  );
  return [run.error ?? '', ...steps].join('\n');
}
