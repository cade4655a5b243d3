import { UserError } from '../../shared/core/errors.js';
import type { Permissions } from '../github/types.js';
import type { YamlReader, YamlValue } from './yaml-reader.js';

type Access = 'read' | 'write' | 'none';

/** Every scope of `permissions:` with the accesses it knows. */
const SCOPES: Readonly<Record<string, readonly Access[]>> = {
  actions: ['read', 'write', 'none'],
  'artifact-metadata': ['read', 'write', 'none'],
  attestations: ['read', 'write', 'none'],
  checks: ['read', 'write', 'none'],
  contents: ['read', 'write', 'none'],
  deployments: ['read', 'write', 'none'],
  discussions: ['read', 'write', 'none'],
  'id-token': ['write', 'none'],
  issues: ['read', 'write', 'none'],
  models: ['read', 'none'],
  packages: ['read', 'write', 'none'],
  pages: ['read', 'write', 'none'],
  'pull-requests': ['read', 'write', 'none'],
  'repository-projects': ['read', 'write', 'none'],
  'security-events': ['read', 'write', 'none'],
  statuses: ['read', 'write', 'none'],
};

const RANK: Readonly<Record<Access, number>> = { none: 0, read: 1, write: 2 };

/** What a token may do where neither the job nor its workflow says so: the restricted default of new repositories. */
const DEFAULT_PERMISSIONS: Permissions = complete({ contents: 'read', packages: 'read' });

/** All scopes written out: those that are not named are `none`, metadata can always be read. */
function complete(given: Permissions): Permissions {
  const all = Object.keys(SCOPES).map((scope) => [scope, given[scope] ?? 'none'] as const);
  return Object.fromEntries([...all, ['metadata', 'read'] as const]);
}

/** Reads `permissions:` of a workflow or job: `read-all`, `write-all`, `{}` or accesses by scope. */
export function readPermissions(reader: YamlReader, value: YamlValue): Permissions {
  if (value.kind === 'scalar' && (value.value === 'read-all' || value.value === 'write-all')) {
    const wanted: Access = value.value === 'read-all' ? 'read' : 'write';
    const granted = Object.entries(SCOPES).map(([scope, accesses]) => {
      const access = accesses.includes(wanted) ? wanted : accesses.includes('read') ? 'read' : 'none';
      return [scope, access] as const;
    });
    return complete(Object.fromEntries(granted));
  }
  if (value.kind !== 'mapping') {
    reader.report(value.location, "permissions must be 'read-all', 'write-all' or a mapping of scopes to read, write or none");
    return complete({});
  }
  const given: Record<string, Access> = {};
  for (const [scope, entry] of reader.mapping(value, 'permissions', Object.keys(SCOPES))) {
    const accesses = SCOPES[scope];
    if (!accesses) continue;
    const access = reader.choice(entry.value, `permission '${scope}'`, accesses);
    if (access) given[scope] = access;
  }
  return complete(given);
}

/**
 * What a job's token may do. In a called workflow the caller's grant is the default, and the limit.
 * @throws UserError when more is asked for than the caller grants: then nothing of the run starts.
 */
export function effectivePermissions(
  workflow: Permissions | undefined,
  job: Permissions | undefined,
  caller?: { readonly grant: Permissions; readonly uses: string; readonly jobId: string },
): Permissions {
  if (!caller) return job ?? workflow ?? DEFAULT_PERMISSIONS;
  const wanted: readonly (readonly [string, Permissions | undefined])[] = [
    ['The workflow', workflow],
    [`The nested job '${caller.jobId}'`, job],
  ];
  for (const [who, permissions] of wanted) {
    const excess = Object.entries(permissions ?? {}).filter(([scope, access]) => {
      return RANK[access] > RANK[caller.grant[scope] ?? 'none'];
    });
    if (excess.length === 0) continue;
    const asked = excess.map(([scope, access]) => `${scope}: ${access}`).join(', ');
    const allowed = excess.map(([scope]) => `${scope}: ${caller.grant[scope] ?? 'none'}`).join(', ');
    throw new UserError(
      `Error calling workflow '${caller.uses}'. ${who} is requesting '${asked}', but is only allowed '${allowed}'.`,
    );
  }
  return job ?? workflow ?? caller.grant;
}
