import type { GitHubClient, RepositoryName } from './client.js';
import { attempt } from './errors.js';

/** A workflow run, as far as trust in its artifacts, and what it took, need it. Times are ISO 8601. */
export interface WorkflowRun {
  readonly id: number;
  readonly workflowId: number;
  /** `name:` of its workflow. */
  readonly workflow: string;
  readonly event: string;
  readonly headBranch: string | null;
  readonly headSha: string;
  readonly headRepositoryId: number | undefined;
  /** `owner/name`; undefined when the fork is gone. */
  readonly headRepository: string | undefined;
  readonly repositoryId: number;
  /** `completed`, `in_progress`, `queued`, or `waiting` for somebody's approval. */
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly url: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A job of a run; of a job that waits or was skipped the times say nothing. */
export interface RunJob {
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly startedAt: string;
  /** Absent while it runs. */
  readonly completedAt?: string;
}

type ApiRun = Awaited<ReturnType<GitHubClient['rest']['actions']['getWorkflowRun']>>['data'];

export async function getRun(client: GitHubClient, repository: RepositoryName, runId: number): Promise<WorkflowRun> {
  const { data } = await reading(`read run ${runId}`, () =>
    client.rest.actions.getWorkflowRun({ ...repository, run_id: runId }),
  );
  return runOf(data);
}

/** The runs of a workflow that were made since then, newest first. @param since ISO 8601 */
export async function runsOfWorkflow(
  client: GitHubClient,
  repository: RepositoryName,
  workflowId: number,
  since: string,
): Promise<readonly WorkflowRun[]> {
  const runs = await reading('list the runs of this workflow', () =>
    client.paginate(client.rest.actions.listWorkflowRuns, {
      ...repository,
      ...{ workflow_id: workflowId, created: `>=${since}`, exclude_pull_requests: true, per_page: 100 },
    }),
  );
  return runs.map(runOf);
}

/** The jobs of all attempts of a run. */
export async function jobsOfRun(client: GitHubClient, repository: RepositoryName, runId: number): Promise<readonly RunJob[]> {
  const jobs = await reading(`list the jobs of run ${runId}`, () =>
    client.paginate(client.rest.actions.listJobsForWorkflowRun, { ...repository, run_id: runId, filter: 'all', per_page: 100 }),
  );
  return jobs.map(({ name, status, conclusion, started_at: startedAt, completed_at: completedAt }) => ({
    ...{ name, status, conclusion, startedAt },
    ...(completedAt && { completedAt }),
  }));
}

function reading<T>(what: string, call: () => Promise<T>): Promise<T> {
  return attempt({ what, permission: 'actions: read', fromFork: false }, call);
}

function runOf(data: ApiRun): WorkflowRun {
  return {
    id: data.id,
    workflowId: data.workflow_id,
    workflow: data.name ?? '',
    event: data.event,
    headBranch: data.head_branch,
    headSha: data.head_sha,
    headRepositoryId: data.head_repository?.id,
    headRepository: data.head_repository?.full_name,
    repositoryId: data.repository.id,
    status: data.status,
    conclusion: data.conclusion,
    url: data.html_url,
    createdAt: data.created_at,
    updatedAt: data.updated_at,
  };
}
