import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startLocalGitHub } from '../github/local-github.js';
import type { LocalGitHub, LocalGitHubInspection, PullRequest, Repository } from '../github/types.js';
import type { JobResult, RunnerUpdate, RunResult } from './result.js';
import { type RunnerOptions, runEvent } from './runner.js';

export type Files = Readonly<Record<string, string>>;

/** A repository with one workflow, and what a test needs to run it. */
export interface Workbench {
  readonly root: string;
  readonly project: string;
  readonly github: LocalGitHub & LocalGitHubInspection;
  readonly repository: Repository;
  readonly updates: RunnerUpdate[];
  /** Writes and commits files on a branch. */
  commit(files: Files, branch?: string): string;
  /** Runs the push of a branch's newest commit. */
  push(more?: Partial<RunnerOptions>, ref?: string): Promise<RunResult[]>;
  pullRequest(pullRequest: PullRequest, more?: Partial<RunnerOptions>): Promise<RunResult[]>;
  close(): Promise<void>;
}

/** `project` are the files of the project's checkout, `files` those of the user's repository on main. */
export async function openWorkbench(files: Files, project: Files = {}): Promise<Workbench> {
  const root = mkdtempSync(join(tmpdir(), 'workbench-'));
  const folder = join(root, 'repository');
  const projectFolder = join(root, 'project');
  mkdirSync(folder);
  mkdirSync(projectFolder);
  writeFiles(projectFolder, project);
  gitIn(folder, 'init', '--quiet', '--initial-branch=main', '.');
  const github = await startLocalGitHub({ checkOpenApi: false });
  const repository = github.createRepository({ owner: 'acme', name: 'models', gitDirectory: folder });
  const updates: RunnerUpdate[] = [];
  const run = (event: RunnerOptions['event'], more: Partial<RunnerOptions>): Promise<RunResult[]> => {
    const onProgress = (update: RunnerUpdate): void => void updates.push(update);
    return runEvent({ github, repository, event, project: projectFolder, temp: root, onProgress, minuteMs: 200, ...more });
  };
  const bench: Workbench = {
    root,
    project: projectFolder,
    github,
    repository,
    updates,
    commit(added, branch = 'main') {
      const known = gitIn(folder, 'branch', '--list', branch).trim() !== '';
      if (known || branch !== 'main') gitIn(folder, 'checkout', '--quiet', ...(known ? [branch] : ['-b', branch]));
      writeFiles(folder, added);
      gitIn(folder, 'add', '--all');
      gitIn(folder, 'commit', '--quiet', '--allow-empty', '--message', 'A commit');
      return gitIn(folder, 'rev-parse', 'HEAD').trim();
    },
    push: (more = {}, ref = 'refs/heads/main') => {
      return run({ name: 'push', ref, sha: gitIn(folder, 'rev-parse', ref).trim(), actor: 'ann' }, more);
    },
    pullRequest: (pullRequest, more = {}) => run({ name: 'pull_request', action: 'opened', pullRequest }, more),
    close: async () => {
      await github.close();
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  bench.commit(files);
  return bench;
}

/** Runs one workflow on a push to main, and gives its result. */
export async function runOnce(
  workflow: string,
  setting: { files?: Files; project?: Files } & Partial<Omit<RunnerOptions, 'project'>> = {},
): Promise<RunResult> {
  const { files = {}, project = {}, ...more } = setting;
  const bench = await openWorkbench({ '.github/workflows/ci.yml': workflow, ...files }, project);
  try {
    const [result] = await bench.push(more);
    if (!result) throw new Error('the push started no workflow');
    return result;
  } finally {
    await bench.close();
  }
}

export function jobOf(result: RunResult, name: string): JobResult {
  const job = result.jobs.find((candidate) => candidate.name === name);
  if (!job)
    throw new Error(`no job '${name}'; there are: ${result.jobs.map((other) => other.name).join(', ')}. ${result.error ?? ''}`);
  return job;
}

/** What the steps of a job printed, without the runner's own group of each step. */
export function printed(job: JobResult): string {
  return job.steps.map((step) => step.log.replace(/##\[group\]Run .*?##\[endgroup\]\n?/gs, '')).join('\n');
}

export function gitIn(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' });
}

function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
