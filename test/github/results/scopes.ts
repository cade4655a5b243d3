import type { State } from '../state.js';
import type { Run } from '../types.js';

/** What of a repository's cache a run may use: entries of `read` in that order; new ones belong to `write`. */
export interface CacheScopes {
  readonly read: readonly string[];
  readonly write: string | undefined;
}

/** Anyone can cause these to run with the default branch's code, so they may read what they must not poison. */
const READ_ONLY_EVENTS = new Set(['pull_request_target', 'issue_comment']);

/**
 * A run sees the entries of its own ref, then of a pull request's base branch, then of the default branch; what it
 * saves belongs to its ref. So what a pull request saves (`refs/pull/N/merge`) helps nobody else.
 */
export function cacheScopes(state: State, run: Run): CacheScopes {
  const { ref, lowTrust } = state.run(run.id);
  const number = /^refs\/pull\/(\d+)\/merge$/.exec(ref)?.[1];
  const pullRequest = number === undefined ? undefined : state.pullRequest(run.repository, Number(number));
  const base = pullRequest === undefined ? [] : [`refs/heads/${pullRequest.current.base.ref}`];
  const read = new Set([ref, ...base, `refs/heads/${run.repository.defaultBranch}`]);
  const readOnly = READ_ONLY_EVENTS.has(run.event) || lowTrust;
  return { read: [...read], write: readOnly ? undefined : ref };
}
