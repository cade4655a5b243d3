import { messageOf, UserError } from '../core/errors.js';

/** What a call wanted, for the message when GitHub refuses. */
export interface Attempt {
  /** `post the comment`. */
  readonly what: string;
  /** The line that the job's `permissions:` need, such as `pull-requests: write`. */
  readonly permission: string;
  /** The run belongs to a pull request from a fork, whose token only ever reads. */
  readonly fromFork: boolean;
  /** What the user can do when GitHub calls the request itself invalid (422); without it that is a bug of ours. */
  readonly invalid?: string;
}

/**
 * Runs a call to GitHub and turns a refusal into advice: a missing permission and a fork's read-only token look the same
 * to the API, and need different remedies.
 */
export async function attempt<T>(details: Attempt, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw adviceFor(details, error) ?? error;
  }
}

function adviceFor({ what, permission, fromFork, invalid }: Attempt, cause: unknown): UserError | undefined {
  const status = statusOf(cause);
  if (status === 422 && invalid)
    return new UserError(`GitHub refused to ${what} (422: ${messageOf(cause)}). ${invalid}`, { cause });
  if (status === 401)
    return new UserError(
      `GitHub does not accept the token (401), so it was not possible to ${what}. Check the input "github-token".`,
      {
        cause,
      },
    );
  if (status === 403 && /rate limit/i.test(messageOf(cause)))
    return new UserError(
      `GitHub's rate limit is used up (1,000 requests an hour for the token of a job), so it was not possible to ${what}. ` +
        'Nothing is lost: run the job again later.',
      { cause },
    );
  if (status === 403 && fromFork)
    return new UserError(
      `The token of a pull request from a fork can only read, so it was not possible to ${what}. Post the result from a ` +
        'workflow on "workflow_run" instead.',
      { cause },
    );
  if (status === 403)
    return new UserError(
      `The token may not ${what} (403: ${messageOf(cause)}). Add "${permission}" to the "permissions:" of the job, ` +
        'and of the caller where the workflow is a called one.',
      { cause },
    );
  if (status === 404)
    return new UserError(
      `GitHub found nothing there (404) when trying to ${what}: the thing is gone, or the token may not see it ` +
        `("${permission}" in the "permissions:" of the job).`,
      { cause },
    );
  if (status === undefined || status >= 500 || status === 429)
    return isNetwork(cause) || status !== undefined
      ? new UserError(
          `GitHub could not be reached or is not well (${status ?? messageOf(cause)}), so it was not possible to ${what}. ` +
            'Nothing is lost: run the job again.',
          { cause },
        )
      : undefined;
  return undefined;
}

/** The HTTP status of a failed request; undefined when there was no answer, or when it was no request that failed. */
export function statusOf(error: unknown): number | undefined {
  if (error === null || typeof error !== 'object' || !('status' in error)) return undefined;
  const { status } = error;
  // The client reports a request without an answer as a 500 of its own making, without a response.
  if (status === 500 && !('response' in error && error.response)) return undefined;
  return typeof status === 'number' ? status : undefined;
}

function isNetwork(error: unknown): boolean {
  return error instanceof Error && ('status' in error || /fetch failed|ECONN|ETIMEDOUT|ENOTFOUND|socket/i.test(error.message));
}
