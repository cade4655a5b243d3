import { messageOf, UserError } from '../../shared/core/errors.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { historyOf } from '../../shared/evaluation/history.js';
import { countArtifacts } from '../../shared/github/artifact.js';
import type { CandidateSource } from '../../shared/registry/candidate.js';
import { measuredVersions } from '../../shared/registry/measured-versions.js';
import { Registry } from '../../shared/registry/registry.js';
import { isFile, type JudgedModel } from './models.js';

/** What the repository remembers of earlier judgements. It decides nothing, so a token that may not read it leaves it out. */

/** How many candidates were judged on the same test set before. */
export function countLooks(source: CandidateSource, artifact: string): Promise<number | undefined> {
  return ifAllowed(source, 'The number of looks at this test set', () =>
    countArtifacts(source.client, source.repository, artifact),
  );
}

/** The primary metric over the registry's versions. */
export function readHistory(
  source: CandidateSource,
  { model, primary, metrics, rows, confidence }: Comparison,
  candidate: JudgedModel,
): Promise<Comparison['history']> {
  const metric = metrics.find(({ name }) => name === primary);
  if (!metric || isFile(candidate)) return Promise.resolve(undefined);
  return ifAllowed(source, 'The metric over versions', async () =>
    historyOf({
      ...{ metric, rows: rows.used, confidence, candidate },
      versions: await measuredVersions(new Registry(source, model)),
    }),
  );
}

async function ifAllowed<T>(source: CandidateSource, what: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    source.log(`${what} is left out: ${messageOf(error)}`);
    return undefined;
  }
}
