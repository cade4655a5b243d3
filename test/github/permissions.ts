import { GitHubError, notFound } from './errors.js';
import { type Actor, isForkRun, type RepositoryRecord } from './state.js';
import type { Permissions, Run } from './types.js';

/** What a route asks of a token: this level in one of the scopes. */
export interface Access {
  readonly level: 'read' | 'write';
  /** As `permissions:` writes them; any one is enough. None: every token that sees the repository may. */
  readonly anyOf: readonly string[];
  /** Asked for in public repositories too, where anyone may read the rest. */
  readonly evenIfPublic?: boolean;
  /** Only GitHub Apps (so a job's token) may. */
  readonly appsOnly?: boolean;
}

const RANK = { none: 0, read: 1, write: 2 } as const;

/** Events whose runs are given the base repository's own, full token although a fork may have caused them. */
const TRUSTED_EVENTS = new Set(['pull_request_target', 'workflow_run']);

/** The permissions that a job really gets: a fork's run reads at most. */
export function grantedPermissions(run: Run, asked: Permissions): Permissions {
  if (!isForkRun(run) || TRUSTED_EVENTS.has(run.event)) return asked;
  return Object.fromEntries(Object.entries(asked).map(([scope, level]) => [scope, level === 'write' ? 'read' : level]));
}

/** Throws what GitHub answers when this actor may not do this here. */
export function assertAllowed(actor: Actor, record: RepositoryRecord, access: Access): void {
  const free = access.level === 'read' && !record.private && access.evenIfPublic !== true;
  if (actor.kind === 'anonymous') {
    if (record.private) throw notFound();
    if (!free) throw new GitHubError(401, 'Requires authentication');
    return;
  }
  if (actor.kind === 'person') {
    if (access.appsOnly === true) throw new GitHubError(403, 'You must authenticate via a GitHub App.');
    return;
  }
  const own = actor.job.job.run.repository.id === record.repository.id;
  if (!own && record.private) throw notFound();
  if (free || access.anyOf.length === 0) return;
  const granted = own && access.anyOf.some((scope) => RANK[actor.job.permissions[scope] ?? 'none'] >= RANK[access.level]);
  if (!granted) throw new GitHubError(403, 'Resource not accessible by integration');
}

/** Whether this actor may do this here. */
export function isAllowed(actor: Actor, record: RepositoryRecord, access: Access): boolean {
  try {
    assertAllowed(actor, record, access);
    return true;
  } catch (error) {
    if (error instanceof GitHubError) return false;
    throw error;
  }
}

/** The header in which GitHub names the permissions that would do, such as `issues=write; pull_requests=write`. */
export function acceptedPermissions(access: Access): string {
  return access.anyOf.map((scope) => `${scope.replaceAll('-', '_')}=${access.level}`).join('; ');
}
