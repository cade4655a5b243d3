import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../../shared/core/errors.js';
import { Random } from '../../../../shared/core/random.js';
import type { Matrix } from '../../../../shared/features/plan.js';
import { createGraph } from '../../../../shared/onnx/write.js';
import { boost } from '../../../../shared/training/gbdt/booster.js';
import { gbdt } from '../../../../shared/training/gbdt/gbdt.js';
import { readSettings } from '../../../../shared/training/gbdt/settings.js';
import type { TrainedModel } from '../../../../shared/training/trainer.js';
import { binary, inputOf, matrixOf, mixedMatrix, mixedSignal, multiclass, pick, regression } from './matrices.js';

const random = new Random(21);
const range = (size: number): number[] => Array.from({ length: size }, (_, index) => index);

function accuracy(model: TrainedModel, matrix: Matrix, labels: readonly number[]): number {
  const { scores } = model.predict(matrix);
  const width = scores.length / matrix.rows;
  const right = labels.filter((label, row) => {
    const own = scores.subarray(row * width, (row + 1) * width);
    return own.indexOf(Math.max(...own)) === label;
  });
  return right.length / labels.length;
}

function bytesOf(model: TrainedModel, columns: number): Uint8Array {
  const graph = createGraph('model');
  const inputs = range(columns).map((column) => graph.input(`x${column}`, 'float32'));
  graph.output(model.toGraph(graph, graph.node('Concat', inputs, { axis: { int: 1 } })), 'float32', ['N', 2]);
  return graph.toModel();
}

describe('what it learns', () => {
  it('XOR', async () => {
    const rows = range(800).map(() => [random.normal(), random.normal()]);
    const labels = rows.map(([a, b]) => (a! > 0 !== b! > 0 ? 1 : 0));
    const matrix = matrixOf(rows);
    expect(accuracy(await gbdt.train(inputOf(matrix, binary(labels))), matrix, labels)).toBeGreaterThan(0.97);
  });

  it('a signal that only categories carry, in no order', async () => {
    const rows = range(4000).map(() => [random.integer(40)]);
    const labels = rows.map(([category]) => ((category! * 7) % 3 === 0 ? 1 : 0));
    const matrix = matrixOf(rows, { 0: 41 });
    const model = await gbdt.train(inputOf(matrix, binary(labels), { params: { num_leaves: 4, num_iterations: 10 } }));
    expect(accuracy(model, matrix, labels)).toBe(1);
  });

  it.each([
    ['a number', {}],
    ['a category', { 0: 3 }],
  ])('a signal that only missing values carry: %s', async (_, levels) => {
    const rows = range(600).map(() => [random.uniform() < 0.5 ? Number.NaN : random.integer(2)]);
    const labels = rows.map(([value]) => (Number.isNaN(value!) ? 1 : 0));
    const matrix = matrixOf(rows, levels as Record<number, number>);
    const model = await gbdt.train(inputOf(matrix, binary(labels)));
    expect(accuracy(model, matrix, labels)).toBe(1);
  });

  it('a column whose values are all one, missing or not', async () => {
    const rows = range(200).map((row) => [row % 4 === 0 ? Number.NaN : 5]);
    const matrix = matrixOf(rows);
    const labels = rows.map(([value]) => (Number.isNaN(value!) ? 3 : 9));
    const { scores } = (await gbdt.train(inputOf(matrix, regression(labels), { params: { num_iterations: 200 } }))).predict(
      matrix,
    );
    labels.forEach((label, row) => {
      expect(scores[row]).toBeCloseTo(label, 4);
    });
  });

  it('three classes, and gives probabilities', async () => {
    const matrix = mixedMatrix(1500, 3);
    const labels = Array.from(mixedSignal(matrix, 3), (value) => (value > 1 ? 2 : value > -0.5 ? 1 : 0));
    const model = await gbdt.train(inputOf(matrix, multiclass(labels)));
    expect(accuracy(model, matrix, labels)).toBeGreaterThan(0.85);
    const { scores } = model.predict(matrix);
    for (let row = 0; row < 1500; row++) {
      expect(scores[3 * row]! + scores[3 * row + 1]! + scores[3 * row + 2]!).toBeCloseTo(1, 12);
    }
  });

  it('huge and tiny values and infinities', async () => {
    const values = [-3.4e38, 3.4e38, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1e-44, -1e-44, 0, 1];
    const rows = range(800).map((row) => [values[row % 8]!]);
    const labels = range(800).map((row) => ([0, 3, 5].includes(row % 8) ? 1 : 0));
    const matrix = matrixOf(rows);
    expect(accuracy(await gbdt.train(inputOf(matrix, binary(labels))), matrix, labels)).toBe(1);
    const targets = labels.map((label) => (label ? 3e38 : -3e38));
    const { scores } = (await gbdt.train(inputOf(matrix, regression(targets)))).predict(matrix);
    expect(scores.every((score) => Number.isFinite(score))).toBe(true);
  });
});

describe('columns without information', () => {
  it('give the base score: constant, all missing, or too few rows to split', async () => {
    const constant = matrixOf(range(100).map(() => [1, Number.NaN]));
    const model = await gbdt.train(inputOf(constant, binary(range(100).map((row) => (row < 25 ? 1 : 0)))));
    expect(model.iterations).toBe(0);
    expect(model.predict(constant).scores[1]).toBeCloseTo(0.25, 6);
    const few = matrixOf(range(39).map((row) => [row]));
    expect((await gbdt.train(inputOf(few, regression(range(39))))).iterations).toBe(0);
  });

  it('have no importance, and the informative ones have it', async () => {
    const matrix = mixedMatrix(1000, 6);
    const model = await gbdt.train(inputOf(matrix, regression([...mixedSignal(matrix, 6)])));
    expect(model.importance.length).toBe(6);
    expect([...model.importance].map((gain) => gain > 0)).toEqual([true, true, false, false, true, true]);
  });
});

describe('early stopping', () => {
  const matrix = mixedMatrix(900, 12);
  const labels = Array.from(mixedSignal(matrix, 12), (value, row) => (value + (row % 3) - 1 > 0.5 ? 1 : 0));
  const train = pick(matrix, range(300));
  const validation = pick(
    matrix,
    range(600).map((row) => row + 300),
  );
  const input = inputOf(train, binary(labels.slice(0, 300)), {
    validation,
    validationLabels: binary(labels.slice(300)),
    params: { num_iterations: 400, early_stopping_round: 10, learning_rate: 0.3, min_data_in_leaf: 3 },
  });

  it('keeps the rounds up to the best, and stops after the patience', async () => {
    const model = await gbdt.train(input);
    const values = model.curve.map(({ value }) => value);
    expect(model.curveMetric).toBe('log_loss');
    expect(values.length).toBe(model.iterations + 10);
    expect(values.indexOf(Math.min(...values))).toBe(model.iterations - 1);
  });

  it('predicts as the best round did', async () => {
    const model = await gbdt.train(input);
    const { scores } = model.predict(validation);
    const losses = labels.slice(300).map((label, row) => -Math.log(scores[2 * row + label]!));
    const loss = losses.reduce((sum, value) => sum + value, 0) / 600;
    expect(loss).toBeCloseTo(model.curve[model.iterations - 1]!.value, 9);
  });

  it('is off at 0: all rounds stay', async () => {
    const model = await gbdt.train({ ...input, params: { ...input.params, num_iterations: 40, early_stopping_round: 0 } });
    expect(model.iterations).toBe(40);
    expect(model.curve.length).toBe(40);
  });

  it('takes validation rows that lack a class', async () => {
    const classes = Array.from(mixedSignal(matrix, 12), (value) => (value > 1.5 ? 2 : value > 0 ? 1 : 0));
    const rows = range(900).filter((row) => row < 300 || classes[row] !== 2);
    const model = await gbdt.train(
      inputOf(train, multiclass(classes.slice(0, 300)), {
        validation: pick(matrix, rows.slice(300)),
        validationLabels: multiclass(rows.slice(300).map((row) => classes[row]!)),
        params: { early_stopping_round: 5 },
      }),
    );
    expect(model.curve.every(({ value }) => Number.isFinite(value))).toBe(true);
    expect(model.iterations).toBeGreaterThan(0);
  });

  it('takes training rows that lack a class: its probability stays next to nothing', async () => {
    const model = await gbdt.train(inputOf(train, multiclass(labels.slice(0, 300).map((label) => 2 * label))));
    const { scores } = model.predict(train);
    expect(range(300).every((row) => scores[3 * row + 1]! < 1e-9)).toBe(true);
  });
});

describe('weights', () => {
  it('equal duplicated rows', async () => {
    // Whole numbers of few values, so that bins do not depend on how often a row stands there.
    const rows = range(400).map(() => [random.integer(10), random.integer(12)]);
    const labels = rows.map(([a, b]) => (a! + (b! % 3) * 3 + random.normal() * 3 > 8 ? 1 : 0));
    const weights = range(400).map(() => 1 + random.integer(3));
    const repeated = range(400).flatMap((row) => new Array<number>(weights[row]!).fill(row));
    const matrix = matrixOf(rows, { 1: 12 });
    const params = { min_data_in_leaf: 1, min_data_per_group: 1, cat_smooth: 0, min_sum_hessian_in_leaf: 1, num_leaves: 8 };
    const weighted = await gbdt.train(inputOf(matrix, binary(labels), { trainWeights: Float64Array.from(weights), params }));
    const duplicated = await gbdt.train(
      inputOf(pick(matrix, repeated), binary(repeated.map((row) => labels[row]!)), { params }),
    );
    const first = weighted.predict(matrix).scores;
    const second = duplicated.predict(matrix).scores;
    first.forEach((score, at) => {
      expect(score).toBeCloseTo(second[at]!, 5);
    });
  });

  it('of 0 leave rows out', async () => {
    const matrix = mixedMatrix(600, 30);
    const signal = Array.from(mixedSignal(matrix, 30));
    const spoiled = signal.map((value, row) => (row % 2 === 0 ? value : 1e6));
    const trainWeights = Float64Array.from(range(600), (row) => (row % 2 === 0 ? 2 : 0));
    const model = await gbdt.train(inputOf(matrix, regression(spoiled), { trainWeights }));
    expect(model.predict(matrix).scores.every((score) => Math.abs(score) < 100)).toBe(true);
  });
});

describe('the same bytes', () => {
  const matrix = mixedMatrix(800, 40);
  const labels = binary(Array.from(mixedSignal(matrix, 40), (value) => (value > 0.5 ? 1 : 0)));
  const params = { bagging_fraction: 0.6, bagging_freq: 2, feature_fraction: 0.5, num_iterations: 15 };

  it('come from the same input and seed, in trees and in ONNX', async () => {
    const { settings } = readSettings({ ...params, early_stopping_round: 0 });
    const input = inputOf(matrix, labels, { params });
    const trees = async () => JSON.stringify((await boost({ ...input, settings, threads: 1 })).ensemble);
    expect(await trees()).toBe(await trees());
    expect(bytesOf(await gbdt.train(input), 6)).toEqual(bytesOf(await gbdt.train(input), 6));
  });

  it('differ for another seed only where something is drawn', async () => {
    const drawn = async (seed: number) => bytesOf(await gbdt.train(inputOf(matrix, labels, { params, seed })), 6);
    expect(await drawn(1)).not.toEqual(await drawn(2));
    const fixed = async (seed: number) => bytesOf(await gbdt.train(inputOf(matrix, labels, { seed })), 6);
    expect(await fixed(1)).toEqual(await fixed(2));
  });

  // Enough rows that each of three threads is worth its start.
  const many = mixedMatrix(99_000, 41);
  const signal = Array.from(mixedSignal(many, 41));
  const weights = Float64Array.from(range(many.rows), (row) => [1, 0.25, 1.75][row % 3]!);
  it.each([
    ['binary', binary(signal.map((value) => (value > 0.5 ? 1 : 0)))],
    ['multiclass', multiclass(signal.map((value) => (value > 1 ? 2 : value > 0 ? 1 : 0)))],
    ['regression', regression(signal)],
  ])('come from any number of threads, curve included: %s', async (_, target) => {
    const given = { num_iterations: 4, bagging_fraction: 0.7, bagging_freq: 2, num_leaves: 40, learning_rate: 0.3 };
    const models = [];
    for (const threads of [1, 2, 3]) {
      const model = await gbdt.train(
        inputOf(many, target, {
          threads,
          trainWeights: weights,
          validation: many,
          validationLabels: target,
          validationWeights: weights,
          params: given,
        }),
      );
      models.push({ bytes: bytesOf(model, 6), curve: model.curve });
    }
    expect(models[0]!.curve.length).toBe(4);
    expect(models[1]).toEqual(models[0]);
    expect(models[2]).toEqual(models[0]);
  });

  it('need no order among rows that are the same', async () => {
    const twice = pick(matrix, [...range(800), ...range(800)]);
    const labelsTwice = binary([...labels.values, ...labels.values]);
    const model = await gbdt.train(inputOf(twice, labelsTwice));
    const { scores } = model.predict(twice);
    expect(scores.slice(0, 1600)).toEqual(scores.slice(1600));
  });
});

describe('parameters', () => {
  const matrix = matrixOf(range(50).map((row) => [row]));
  const labels = regression(range(50));

  it('come back in full, with aliases by their own name', async () => {
    const { params } = await gbdt.train(inputOf(matrix, labels, { params: { eta: 0.2 } }));
    expect(params).toMatchObject({ learning_rate: 0.2, num_leaves: 31, num_iterations: 30 });
  });

  it('that are unknown or out of range are the user’s mistake', async () => {
    await expect(gbdt.train(inputOf(matrix, labels, { params: { num_leafs: 3 } }))).rejects.toThrow(UserError);
    await expect(gbdt.train(inputOf(matrix, labels, { params: { num_leaves: 1 } }))).rejects.toThrow(/num_leaves/);
  });
});

describe('progress', () => {
  it('says round, metric, time and what is left, about once a second', async () => {
    // Each look at the clock is 300 ms after the one before.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 300;
      return now;
    });
    const lines: string[] = [];
    const matrix = mixedMatrix(300, 50);
    const labels = regression([...mixedSignal(matrix, 50)]);
    try {
      await gbdt.train(
        inputOf(matrix, labels, {
          validation: matrix,
          validationLabels: labels,
          params: { num_iterations: 20 },
          progress: (line) => {
            lines.push(line);
          },
        }),
      );
    } finally {
      clock.mockRestore();
    }
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.length).toBeLessThan(10);
    expect(lines[0]).toMatch(/^round \d+ of 20, validation rmse \d+\.\d+, \d+\.\d s elapsed, at most .+ to go$/);
  });
});
