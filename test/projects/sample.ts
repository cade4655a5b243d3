import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A sample repository: `main/` holds its files on main, `pull-request/` those that the pull request changes, and
 * sample.ts what cannot be committed here: how its data is made.
 */
export interface Sample {
  readonly title: string;
  readonly branch: string;
  /** Makes the data in a repository that holds the files of `main/`. */
  prepare(directory: string): Promise<void>;
}

/** A file of the npm package vega-datasets (real data, BSD-3). */
export function vegaDataset(file: string): string {
  return fileURLToPath(new URL(`../../node_modules/vega-datasets/data/${file}`, import.meta.url));
}

/** The folder of a sample, or undefined when there is none of that name. */
export function sampleDirectory(name: string): string | undefined {
  const directory = fileURLToPath(new URL(`./${name}/`, import.meta.url));
  return /^[a-z0-9-]+$/.test(name) && existsSync(join(directory, 'sample.ts')) ? directory : undefined;
}
