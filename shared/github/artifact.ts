import type { GitHubClient, RepositoryName } from './client.js';
import { attempt } from './errors.js';

/** An artifact with what tells where it comes from. */
export interface ListedArtifact {
  readonly id: number;
  readonly name: string;
  readonly digest?: string;
  readonly bytes: number;
  readonly expired: boolean;
  readonly createdAt: string;
  readonly runId: number;
  readonly repositoryId: number | undefined;
  readonly headRepositoryId: number | undefined;
  readonly headBranch: string | null;
}

type ApiArtifact = Awaited<ReturnType<GitHubClient['rest']['actions']['listArtifactsForRepo']>>['data']['artifacts'][number];

/** All artifacts of that exact name in the repository, newest first, a page at a time. */
export async function* artifactsByName(
  client: GitHubClient,
  repository: RepositoryName,
  name: string,
): AsyncGenerator<readonly ListedArtifact[]> {
  for (let page = 1; ; page++) {
    const { data } = await readingArtifacts(() =>
      client.rest.actions.listArtifactsForRepo({ ...repository, name, per_page: 100, page }),
    );
    yield data.artifacts.flatMap(listed).sort((a, b) => b.id - a.id);
    if (page * 100 >= data.total_count || data.artifacts.length === 0) return;
  }
}

/** How many artifacts of that exact name the repository holds. */
export async function countArtifacts(client: GitHubClient, repository: RepositoryName, name: string): Promise<number> {
  const { data } = await readingArtifacts(() => client.rest.actions.listArtifactsForRepo({ ...repository, name, per_page: 1 }));
  return data.total_count;
}

/** All artifacts of a run; of several with one name (re-runs) the newest stands first. */
export async function artifactsOfRun(
  client: GitHubClient,
  repository: RepositoryName,
  runId: number,
): Promise<readonly ListedArtifact[]> {
  const artifacts = await readingArtifacts(() =>
    client.paginate(client.rest.actions.listWorkflowRunArtifacts, { ...repository, run_id: runId, per_page: 100 }),
  );
  return artifacts.flatMap(listed).sort((a, b) => b.id - a.id);
}

function readingArtifacts<T>(call: () => Promise<T>): Promise<T> {
  return attempt({ what: "list the repository's artifacts", permission: 'actions: read', fromFork: false }, call);
}

function listed(artifact: ApiArtifact): ListedArtifact[] {
  const run = artifact.workflow_run;
  if (run?.id === undefined) return []; // Its run was deleted, so nothing tells where it comes from.
  return [
    {
      id: artifact.id,
      name: artifact.name,
      ...(artifact.digest && { digest: artifact.digest }),
      bytes: artifact.size_in_bytes,
      expired: artifact.expired,
      createdAt: artifact.created_at ?? '',
      runId: run.id,
      repositoryId: run.repository_id,
      headRepositoryId: run.head_repository_id,
      headBranch: run.head_branch ?? null,
    },
  ];
}
