import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Location, messageOf, UserError } from '../../shared/core/errors.js';
import { resolveSources, type SourceFile } from '../../shared/data/sources.js';
import type { Spec } from '../../shared/spec/schema.js';

export interface Place {
  /** The working directory. */
  readonly directory: string;
  readonly workspace: string;
  readonly locate: (path: readonly (string | number)[]) => Location;
}

/**
 * The files of the traffic log. A folder is one that a server writes into: below it lie the models.
 * @param given by the workflow, which may name any file of this machine; a spec's path stays in the workspace
 * @throws UserError when there are none
 */
export function trafficFiles(
  given: readonly string[],
  spec: Spec,
  { directory, workspace, locate }: Place,
): readonly SourceFile[] {
  const paths = given.length > 0 ? given : spec.monitor?.traffic === undefined ? [] : [spec.monitor.traffic];
  const location = locate(['monitor', 'traffic']);
  if (paths.length === 0) {
    throw new UserError({
      message:
        'no traffic is named: add monitor.traffic (the folder of the server\'s log, such as traffic), or the input "traffic" of this step',
      location,
    });
  }
  const patterns = paths.map((path) => {
    const folder = resolve(directory, path);
    if (!isFolder(folder)) return path;
    return isFolder(join(folder, spec.name)) ? join(path, spec.name, '**/*.parquet') : join(path, '**/*.parquet');
  });
  let files: readonly SourceFile[];
  try {
    files = resolveSources(patterns, directory, location, given.length > 0 ? undefined : workspace);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [problem] = error.problems;
    throw new UserError(
      {
        message: `no traffic: ${problem?.message ?? messageOf(error)}; the server writes its log where MLOPS_SERVER_TRAFFIC says, and a step before this one brings it here`,
        location: problem?.location ?? location,
      },
      { cause: error },
    );
  }
  const other = files.find(({ format }) => format !== 'parquet');
  if (!other) return files;
  throw new UserError({
    message: `a ${other.format} file is no traffic log; the log is the Parquet files that the server writes`,
    location: { file: other.display },
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The files of late labels, and the columns that tell whose they are; undefined when there are none to expect. */
export function labelFiles(
  given: readonly string[],
  spec: Spec,
  { directory, workspace, locate }: Place,
): { readonly files: readonly SourceFile[]; readonly key: readonly string[] } | undefined {
  const labels = spec.monitor?.labels;
  const paths = given.length > 0 ? given : labels === undefined ? [] : [labels.path];
  if (paths.length === 0) return undefined;
  const location = locate(['monitor', 'labels', 'path']);
  const files = resolveSources(paths, directory, location, given.length > 0 ? undefined : workspace);
  return { files, key: [labels?.key ?? spec.data.key ?? 'mlops_id'].flat() };
}
