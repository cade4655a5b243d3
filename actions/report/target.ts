import { UserError } from '../../shared/core/errors.js';
import type { GitHubClient, RepositoryName } from '../../shared/github/client.js';
import { pullRequestsOfRun } from '../../shared/github/pull-request.js';
import type { WorkflowRun } from '../../shared/github/run.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';

/** Where a result is posted, and under which name. Nothing of it comes from the result. */
export interface Target {
  /** The workflow whose result it is; with the model's name it identifies the comment. */
  readonly workflow: string;
  readonly pullRequest?: number;
  readonly headSha?: string;
  readonly runUrl?: string;
  /** The fork (`owner/name`) whose run made the result. */
  readonly fork?: string;
  /** The token can only read, since the present run is a fork's own. */
  readonly readOnly: boolean;
  /** Why something is not posted. */
  readonly notices: readonly string[];
}

/** The pull request, or the commit, that the present run is about. */
export function targetOfEvent({ workflow, pullRequest, headSha, runUrl }: RunEnvironment): Target {
  return {
    workflow,
    ...(pullRequest && { pullRequest: pullRequest.number }),
    ...(headSha !== undefined && { headSha }),
    ...(runUrl !== undefined && { runUrl }),
    readOnly: pullRequest?.fromFork ?? false,
    notices: [],
  };
}

/** Events whose runs may leave a result to be posted by a later one. */
const REPORTED_EVENTS: readonly string[] = ['pull_request', 'push', 'schedule', 'workflow_dispatch', 'repository_dispatch'];

/**
 * The pull request, or the commit, that another run was about, by what GitHub says of that run. When the pull request has a
 * newer commit, is closed, or cannot be told from another, its result is not posted to any.
 * @throws UserError when nothing of such a run is posted
 */
export async function targetOfRun(client: GitHubClient, repository: RepositoryName, run: WorkflowRun): Promise<Target> {
  const { id, event, workflow, headBranch, headSha, headRepository, headRepositoryId, repositoryId, url } = run;
  const isFork = headRepositoryId !== repositoryId;
  if (!REPORTED_EVENTS.includes(event) || (isFork && event !== 'pull_request'))
    throw new UserError(
      `Run ${id} was started by "${event}"${isFork ? ' of a fork' : ''}: report posts results of runs on ${REPORTED_EVENTS.join(', ')}.`,
    );
  const common = { workflow, runUrl: url, readOnly: false, ...(isFork && { fork: headRepository ?? 'a fork that is gone' }) };
  if (event !== 'pull_request') return { ...common, headSha, notices: [] };
  const numbers = await pullRequestsOfRun(client, repository, run);
  const head = `${headRepository ?? 'a repository that is gone'}:${headBranch} at ${headSha.slice(0, 7)}`;
  const [number] = numbers;
  if (number === undefined)
    return {
      ...common,
      notices: [
        `No open pull request has ${head} as its head: it was closed, or has a newer commit. Nothing is posted of run ${id}.`,
      ],
    };
  if (numbers.length > 1)
    return {
      ...common,
      headSha,
      notices: [
        `Pull requests ${numbers.map((found) => `#${found}`).join(', ')} have the same head ${head}, and nothing tells whose result ` +
          `run ${id} has made: no comment is posted.`,
      ],
    };
  return { ...common, pullRequest: number, headSha, notices: [] };
}
