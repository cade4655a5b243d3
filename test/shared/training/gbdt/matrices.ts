import { Random } from '../../../../shared/core/random.js';
import type { Labels } from '../../../../shared/data/table.js';
import type { Matrix, MatrixColumn } from '../../../../shared/features/plan.js';
import type { TrainingInput } from '../../../../shared/training/trainer.js';

/** A matrix from rows of values; `levels` by column index marks categories. */
export function matrixOf(rows: readonly (readonly number[])[], levels: Readonly<Record<number, number>> = {}): Matrix {
  const width = rows[0]?.length ?? 0;
  return {
    rows: rows.length,
    columns: Array.from({ length: width }, (_, index): MatrixColumn => {
      const values = Float32Array.from(rows, (row) => row[index]!);
      return levels[index] === undefined ? { name: `x${index}`, values } : { name: `x${index}`, values, levels: levels[index] };
    }),
  };
}

/** The same columns without rows. */
function emptyLike(matrix: Matrix): Matrix {
  return { rows: 0, columns: matrix.columns.map((column) => ({ ...column, values: new Float32Array(0) })) };
}

/** Some rows of a matrix. */
export function pick(matrix: Matrix, rows: readonly number[]): Matrix {
  return {
    rows: rows.length,
    columns: matrix.columns.map((column) => ({ ...column, values: Float32Array.from(rows, (row) => column.values[row]!) })),
  };
}

export function binary(values: readonly number[]): Labels {
  return { task: 'binary', classes: ['no', 'yes'], values: Int32Array.from(values) };
}

export function multiclass(values: readonly number[], classes = 3): Labels {
  return {
    task: 'multiclass',
    classes: Array.from({ length: classes }, (_, index) => `c${index}`),
    values: Int32Array.from(values),
  };
}

export function regression(values: readonly number[]): Labels {
  return { task: 'regression', values: Float64Array.from(values) };
}

function emptyLabels(labels: Labels): Labels {
  return labels.task === 'regression' ? regression([]) : { ...labels, values: new Int32Array(0) };
}

/** A training input without validation rows, silent, with what the test sets. */
export function inputOf(train: Matrix, trainLabels: Labels, rest: Partial<TrainingInput> = {}): TrainingInput {
  return {
    train,
    trainLabels,
    validation: emptyLike(train),
    validationLabels: emptyLabels(trainLabels),
    seed: 42,
    progress: () => {},
    ...rest,
    params: { num_iterations: 30, early_stopping_round: 0, ...rest.params },
  };
}

/**
 * Rows of two numbers (one with missing values and a few infinities), a constant, a column that is all missing, a category of 6 levels
 * and one of 60, of which the last is never used, with missing values in both.
 */
export function mixedMatrix(rows: number, seed: number): Matrix {
  const random = new Random(seed);
  const values = Array.from({ length: rows }, () => [
    random.normal(),
    random.uniform() < 0.1
      ? Number.NaN
      : random.uniform() < 0.05
        ? Number.POSITIVE_INFINITY
        : Math.round(random.normal() * 4) / 4,
    7,
    Number.NaN,
    random.uniform() < 0.1 ? Number.NaN : random.integer(6),
    random.uniform() < 0.1 ? Number.NaN : random.integer(59),
  ]);
  return matrixOf(values, { 4: 6, 5: 60 });
}

/** A noisy signal in every column of `mixedMatrix`. */
export function mixedSignal(matrix: Matrix, seed: number): Float64Array {
  const random = new Random(seed, 1);
  const [a, b, , , small, large] = matrix.columns.map((column) => column.values);
  return Float64Array.from({ length: matrix.rows }, (_, row) => {
    const second = b![row]!;
    return (
      a![row]! +
      (Number.isNaN(second) ? 1.5 : second > 0 ? 1 : -0.5) +
      (Number.isNaN(small![row]!) ? -1 : [0, 2, -1, 0.5, 1, -2][small![row]!]!) +
      (Number.isNaN(large![row]!) ? 1 : Math.sin(large![row]! * 2.4)) +
      random.normal() * 0.5
    );
  });
}
