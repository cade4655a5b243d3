import { randomUUID } from 'node:crypto';
import type { GitHub as Octokit } from '@actions/github/lib/utils';
import { toolVersion } from '../core/version.js';

/** GitHub's REST API, with retries and back-off. */
export type GitHubClient = InstanceType<typeof Octokit>;

/** The repository that a call is about. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

export interface ClientOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly log: (line: string) => void;
  /** Milliseconds before the first retry; grows with the square of the attempt. */
  readonly retryAfterBase?: number;
}

/** A request is not sent again when GitHub said that it is wrong: the next answer would be the same. */
const FINAL_STATUSES = [400, 401, 403, 404, 410, 413, 422, 451];
const RETRIES = 3;

/**
 * The throttling plugin spaces writes by one second, and releases by three, for programs that send hundreds. A step sends
 * a dozen at most, and waits where GitHub asks for it.
 */
const UNSPACED = { key: () => ({ schedule: (_options: object, task: () => Promise<void>) => task() }) };

/**
 * The one place that makes a client. It retries what may pass (5xx, 429, dropped connections), waits where GitHub asks
 * for it, and is imported late: the library weighs half a megabyte.
 */
export async function createClient(options: ClientOptions): Promise<GitHubClient> {
  const [{ GitHub }, { retry }, { throttling }] = await Promise.all([
    import('@actions/github/lib/utils'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
  ]);
  const onLimit =
    (kind: string) =>
    (retryAfter: number, request: { method: string; url: string }, _octokit: unknown, retryCount: number): boolean => {
      options.log(`GitHub's ${kind} limit is reached at ${request.method} ${request.url}; it asks to wait ${retryAfter} s.`);
      return retryCount < RETRIES;
    };
  const Client = GitHub.plugin(retry, throttling);
  return new Client({
    auth: `token ${options.token}`,
    baseUrl: options.apiUrl,
    userAgent: `mlops-actions/${toolVersion()}`,
    // Not as a default of each request: the plugin would then send again what it was told not to.
    retry: {
      retries: RETRIES,
      doNotRetry: FINAL_STATUSES,
      ...(options.retryAfterBase !== undefined && { retryAfterBaseValue: options.retryAfterBase }),
    },
    throttle: {
      // A queue of its own: otherwise every client of a process waits for the writes of all others.
      id: randomUUID(),
      // The plugin types these as its queue library's whole class, of which it uses this much.
      write: UNSPACED as never,
      notifications: UNSPACED as never,
      onRateLimit: onLimit('rate'),
      onSecondaryRateLimit: onLimit('secondary rate'),
      ...(options.retryAfterBase !== undefined && {
        retryAfterBaseValue: options.retryAfterBase,
        fallbackSecondaryRateRetryAfter: 1,
      }),
    },
    log: { debug: () => {}, info: () => {}, warn: options.log, error: () => {} },
  });
}

/** `owner/name` in its two parts. */
export function repositoryName(fullName: string): RepositoryName {
  const [owner = '', repo = ''] = fullName.split('/');
  return { owner, repo };
}
