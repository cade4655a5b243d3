import type { Comparison, GateOutcome } from '../../shared/evaluation/comparison.js';
import { outcomeOf } from '../../shared/evaluation/gates.js';
import { formatGate, parseGate } from '../../shared/spec/gates.js';
import { better, firstModel } from '../shared/report/fixtures.js';

export interface Judged {
  readonly model: string;
  readonly candidate: string;
  /** Digest and reference; without one it is the first model. */
  readonly champion?: { readonly digest: string; readonly reference: string };
  /** The lines of the spec with what was found. */
  readonly gates: Readonly<Record<string, GateOutcome>>;
}

/** A comparison as "compare" would have written it of these two models. */
export function comparisonOf({ model, candidate, champion, gates }: Judged): Comparison {
  const base = champion ? better : firstModel;
  const results = Object.entries(gates).map(([text, outcome]) => ({
    ...{ text, outcome, ...formatGate(parseGate(text)) },
    ...(outcome === 'skipped' ? { note: 'there is no champion to compare with yet' } : { value: 0.01 }),
  }));
  const gatesOutcome = outcomeOf(results);
  return {
    ...base,
    ...{ model, gates: results, gatesOutcome, blocked: gatesOutcome === 'fail' },
    candidate: { ...base.candidate, digest: candidate },
    ...(champion && { champion: { ...better.champion!, ...champion } }),
  };
}
