declare const MLOPS_ACTIONS_VERSION: string | undefined;

/** The version of this project, which build.mjs writes into the bundles; `dev` when the source runs as it is. */
export function toolVersion(): string {
  return typeof MLOPS_ACTIONS_VERSION === 'string' ? MLOPS_ACTIONS_VERSION : 'dev';
}
