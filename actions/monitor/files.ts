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

export interface LabelFiles {
  readonly files: readonly SourceFile[];
  /** The columns that tell whose label it is. */
  readonly key: readonly string[];
  /** Why there are no files: labels come late, so that is no mistake by itself. */
  readonly problem?: string;
}

/** The files of late labels; undefined when there are none to expect. @throws UserError when files that the workflow names are not there */
export function labelFiles(
  given: readonly string[],
  spec: Spec,
  { directory, workspace, locate }: Place,
): LabelFiles | undefined {
  const labels = spec.monitor?.labels;
  const key = [labels?.key ?? spec.data.key ?? 'mlops_id'].flat();
  const location = locate(['monitor', 'labels', 'path']);
  if (given.length > 0) return { files: resolveSources(given, directory, location), key };
  if (!labels) return undefined;
  try {
    return { files: resolveSources([labels.path], directory, location, workspace), key };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { files: [], key, problem: `No labels: ${messageOf(error)}` };
  }
}
