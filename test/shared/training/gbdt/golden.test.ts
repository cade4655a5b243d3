import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Labels } from '../../../../shared/data/table.js';
import type { Matrix } from '../../../../shared/features/plan.js';
import { gbdt } from '../../../../shared/training/gbdt/gbdt.js';
import { binary, inputOf, matrixOf, multiclass, regression } from './matrices.js';

/** What golden/make.py stored of LightGBM. Losses: root mean squared error or mean log loss. */
interface Golden {
  readonly version: string;
  readonly cases: readonly {
    readonly name: string;
    readonly task: 'binary' | 'multiclass' | 'regression';
    readonly params: Record<string, number>;
    /** On the test rows, on the training rows, and on the test rows of the prior or mean alone. */
    readonly loss: number;
    readonly trainLoss: number;
    readonly constantLoss: number;
    /** Of the test rows, to 5 decimals. */
    readonly predictions: readonly (number | readonly number[])[];
  }[];
}

/** What golden/make-exact.py stored of LightGBM: predictions of the first rows, to 7 decimals. */
interface Exact {
  readonly cases: readonly Pick<Golden['cases'][number], 'name' | 'task' | 'params' | 'predictions'>[];
}

const read = (name: string): string => readFileSync(fileURLToPath(new URL(`golden/${name}`, import.meta.url)), 'utf8');
const readRows = (name: string): number[][] =>
  read(name)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map((cell) => (cell === '' ? Number.NaN : Number(cell))));
const golden = JSON.parse(read('lightgbm.json')) as Golden;
const exact = JSON.parse(read('exact.json')) as Exact;

interface Part {
  readonly matrix: Matrix;
  readonly labels: Record<'binary' | 'multiclass' | 'regression', Labels>;
}

function partOf(rows: readonly number[][]): Part {
  return {
    matrix: matrixOf(
      rows.map((row) => row.slice(3, 7)),
      { 2: 20, 3: 3 },
    ),
    labels: {
      binary: binary(rows.map((row) => row[0]!)),
      multiclass: multiclass(rows.map((row) => row[1]!)),
      regression: regression(rows.map((row) => row[2]!)),
    },
  };
}

/** One number a row and class, in the order of our scores. */
function flat(task: string, predictions: readonly (number | readonly number[])[]): number[] {
  return task === 'binary' ? predictions.flatMap((value) => [1 - Number(value), Number(value)]) : predictions.flat();
}

function lossOf(labels: Labels, scores: Float64Array): number {
  const count = labels.values.length;
  let sum = 0;
  for (let row = 0; row < count; row++) {
    const label = labels.values[row]!;
    sum += labels.task === 'regression' ? (scores[row]! - label) ** 2 : -Math.log(scores[row * labels.classes.length + label]!);
  }
  return labels.task === 'regression' ? Math.sqrt(sum / count) : sum / count;
}

describe('held against LightGBM on 2,000 rows', () => {
  const rows = readRows('data.csv');
  const train = partOf(rows.filter((row) => row[7] === 0));
  const test = partOf(rows.filter((row) => row[7] === 1));

  // How far apart the two may be: losses as a share of what LightGBM's model saves over the prior or mean, predictions
  // (root mean square) as a share of their own spread. Bins are not the same, so trees part after the first splits.
  const LOSS = 0.03;
  const TRAIN_LOSS = 0.03;
  const PREDICTIONS = 0.12;

  it.each(golden.cases)('$name', async ({ task, params, loss, trainLoss, constantLoss, predictions }) => {
    const model = await gbdt.train(inputOf(train.matrix, train.labels[task], { params }));
    const scores = model.predict(test.matrix).scores;
    const saved = constantLoss - loss;
    const ours = lossOf(test.labels[task], scores);
    const oursTrain = lossOf(train.labels[task], model.predict(train.matrix).scores);
    const theirs = flat(task, predictions);
    let squares = 0;
    let size = 0;
    const mean = theirs.reduce((sum, value) => sum + value, 0) / theirs.length;
    theirs.forEach((value, at) => {
      squares += (scores[at]! - value) ** 2;
      size += (value - mean) ** 2;
    });
    expect(Math.abs(ours - loss) / saved).toBeLessThan(LOSS);
    expect(Math.abs(oursTrain - trainLoss) / saved).toBeLessThan(TRAIN_LOSS);
    expect(Math.sqrt(squares / size)).toBeLessThan(PREDICTIONS);
  });
});

describe('the very predictions of LightGBM where its bins are the same', () => {
  const { matrix, labels } = partOf(readRows('exact.csv'));

  it.each(exact.cases)('$name', async ({ task, params, predictions }) => {
    const model = await gbdt.train(inputOf(matrix, labels[task], { params }));
    const { scores } = model.predict(matrix);
    const scale = task === 'regression' ? 10 : 1;
    flat(task, predictions).forEach((value, at) => {
      expect(Math.abs(scores[at]! - value)).toBeLessThan(1e-7 * scale);
    });
  });
});
