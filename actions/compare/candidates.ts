import { UserError } from '../../shared/core/errors.js';
import { incomparableReason } from '../../shared/evaluation/comparability.js';
import type { CandidateResult, Comparison } from '../../shared/evaluation/comparison.js';
import { isSameRule } from './judged-rows.js';
import type { JudgedModel } from './models.js';

/** A candidate and how the input names it. */
export interface NamedCandidate {
  readonly name: string;
  readonly model: JudgedModel;
}

/** Each is scored and judged in turn, and every one more makes all the intervals wider. */
const MOST_CANDIDATES = 20;

/** @throws UserError for a candidate that is named twice, and for too many */
export function assertNames(names: readonly string[]): void {
  if (names.length > MOST_CANDIDATES)
    throw new UserError(
      `Input "candidate" names ${names.length} candidates; at most ${MOST_CANDIDATES} are judged in one table. A search among more is what "tune-plan" is for.`,
    );
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new UserError(`Input "candidate" names ${JSON.stringify(twice)} twice: each candidate is judged once.`);
}

/**
 * One table needs one set of rows.
 * @throws UserError when two candidates learned something else, or hold out other rows
 */
export function assertOneTestSet([first, ...others]: readonly NamedCandidate[]): void {
  for (const other of others) {
    const reason =
      incomparableReason(other.model.manifest, first!.model.manifest) ??
      (isSameRule(other.model.manifest, first!.model.manifest)
        ? undefined
        : 'they divide the rows differently, so no rows are held out by the same rule');
    if (reason !== undefined)
      throw new UserError(
        `Input "candidate": ${JSON.stringify(first!.name)} and ${JSON.stringify(other.name)} cannot stand in one table: ${reason}. ` +
          'Train them from the same data and spec, or judge them in steps of their own.',
      );
  }
}

/**
 * The confidence of each candidate's intervals, so that those of all of them hold together (Bonferroni). Whichever is chosen for
 * having come out best, its interval and its gates still mean what they say.
 */
export function confidenceOf(confidence: number, candidates: number): number {
  return candidates === 1 ? confidence : 1 - (1 - confidence) / candidates;
}

type Judged = Pick<Comparison, 'metrics' | 'primary' | 'blocked'>;

/** The one that is not blocked and has the best primary metric; of equals the first. */
export function bestOf(judged: readonly Judged[]): number {
  const metricOf = ({ metrics, primary }: Judged) => metrics.find(({ name }) => name === primary)!;
  const direction = metricOf(judged[0]!).better === 'higher' ? 1 : -1;
  const worth = (comparison: Judged): number => direction * (metricOf(comparison).candidate ?? -direction * Number.MAX_VALUE);
  let best = 0;
  for (const [index, comparison] of judged.entries()) {
    const [open, wasOpen] = [!comparison.blocked, !judged[best]!.blocked];
    if (open === wasOpen ? worth(comparison) > worth(judged[best]!) : open) best = index;
  }
  return best;
}

/** What the table says of each. */
export function candidateResults(
  candidates: readonly NamedCandidate[],
  judged: readonly Comparison[],
  best: number,
): readonly CandidateResult[] {
  return judged.map(({ candidate, metrics, primary, verdict, gates, gatesOutcome, blocked }, index) => ({
    ...{ name: candidates[index]!.name, digest: candidate.digest, best: index === best },
    ...{ metric: metrics.find(({ name }) => name === primary)!, verdict, gatesOutcome, blocked },
    failed: gates.filter(({ outcome }) => outcome === 'fail').map(({ text }) => text),
  }));
}
