import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { ROOT } from '../docs/action-files.js';
import type { LocalGitHub, Permissions, Repository, Run } from '../github/types.js';
import { CHECKOUT_INPUTS, checkout } from '../runner/checkout.js';
import type { WorkflowEvent } from '../runner/events.js';
import { runProcess } from '../runner/process.js';
import { openSession } from '../runner/runner.js';

const SLUG = 'mlops-actions/mlops-actions';
const TAG = 'v1';

export interface ActOptions {
  readonly github: LocalGitHub;
  readonly repository: Repository;
  readonly event: WorkflowEvent;
  /** The caller's file in the repository, and its `name:`. */
  readonly workflow: { readonly path: string; readonly name: string };
  /** What the one token that act hands to all jobs may do. */
  readonly permissions: Permissions;
  /** A folder for what the run needs. */
  readonly directory: string;
}

export interface ActResult {
  readonly run: Run;
  readonly exitCode: number;
  /** Everything that act printed. */
  readonly log: string;
}

/**
 * Lets act run a workflow of the event's commit on this machine, without containers, against the local GitHub: the user's
 * files as they are, and for the project's slug a copy of this checkout.
 */
export async function runAct(options: ActOptions): Promise<ActResult> {
  const { github, repository, workflow, permissions, directory } = options;
  const session = await openSession({ github, repository, event: options.event, project: ROOT });
  try {
    const { event, store, source } = session;
    const run = github.startRun({
      ...{ repository, workflowName: workflow.name, path: workflow.path, event: event.name, actor: event.actor },
      ...{ headBranch: event.headBranch, headSha: event.headSha, headRepository: event.headRepository, ref: event.ref },
    });
    const folder = await mkdtemp(join(directory, `act-${event.name}-`));
    const workspace = join(folder, 'workspace');
    await mkdir(workspace);
    const repositories = [repository.fullName];
    await checkout({ inputs: CHECKOUT_INPUTS, store, workspace, origin: source, repositories, log: () => {} });
    const project = join(folder, 'project');
    await copyProject(project);
    const payload = join(folder, 'event.json');
    await writeFile(payload, JSON.stringify(event.payload));
    const job = github.startJob(run, { name: 'act', permissions });
    const environment: Readonly<Record<string, string>> = {
      ...{ GITHUB_API_URL: github.apiUrl, GITHUB_GRAPHQL_URL: `${github.apiUrl}/graphql` },
      ...{ GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: repository.fullName },
      ...{ GITHUB_REPOSITORY_ID: String(repository.id), GITHUB_REPOSITORY_OWNER: repository.owner },
      ...{ GITHUB_RUN_ID: String(run.id), GITHUB_RUN_NUMBER: String(run.number), GITHUB_RUN_ATTEMPT: String(run.attempt) },
      ...{ GITHUB_REF: event.ref, SHA_REF: event.sha, GITHUB_SHA: event.sha, GITHUB_ACTOR: event.actor },
      ...{ ACTIONS_RESULTS_URL: github.resultsUrl, ACTIONS_RUNTIME_TOKEN: job.runtimeToken, ACTIONS_CACHE_SERVICE_V2: '1' },
      // The native modules of this checkout, so that nothing is fetched.
      NODE_PATH: join(ROOT, 'node_modules'),
      RUNNER_TOOL_CACHE: join(folder, 'tools'),
    };
    const lines: string[] = [];
    const { exitCode } = await runProcess({
      command: 'act',
      args: [
        ...[event.name, '--workflows', workflow.path, '--eventpath', payload, '--actor', event.actor],
        ...['--platform', 'ubuntu-latest=-self-hosted', '--container-daemon-socket', '-', '--pull=false'],
        ...['--action-cache-path', join(folder, 'cache'), '--action-offline-mode', '--no-cache-server'],
        ...[
          '--local-repository',
          `${SLUG}@${TAG}=${project}`,
          '--secret',
          'GITHUB_TOKEN',
          '--defaultbranch',
          repository.defaultBranch,
        ],
        ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ],
      cwd: workspace,
      // Actions run on the first node of PATH; everything that act keeps goes into the folder.
      env: {
        PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
        ...{ HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), LANG: 'C.UTF-8', GITHUB_TOKEN: job.token },
      },
      onLine: (line) => lines.push(line),
      signal: AbortSignal.timeout(240_000),
    });
    const conclusion = exitCode === 0 ? 'success' : 'failure';
    github.completeJob(job, conclusion);
    github.completeRun(run, conclusion);
    await rm(folder, { recursive: true, force: true });
    return { run, exitCode, log: lines.join('\n') };
  } finally {
    session.close();
  }
}

/**
 * A copy of the project for act to use wherever a file names the project. `$/`, which act does not know yet, becomes the name
 * that a user's file has for it.
 */
async function copyProject(directory: string): Promise<void> {
  for (const folder of ['actions', 'dist', '.github'])
    await cp(join(ROOT, folder), join(directory, folder), { recursive: true });
  const workflows = join(directory, '.github', 'workflows');
  for (const name of await readdir(workflows)) {
    const text = await readFile(join(workflows, name), 'utf8');
    await writeFile(join(workflows, name), text.replaceAll(/uses: \$\/(\S+)/g, `uses: ${SLUG}/$1@${TAG}`));
  }
}
