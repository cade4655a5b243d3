import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { sha256 } from './json.js';

declare const MLOPS_ACTIONS_VERSION: string | undefined;

/** The version of this project, which build.mjs writes into the bundles; `dev` when the source runs as it is. */
export function toolVersion(): string {
  return typeof MLOPS_ACTIONS_VERSION === 'string' ? MLOPS_ACTIONS_VERSION : 'dev';
}

/**
 * What runs, for fingerprints. The bundles name each other by their content, so that the one which runs stands for all; their
 * version alone may lag behind.
 */
export async function toolIdentity(): Promise<string> {
  const [, program] = process.argv;
  const version = toolVersion();
  return version === 'dev' || program === undefined || !existsSync(program)
    ? version
    : `${version} ${sha256(await readFile(program))}`;
}
