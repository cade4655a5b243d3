import { join } from 'node:path';
import { createClient, repositoryName } from '../github/client.js';
import type { RunnerServices } from '../runner/services.js';
import { workDirectory } from '../runner/work-directory.js';
import type { CandidateSource } from './candidate.js';

/**
 * The candidates of this repository's runs.
 * @param directory the model's folder
 * @returns undefined outside of GitHub Actions, or without a token
 */
export async function connectCandidates(
  { environment, artifacts, log }: Pick<RunnerServices, 'environment' | 'artifacts' | 'log'>,
  token: string | undefined,
  directory: string,
): Promise<CandidateSource | undefined> {
  if (!environment.repository || !token) return undefined;
  return {
    client: await createClient({ token, apiUrl: environment.apiUrl, log }),
    repository: repositoryName(environment.repository),
    log,
    artifacts,
    token,
    directory: join(workDirectory(directory), 'models'),
    ...(environment.runId !== undefined && { ownRunId: environment.runId }),
  };
}
