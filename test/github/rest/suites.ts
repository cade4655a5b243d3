import { type State, stableNumber } from '../state.js';
import type { Repository } from '../types.js';

/** The check suite of a run. */
export function runSuiteId(runId: number): number {
  return stableNumber(`suite of run ${runId}`);
}

/** The suite that a check run on a commit falls into: that of the commit's first run, else one of the commit's own. */
export function suiteId(state: State, repository: Repository, sha: string): number {
  const run = state.runs.find(({ current }) => current.repository.id === repository.id && current.headSha === sha);
  return run === undefined ? stableNumber(`suite of ${repository.id} ${sha}`) : runSuiteId(run.current.id);
}
