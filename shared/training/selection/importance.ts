import { Random } from '../../core/random.js';
import type { Labels } from '../../data/table.js';
import type { Matrix } from '../../features/plan.js';
import type { TrainedModel } from '../trainer.js';
import { lossOf, type ValidationRows } from './loss.js';

/** Separate the shuffles' random numbers from other uses of the seed. */
const PERMUTATION_STREAM = 0x9e;
const LABEL_STREAM = 0x1ab;

/** Shuffles of every feature; the mean of their losses counts. */
const SHUFFLES = 3;

/** Most validation rows that are shuffled. */
const MOST_ROWS = 20_000;

/**
 * How much worse the model is on validation rows whose values of one feature are those of other rows; never below 0.
 * Source: Breiman, "Random Forests" (2001), section 10, in the form of Fisher, Rudin and Dominici (2019).
 * @returns a weight a column
 */
export function permutationImportance(model: TrainedModel, validation: ValidationRows, seed: number): Float64Array {
  const rows = sampleRows(validation);
  const usual = lossOf(model, rows);
  const random = new Random(seed, PERMUTATION_STREAM);
  const orders = Array.from({ length: SHUFFLES }, () => shuffled(rows.matrix.rows, random));
  return Float64Array.from(rows.matrix.columns, ({ values }, at) => {
    let sum = 0;
    for (const order of orders) {
      const moved = Float32Array.from(order, (row) => values[row]!);
      const columns = rows.matrix.columns.map((column, index) => (index === at ? { ...column, values: moved } : column));
      sum += lossOf(model, { ...rows, matrix: { rows: rows.matrix.rows, columns } });
    }
    return Math.max(0, sum / SHUFFLES - usual);
  });
}

/** Trainings on shuffled targets: a feature that beats all of them does so by chance in less than 5 of 100 cases. */
export const NULL_RUNS = 20;

/**
 * The largest weight that each feature has in models of shuffled targets, which no feature knows anything of.
 * Source: Altmann and others, "Permutation importance: a corrected feature importance measure" (2010).
 * @param train a training as the real one, with other targets
 */
export async function nullImportance(
  labels: Labels,
  columns: number,
  seed: number,
  train: (labels: Labels, run: number) => Promise<TrainedModel>,
): Promise<Float64Array> {
  const largest = new Float64Array(columns);
  const random = new Random(seed, LABEL_STREAM);
  for (let run = 0; run < NULL_RUNS; run++) {
    const { importance } = await train(shuffleLabels(labels, random), run);
    for (let column = 0; column < columns; column++) largest[column] = Math.max(largest[column]!, importance[column]!);
  }
  return largest;
}

function shuffleLabels(labels: Labels, random: Random): Labels {
  const order = shuffled(labels.values.length, random);
  return labels.task === 'regression'
    ? { ...labels, values: Float64Array.from(order, (row) => labels.values[row]!) }
    : { ...labels, values: Int32Array.from(order, (row) => labels.values[row]!) };
}

/** All rows in a random order (Fisher and Yates). */
function shuffled(rows: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  for (let last = rows - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
  return order;
}

/** Rows evenly over all of them, so that no part of the time is left out. */
function sampleRows(validation: ValidationRows): ValidationRows {
  const { matrix, labels, weights } = validation;
  if (matrix.rows <= MOST_ROWS) return validation;
  const rows = Uint32Array.from({ length: MOST_ROWS }, (_, index) => Math.floor((index * matrix.rows) / MOST_ROWS));
  return {
    matrix: pickRows(matrix, rows),
    labels:
      labels.task === 'regression'
        ? { ...labels, values: Float64Array.from(rows, (row) => labels.values[row]!) }
        : { ...labels, values: Int32Array.from(rows, (row) => labels.values[row]!) },
    weights: weights && Float64Array.from(rows, (row) => weights[row]!),
  };
}

function pickRows({ columns }: Matrix, rows: Uint32Array): Matrix {
  return {
    rows: rows.length,
    columns: columns.map((column) => ({ ...column, values: Float32Array.from(rows, (row) => column.values[row]!) })),
  };
}
