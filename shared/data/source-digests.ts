import { sha256OfFile } from '../core/file-digest.js';
import type { Json } from '../core/json.js';
import type { LoadedSpec } from '../spec/load.js';
import { resolveSources, type SourceFile } from './sources.js';

export interface SourcePlace {
  readonly directory: string;
  readonly workspace: string;
  /** Files or globs that take the place of `data.path`. */
  readonly data: readonly string[];
}

/**
 * The data for a fingerprint: format and bytes of every file. Names do not count, and neither does how often a file is named.
 * @throws UserError for data files that cannot be
 */
export async function sourceDigests(loaded: LoadedSpec, place: SourcePlace): Promise<Json> {
  return Promise.all(filesOf(loaded, place).map(async ({ path, format }) => [format, await sha256OfFile(path)]));
}

/** What the files are called, for results that show it. */
export function sourceNames(loaded: LoadedSpec, place: SourcePlace): readonly string[] {
  return filesOf(loaded, place).map(({ display }) => display);
}

function filesOf({ spec, locate }: LoadedSpec, place: SourcePlace): readonly SourceFile[] {
  const given = place.data.length > 0;
  return resolveSources(
    given ? place.data : [spec.data.path].flat(),
    place.directory,
    locate(['data', 'path']),
    given ? undefined : place.workspace,
  );
}
