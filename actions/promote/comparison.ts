import { resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { artifactsOfRun } from '../../shared/github/artifact.js';
import { getRun } from '../../shared/github/run.js';
import { type CandidateSource, distrust } from '../../shared/registry/candidate.js';
import {
  listedNames,
  parseResultReference,
  readResultArtifact,
  readResultFile,
  resultArtifacts,
} from '../../shared/report/read-result.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';

export interface ComparisonPlace {
  readonly source: CandidateSource;
  readonly environment: RunEnvironment;
  /** Paths are relative to it. */
  readonly directory: string;
  /** Which of a run's results is meant, where it has several. */
  readonly model: string;
}

/**
 * Reads what `compare` has found. It is only text here: nothing of it is evaluated, and a run counts when it has executed
 * merged code alone.
 * @throws UserError when it is not there, of another kind, or of a run that is not trusted
 */
export async function readComparison(text: string, place: ComparisonPlace): Promise<Comparison> {
  const { source, environment, directory, model } = place;
  const reference = parseResultReference(text, 'comparison');
  if (reference.kind === 'path')
    return comparisonOf(await readResultFile(resolve(directory, reference.path), text, 'comparison'), text);
  const run = await getRun(source.client, source.repository, reference.runId);
  // The present run is of the branch that it is of; its event and its repository count all the same.
  const branch = run.id === source.ownRunId ? run.headBranch : environment.baseBranch;
  const reason = distrust(run, branch ?? '');
  if (reason) throw new UserError(`The comparison of run ${run.id} is not used: ${reason}.`);
  const listed = await artifactsOfRun(source.client, source.repository, run.id);
  const own = reference.artifact === undefined ? listed.filter(({ name }) => name.startsWith(`${model}-comparison-`)) : listed;
  const [artifact] = resultArtifacts(reference, own);
  if (!artifact) throw new UserError(`Run ${run.id} has no comparison of ${model}; its artifacts are: ${listedNames(listed)}.`);
  const options = { artifacts: source.artifacts, token: source.token, folder: environment.temp };
  return comparisonOf(await readResultArtifact(artifact, options), text);
}

function comparisonOf(result: Awaited<ReturnType<typeof readResultFile>>, text: string): Comparison {
  if (result.kind === 'comparison') return result;
  throw new UserError(`Input "comparison" is ${JSON.stringify(text)}, a ${result.kind}: it must be what "compare" wrote.`);
}
