import { GitHubError } from './errors.js';
import { APP_LOGIN, type DeploymentRecord, type EnvironmentRecord, type State, type WaitingJob } from './state.js';
import type { Conclusion, EnvironmentEntry, EnvironmentOptions, LocalGitHub, Repository, Run } from './types.js';

/** Environments by their names, which do not tell cases apart. One that a job names comes to be by itself, without rules. */
export function environmentOf(state: State, repository: Repository, name: string): EnvironmentRecord | undefined {
  const wanted = name.toLowerCase();
  return state.environments.find((other) => other.repository.id === repository.id && other.name.toLowerCase() === wanted);
}

export function setEnvironment(
  state: State,
  repository: Repository,
  { name, ...options }: EnvironmentOptions,
): EnvironmentRecord {
  const known = environmentOf(state, repository, name);
  const now = state.now();
  const record: EnvironmentRecord = known ?? {
    ...{ id: state.nextId('environment'), repository, name, createdAt: now, updatedAt: now },
    ...{ reviewers: [], preventSelfReview: false, secrets: {}, variables: {} },
  };
  Object.assign(record, options, { updatedAt: now });
  if (known === undefined) state.environments.push(record);
  return record;
}

/**
 * A job that names an environment: it waits until a required reviewer has decided, where there are any. GitHub gives up
 * after 30 days, and the job fails; here that is the signal's.
 */
export function enterEnvironment(
  state: State,
  run: Run,
  { job, environment, deployment, signal }: Parameters<LocalGitHub['enterEnvironment']>[1],
): Promise<EnvironmentEntry> {
  const record =
    environmentOf(state, run.repository, environment) ?? setEnvironment(state, run.repository, { name: environment });
  const entry = (outcome: EnvironmentEntry['outcome']): EnvironmentEntry => {
    const { secrets, variables } = record;
    if (outcome !== 'approved') return { outcome, secrets: {}, variables: {}, finish: () => {} };
    return { outcome, secrets, variables, finish: deployment ? deploymentOf(state, run, record) : () => {} };
  };
  if (signal.aborted) return Promise.resolve(entry('cancelled'));
  if (record.reviewers.length === 0) return Promise.resolve(entry('approved'));
  return new Promise((resolve) => {
    const end = (outcome: EnvironmentEntry['outcome']): void => {
      signal.removeEventListener('abort', give);
      state.waitingJobs.splice(state.waitingJobs.indexOf(waiting), 1);
      resolve(entry(outcome));
    };
    const give = (): void => end('cancelled');
    const waiting: WaitingJob = {
      id: state.nextId('job'),
      run,
      name: job,
      environment: record,
      since: state.now(),
      decide: end,
    };
    signal.addEventListener('abort', give, { once: true });
    state.waitingJobs.push(waiting);
    for (const listener of state.waitingListeners) listener({ run, job, environment: record.name });
  });
}

/** The deployment that GitHub keeps of a job by itself. @returns ends it */
function deploymentOf(state: State, run: Run, environment: EnvironmentRecord): EnvironmentEntry['finish'] {
  const record: DeploymentRecord = {
    ...{ id: state.nextId('deployment'), repository: run.repository, sha: run.headSha, ref: run.headBranch, task: 'deploy' },
    ...{ payload: {}, environment: environment.name, description: null, creator: APP_LOGIN, transient: false },
    ...{ production: environment.name.toLowerCase() === 'production', createdAt: state.now(), statuses: [] },
  };
  const add = (value: string, environmentUrl: string): void => {
    const status = {
      state: value,
      description: '',
      logUrl: `https://github.com/${run.repository.fullName}/actions/runs/${run.id}`,
    };
    const made = { id: state.nextId('deploymentStatus'), creator: APP_LOGIN, createdAt: state.now() };
    record.statuses.push({ ...made, ...status, environmentUrl });
  };
  state.deployments.push(record);
  add('in_progress', '');
  return (conclusion: Conclusion, url: string) => add(conclusion === 'success' ? 'success' : 'failure', url);
}

/**
 * Decides on every job of a run that waits for one of the environments.
 * @throws GitHubError as the API refuses: nobody waits, or the person may not decide
 */
export function reviewDeployments(
  state: State,
  run: Run,
  { ids, outcome, by }: { readonly ids: readonly number[]; readonly outcome: 'approved' | 'rejected'; readonly by: string },
): void {
  const waiting = state.waitingJobs.filter((job) => job.run.id === run.id && ids.includes(job.environment.id));
  if (waiting.length === 0) throw new GitHubError(422, 'No pending deployment requests to approve or reject');
  for (const { environment } of waiting) {
    if (mayReview(environment, run, by)) continue;
    throw new GitHubError(422, `There was a problem approving one of the gates: ${by} may not review ${environment.name}`);
  }
  for (const job of waiting) job.decide(outcome);
}

export function mayReview(environment: EnvironmentRecord, run: Run, login: string): boolean {
  return environment.reviewers.includes(login) && !(environment.preventSelfReview && run.actor === login);
}
