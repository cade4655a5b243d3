import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Labels } from '../../../shared/data/table.js';
import type { Matrix, MatrixColumn } from '../../../shared/features/plan.js';
import { linear } from '../../../shared/training/linear.js';
import type { TrainedModel } from '../../../shared/training/trainer.js';

interface Golden {
  readonly near: (number | null)[];
  readonly far: number[];
  readonly colour: string[];
  readonly weights: number[];
  readonly labels: Record<'regression' | 'binary' | 'multiclass', number[]>;
  readonly cases: { readonly task: 'regression' | 'binary' | 'multiclass'; readonly l2: number; readonly scores: number[] }[];
}

function matrixOf(...columns: MatrixColumn[]): Matrix {
  return { rows: columns[0]?.values.length ?? 0, columns };
}

function numbers(name: string, values: readonly (number | null)[]): MatrixColumn {
  return { name, values: Float32Array.from(values, (value) => value ?? Number.NaN) };
}

const EMPTY: Float32Array = new Float32Array();

function emptyLike(matrix: Matrix): Matrix {
  return { rows: 0, columns: matrix.columns.map((column) => ({ ...column, values: EMPTY })) };
}

function labelsOf(task: Labels['task'], values: readonly number[]): Labels {
  if (task === 'regression') return { task, values: Float64Array.from(values) };
  const classes = Array.from({ length: Math.max(...values) + 1 }, (_, index) => `class ${index}`);
  return { task, classes, values: Int32Array.from(values) };
}

function train(
  matrix: Matrix,
  labels: Labels,
  options: { params?: Record<string, number>; weights?: Float64Array; lines?: string[]; validation?: [Matrix, Labels] } = {},
): Promise<TrainedModel> {
  const none = { ...labels, values: labels.values.slice(0, 0) } as Labels;
  return linear.train({
    train: matrix,
    trainLabels: labels,
    ...(options.weights && { trainWeights: options.weights }),
    validation: options.validation?.[0] ?? emptyLike(matrix),
    validationLabels: options.validation?.[1] ?? none,
    params: options.params ?? {},
    seed: 1,
    progress: (line) => options.lines?.push(line),
  });
}

describe('linear against scikit-learn', () => {
  let golden: Golden;
  let matrix: Matrix;
  beforeAll(async () => {
    golden = JSON.parse(await readFile(new URL('./golden/linear.json', import.meta.url), 'utf8')) as Golden;
    const levels = ['red', 'green', 'blue'];
    const colour = golden.colour.map((level) => (level === '' ? null : levels.indexOf(level)));
    matrix = matrixOf(numbers('near', golden.near), numbers('far', golden.far), { ...numbers('colour', colour), levels: 4 });
  });

  it.each(['regression', 'binary', 'multiclass'] as const)('%s has the same scores at every penalty', async (task) => {
    const cases = golden.cases.filter((item) => item.task === task);
    expect(cases.length).toBe(3);
    for (const { l2, scores } of cases) {
      const weights = Float64Array.from(golden.weights);
      const model = await train(matrix, labelsOf(task, golden.labels[task]), { params: { l2 }, weights });
      const found = model.predict(matrix).scores;
      expect(found.length).toBe(scores.length);
      const scale = task === 'regression' ? 300 : 1;
      const largest = Math.max(...scores.map((score, index) => Math.abs(score - found[index]!) / scale));
      // L-BFGS of the oracle stops within about 1e-7 of the minimum.
      expect(largest).toBeLessThan(1e-6);
      expect(model.params.l2).toBe(l2);
    }
  });
});

describe('linear', () => {
  const random = new Random(5);
  const column = (rows: number): number[] => Array.from({ length: rows }, () => random.normal());

  it('chooses a strong penalty for noise and a weak one for signal', async () => {
    const [x, y, noise] = [column(400), column(400), column(400)];
    const chosen = async (labels: number[]): Promise<number> => {
      const part = (from: number, to: number): [Matrix, Labels] => [
        matrixOf(numbers('x', x.slice(from, to)), numbers('y', y.slice(from, to))),
        labelsOf('regression', labels.slice(from, to)),
      ];
      const [matrix, trainLabels] = part(0, 300);
      return Number((await train(matrix, trainLabels, { validation: part(300, 400) })).params.l2);
    };
    expect(await chosen(x.map((value, row) => 3 * value - y[row]! + 0.01 * noise[row]!))).toBeLessThanOrEqual(0.01);
    expect(await chosen(noise)).toBeGreaterThanOrEqual(100);
  });

  it('does not go on to weaker penalties, whose fits take longest, once they are clearly worse', async () => {
    const columns = Array.from({ length: 30 }, () => column(140));
    const labels = columns[0]!.map((value, row) => value + 2 * columns[29]![(row * 7) % 140]!);
    const part = (from: number, to: number): [Matrix, Labels] => [
      matrixOf(...columns.map((values, index) => numbers(`x${index}`, values.slice(from, to)))),
      labelsOf('regression', labels.slice(from, to)),
    ];
    const lines: string[] = [];
    const [matrix, trainLabels] = part(0, 40);
    const model = await train(matrix, trainLabels, { validation: part(40, 140), lines });
    const losses = lines.map((line) => Number(/rmse ([\d.]+)/.exec(line)![1]));
    const best = losses.indexOf(Math.min(...losses));
    expect(Number(model.params.l2)).toBe(10 ** (4 - best));
    expect(losses.at(-1)! / losses[best]!).toBeGreaterThan(1);
    expect(losses.length).toBeLessThan(8);
    // Without validation rows there is nothing to choose by: the middle of the grid, and nothing weaker is fitted.
    const blind: string[] = [];
    expect((await train(matrix, trainLabels, { lines: blind })).params.l2).toBe(1);
    expect(blind.length).toBe(5);
  });

  it('stays finite and says so where classes are told apart perfectly', async () => {
    const x = column(60);
    const labels = labelsOf(
      'binary',
      x.map((value) => (value > 0 ? 1 : 0)),
    );
    const lines: string[] = [];
    const model = await train(matrixOf(numbers('x', x)), labels, { params: { l2: 0, max_iterations: 8 }, lines });
    const { scores } = model.predict(matrixOf(numbers('x', [...x, 1e30, -1e30])));
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    expect(lines.at(-1)).toMatch(/not converged/);
    expect(model.iterations).toBe(8);
  });

  it('knows levels beyond max_levels only together, and infinity as missing', async () => {
    const level = Array.from({ length: 100 }, (_, row) => row % 5);
    const size = level.map((index) => (index === 4 ? Number.POSITIVE_INFINITY : index));
    const matrix = matrixOf({ ...numbers('level', level), levels: 6 }, numbers('size', size));
    const model = await train(
      matrix,
      labelsOf(
        'regression',
        level.map((index) => index * 10),
      ),
      { params: { l2: 1, max_levels: 2 } },
    );
    const probe = matrixOf({ ...numbers('level', [2, 3, 5]), levels: 6 }, numbers('size', [1, 1, 1]));
    const [two, three, rest] = model.predict(probe).scores;
    expect(two).toBe(three);
    expect(two).toBe(rest);
    expect(model.predict(matrix).scores.every(Number.isFinite)).toBe(true);
  });

  it('refuses a target that cannot be squared', async () => {
    const labels = labelsOf('regression', [1e200, -1e200, 3]);
    await expect(train(matrixOf(numbers('x', [1, 2, 3])), labels)).rejects.toThrow(/too large to be squared/);
  });

  it('gives importance to what moves the prediction', async () => {
    const [signal, noise] = [column(300), column(300)];
    const constant = signal.map(() => 7);
    const matrix = matrixOf(numbers('signal', signal), numbers('noise', noise), numbers('constant', constant));
    const model = await train(
      matrix,
      labelsOf(
        'regression',
        signal.map((value) => 5 * value),
      ),
      { params: { l2: 1 } },
    );
    const [first, second, third] = model.importance;
    expect(first).toBeGreaterThan(4);
    expect(second).toBeLessThan(0.1);
    expect(third).toBe(0);
  });

  it('trains where a class has no training row', async () => {
    const x = column(80);
    const labels: Labels = {
      task: 'multiclass',
      classes: ['a', 'b', 'never'],
      values: Int32Array.from(x, (value) => (value > 0 ? 1 : 0)),
    };
    const model = await train(matrixOf(numbers('x', x)), labels, { params: { l2: 1 } });
    const { scores } = model.predict(matrixOf(numbers('x', [1])));
    expect(scores[0]! + scores[1]! + scores[2]!).toBeCloseTo(1, 12);
    expect(scores[2]).toBeLessThan(1e-3);
  });
});
