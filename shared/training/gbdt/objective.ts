import { UserError } from '../../core/errors.js';
import type { Labels } from '../../data/table.js';
import type { SpecialObjective } from '../trainer.js';
import { weightedQuantile } from './weighted-quantile.js';

/** A class that no row has gets the score of this probability. */
const MIN_PROBABILITY = 1e-15;

const MAX_FLOAT32 = 3.4028234663852886e38;

/** Where boosting starts, and what it can learn. */
export interface Objective {
  /** The best constant score of each output (32-bit floats): the prior or the mean. */
  readonly base: Float64Array;
  /** Whether the rows say anything about this output: false for a class that no row has. */
  learns(output: number): boolean;
  /** The level whose quantile of what is left is a leaf's value; absent: the value that derivatives give. */
  readonly leafQuantile?: number;
}

/**
 * The objective of the task on the training rows.
 * @param special another loss than that of the task, for regression
 * @throws UserError when a target exceeds 32-bit floats, or cannot be for the objective
 */
export function objectiveOf(labels: Labels, weights: Float64Array | undefined, special?: SpecialObjective): Objective {
  checkLabels(labels);
  if (labels.task === 'regression') {
    if (special?.name === 'quantile') {
      const base = Float64Array.of(Math.fround(weightedQuantile(labels.values, weights, special.alpha)));
      return { base, learns: () => true, leafQuantile: special.alpha };
    }
    if (special?.name === 'poisson') checkCounts(labels.values);
    let sum = 0;
    const total = totalOf(labels.values.length, weights);
    for (let row = 0; row < labels.values.length; row++) sum += (labels.values[row]! * (weights?.[row] ?? 1)) / total;
    return { base: Float64Array.of(Math.fround(special?.name === 'poisson' ? Math.log(sum) : sum)), learns: () => true };
  }
  const shares = sharesOf(labels, weights);
  const learns = (share: number): boolean => share > MIN_PROBABILITY && share < 1 - MIN_PROBABILITY;
  if (labels.task === 'binary') {
    const prior = Math.min(1 - MIN_PROBABILITY, Math.max(MIN_PROBABILITY, shares[1]!));
    const base = Float64Array.of(Math.fround(Math.log(prior / (1 - prior))));
    return { base, learns: () => learns(prior) };
  }
  return {
    base: shares.map((share) => Math.fround(Math.log(Math.max(MIN_PROBABILITY, share)))),
    learns: (output) => learns(shares[output]!),
  };
}

function checkLabels(labels: Labels): void {
  if (labels.task !== 'regression') {
    const classes = labels.classes.length;
    const strange = labels.values.find((value) => value < 0 || value >= classes);
    if (strange !== undefined) throw new Error(`a training row has the class ${strange} of ${classes}`);
    return;
  }
  for (const value of labels.values) {
    if (Number.isNaN(value)) throw new Error('a training row has no target');
    if (Math.abs(value) > MAX_FLOAT32) {
      throw new UserError(
        `target: found ${value}, but models hold 32-bit floats (up to 3.4e38 in size); rescale the target or leave the row out`,
      );
    }
  }
}

function checkCounts(values: Float64Array): void {
  const negative = values.find((value) => value < 0);
  if (negative !== undefined)
    throw new UserError(
      `train.objective: poisson needs targets of 0 and above, and found ${negative}; use objective: regression, or leave the row out (data.where)`,
    );
  if (values.every((value) => value === 0))
    throw new UserError('train.objective: poisson has nothing to learn, since every target of the train part is 0');
}

const totalOf = (rows: number, weights: Float64Array | undefined): number =>
  weights ? weights.reduce((sum, weight) => sum + weight, 0) : rows;

/** The share of each class, by weight. */
function sharesOf(labels: Labels & { readonly classes: readonly string[] }, weights: Float64Array | undefined): Float64Array {
  const counts = new Float64Array(labels.classes.length);
  for (let row = 0; row < labels.values.length; row++) counts[labels.values[row]!]! += weights ? weights[row]! : 1;
  const total = totalOf(labels.values.length, weights);
  return counts.map((count) => count / total);
}
