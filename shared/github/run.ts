import type { GitHubClient, RepositoryName } from './client.js';
import { attempt } from './errors.js';

/** A workflow run, as far as trust in its artifacts needs it. */
export interface WorkflowRun {
  readonly id: number;
  /** `name:` of its workflow. */
  readonly workflow: string;
  readonly event: string;
  readonly headBranch: string | null;
  readonly headSha: string;
  readonly headRepositoryId: number | undefined;
  /** `owner/name`; undefined when the fork is gone. */
  readonly headRepository: string | undefined;
  readonly repositoryId: number;
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly url: string;
}

export async function getRun(client: GitHubClient, repository: RepositoryName, runId: number): Promise<WorkflowRun> {
  const { data } = await attempt({ what: `read run ${runId}`, permission: 'actions: read', fromFork: false }, () =>
    client.rest.actions.getWorkflowRun({ ...repository, run_id: runId }),
  );
  return {
    id: data.id,
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
  };
}
