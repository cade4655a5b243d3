import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../../../shared/features/plan.js';
import { gbdt } from '../../../../shared/training/gbdt/gbdt.js';
import type { TrainedModel } from '../../../../shared/training/trainer.js';
import { binary, inputOf, mixedMatrix, mixedSignal, regression } from './matrices.js';

/** The first column, a number without missing values, is swept through all that it can be; the other columns stay. */
function isOrdered(model: TrainedModel, matrix: Matrix, column: number, direction: number): boolean {
  const places = Array.from({ length: 41 }, (_, step) => -4 + step / 5);
  for (let row = 0; row < 60; row++) {
    const swept: Matrix = {
      rows: places.length,
      columns: matrix.columns.map((own, index) => ({
        ...own,
        values: Float32Array.from(places, (place) => (index === column ? place : own.values[row]!)),
      })),
    };
    const { task, scores } = model.predict(swept);
    const values = task === 'regression' ? scores : scores.filter((_, at) => at % 2 === 1);
    if (values.some((value, at) => at > 0 && direction * (value - values[at - 1]!) < 0)) return false;
  }
  return true;
}

describe('monotone constraints', () => {
  const given = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    direction: fc.constantFrom(1, -1),
    other: fc.constantFrom(1, -1, 0),
    isBinary: fc.boolean(),
    params: fc.record({
      num_leaves: fc.integer({ min: 2, max: 40 }),
      learning_rate: fc.constantFrom(0.1, 0.5),
      lambda_l1: fc.constantFrom(0, 1),
      lambda_l2: fc.constantFrom(0, 3),
      max_cat_to_onehot: fc.constantFrom(4, 30),
      bagging_fraction: fc.constantFrom(0.6, 1),
    }),
  });

  it('hold for every row, whatever the data and the other features do', async () => {
    await fc.assert(
      fc.asyncProperty(given, async ({ seed, direction, other, isBinary, params }) => {
        const matrix = mixedMatrix(500, seed);
        const signal = mixedSignal(matrix, seed);
        const labels = isBinary ? binary(Array.from(signal, (value) => (value > 0 ? 1 : 0))) : regression([...signal]);
        const all = { ...params, bagging_freq: 1, min_data_in_leaf: 3, num_iterations: 15 };
        const monotone = Int8Array.of(direction, other, 0, 0, 0, 0);
        const model = await gbdt.train(inputOf(matrix, labels, { params: all, monotone }));
        expect(isOrdered(model, matrix, 0, direction)).toBe(true);
        if (other !== 0) expect(isOrdered(model, matrix, 1, other)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('cost little where they are true, and without them the order is broken', async () => {
    const matrix = mixedMatrix(2000, 3);
    const signal = mixedSignal(matrix, 3);
    const labels = regression([...signal]);
    const errorOf = (model: TrainedModel): number => {
      const { scores } = model.predict(matrix);
      return Math.sqrt(signal.reduce((sum, value, row) => sum + (value - scores[row]!) ** 2, 0) / 2000);
    };
    const params = { num_iterations: 60 };
    const free = await gbdt.train(inputOf(matrix, labels, { params }));
    const held = await gbdt.train(inputOf(matrix, labels, { params, monotone: Int8Array.of(1, 0, 0, 0, 0, 0) }));
    const wrong = await gbdt.train(inputOf(matrix, labels, { params, monotone: Int8Array.of(-1, 0, 0, 0, 0, 0) }));
    expect(isOrdered(free, matrix, 0, 1)).toBe(false);
    expect(isOrdered(held, matrix, 0, 1)).toBe(true);
    expect(errorOf(held)).toBeLessThan(errorOf(free) * 1.15);
    expect(errorOf(wrong)).toBeGreaterThan(errorOf(free) * 1.5);
  });

  it('give the same model on any number of threads, and none at all where all are 0', async () => {
    const matrix = mixedMatrix(60_000, 4);
    const labels = regression([...mixedSignal(matrix, 4)]);
    const of = async (threads: number, monotone?: Int8Array) => {
      const params = { num_iterations: 4 };
      return (await gbdt.train(inputOf(matrix, labels, { params, threads, ...(monotone && { monotone }) }))).predict(matrix)
        .scores;
    };
    const monotone = Int8Array.of(1, -1, 0, 0, 0, 0);
    const one = await of(1, monotone);
    expect(await of(2, monotone)).toEqual(one);
    const none = await of(1);
    expect(await of(1, new Int8Array(6))).toEqual(none);
    expect(none).not.toEqual(one);
  });
});
