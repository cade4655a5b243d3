import { join } from 'node:path';
import { UserError } from '../core/errors.js';
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

/**
 * The same for a study, whose trials of other jobs are nowhere else.
 * @throws UserError in GitHub Actions without a token: the study would begin anew each time
 */
export async function connectStudy(
  services: Parameters<typeof connectCandidates>[0],
  token: string | undefined,
  directory: string,
): Promise<CandidateSource | undefined> {
  if (services.environment.repository && !token)
    throw new UserError(
      'Input "github-token" is empty: the trials of other jobs and runs are in artifacts, which are read with the token of the job.',
    );
  return connectCandidates(services, token, directory);
}
