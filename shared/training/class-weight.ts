import { UserError } from '../core/errors.js';
import type { Labels } from '../data/table.js';
import { type LabelledRows, withMeanOne } from './labelled.js';

/** `balanced`, or a weight a class; a class that is not named weighs 1. */
export type ClassWeight = 'balanced' | Readonly<Record<string, number>>;

/**
 * The weight of each class, in the labels' order. `balanced`: rows / (classes · rows of the class), as scikit-learn has it,
 * by counts, so that it multiplies with the weights of rows.
 * @throws UserError when a class is named that the target does not have
 */
export function classWeights(given: ClassWeight, labels: Labels): Float64Array {
  if (labels.task === 'regression') throw new Error('regression has no classes');
  const { classes, values } = labels;
  if (given !== 'balanced') {
    const unknown = Object.keys(given).find((name) => !classes.includes(name));
    if (unknown !== undefined)
      throw new UserError(
        `train.class_weight: found ${JSON.stringify(unknown)}, expected the classes of the target: ${classes.slice(0, 20).join(', ')}`,
      );
    return Float64Array.from(classes, (name) => (Object.hasOwn(given, name) ? given[name]! : 1));
  }
  const counts = new Float64Array(classes.length);
  for (const value of values) counts[value]!++;
  const seen = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? values.length / (seen * count) : 1));
}

/**
 * Rows whose weights are multiplied by those of their classes, of mean 1 again.
 * @param part the part's name, for messages
 * @throws UserError when all weigh 0 then
 */
export function weighClasses(rows: LabelledRows, weights: Float64Array, part: string): LabelledRows {
  const { labels } = rows;
  const own = Float64Array.from(labels.values, (label, row) => weights[label]! * (rows.weights?.[row] ?? 1));
  const all = Uint32Array.from(own, (_, row) => row);
  return { ...rows, weights: withMeanOne(own, all, part, 'train.class_weight') };
}
