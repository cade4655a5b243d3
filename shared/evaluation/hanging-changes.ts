import type { Pair } from './pair.js';
import { type ClassSample, predictedClasses } from './sample.js';
import { effectiveNumber } from './statistics.js';
import { addUp, type Confusion, decisionFormula, emptyConfusion } from './threshold-metrics.js';

/**
 * On how many changed decisions, as if all weighed the same, the difference of a metric of decided classes hangs: the
 * effective number (sum |h|)² / sum h² of their effects h, where the effect is what the candidate's value would lose if it
 * decided as the champion does. For the accuracy it is the number of rows that only one model gets right; a few rows of
 * a rare class bring it down for averages over classes. With blocks it is the effective number of blocks.
 * @returns 0 where no change has an effect, undefined for a metric of another kind or a pair without champion
 */
export function hangingChanges(
  name: string,
  pair: Pair,
  thresholds?: { readonly candidate?: number | undefined; readonly champion?: number | undefined },
): number | undefined {
  const formula = decisionFormula(name);
  if (!formula || !pair.champion) return undefined;
  const candidate = pair.candidate as ClassSample;
  const { classes, labels } = candidate;
  const own = predictedClasses(candidate, thresholds?.candidate);
  const other = predictedClasses(pair.champion as ClassSample, thresholds?.champion);
  const confusion = emptyConfusion(classes);
  const { weights } = pair;
  for (let row = 0; row < labels.length; row++) confusion.cells[labels[row]! * classes + own[row]!]! += weights?.[row] ?? 1;
  const valueAt = ({ cells }: Pick<Confusion, 'cells'>): number => {
    confusion.cells.set(cells);
    addUp(confusion);
    return formula(confusion);
  };
  const cells = confusion.cells.slice();
  const value = valueAt({ cells });
  const effects = new Map<number, number>();
  const effectOf = (label: number, decision: number, before: number): number => {
    const key = (label * classes + decision) * classes + before;
    const known = effects.get(key);
    if (known !== undefined) return known;
    const changed = cells.slice();
    changed[label * classes + decision]!--;
    changed[label * classes + before]!++;
    const effect = value - valueAt({ cells: changed });
    effects.set(key, effect);
    return effect;
  };
  const sums = new Float64Array(pair.blocks?.count ?? labels.length);
  for (let row = 0; row < labels.length; row++) {
    if (own[row] === other[row]) continue;
    sums[pair.blocks?.of[row] ?? row]! += (weights?.[row] ?? 1) * effectOf(labels[row]!, own[row]!, other[row]!);
  }
  return effectiveNumber(sums);
}
