import { join, posix } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { type ActionSpec, readAction } from './action.js';
import type { Origin } from './origin.js';
import type { RunContext } from './run-context.js';

/** What a `uses:` of a step names. */
export type Reference =
  | { readonly kind: 'checkout' }
  /** In the workspace: only known when the step runs. */
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'origin'; readonly origin: Origin; readonly path: string; readonly ref: string | undefined };

/**
 * Resolves `uses:` of a step: `./path`, `$/path`, `<project's slug>/path@ref` and `actions/checkout@ref`.
 * @throws UserError for anything else, which would have to be downloaded.
 */
export function resolveUses(uses: string, origin: Origin, run: RunContext): Reference {
  if (uses.startsWith('./')) return { kind: 'local', path: posix.normalize(uses) };
  if (uses.startsWith('$/')) return { kind: 'origin', origin, path: selfPath(uses), ref: undefined };
  if (uses.startsWith('docker://')) throw new UserError(`uses: ${uses}: Docker is not available in this runner`);
  const match = /^([^/@\s]+\/[^/@\s]+)((?:\/[^@\s]+)?)@(\S+)$/.exec(uses);
  if (!match) {
    throw new UserError(`uses: ${uses}: expected './path', '$/path' or 'owner/name/path@ref'`);
  }
  const [, slug, path, ref] = match as unknown as [string, string, string, string];
  if (slug.toLowerCase() === 'actions/checkout') return { kind: 'checkout' };
  if (slug.toLowerCase() === run.project.slug.toLowerCase()) {
    return { kind: 'origin', origin: run.project, path: path.replace(/^\//, '') || '.', ref };
  }
  throw new UserError(
    `uses: ${uses}: not available offline; accepted: actions/checkout, ${run.project.slug} and local actions`,
  );
}

/** The path of `$/path`, which stays in its repository. @throws UserError */
export function selfPath(uses: string): string {
  const path = posix.normalize(uses.slice(2));
  if (path.startsWith('..') || path.startsWith('/')) throw new UserError(`uses: ${uses}: the path leaves the repository`);
  if (path.includes('@')) throw new UserError(`uses: ${uses}: '$/' takes no '@ref', it is always the running commit`);
  return path;
}

/** Reads the action that a reference names; for a local one the workspace must hold it by now. */
export async function loadAction(
  reference: Exclude<Reference, { kind: 'checkout' }>,
  uses: string,
  place: { readonly workspace: string; readonly source: Origin },
): Promise<ActionSpec> {
  if (reference.kind === 'local') return readAction(join(place.workspace, reference.path), uses, place.source);
  return readAction(join(await reference.origin.folder(), reference.path), uses, reference.origin);
}
