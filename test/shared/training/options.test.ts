import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Labels, Table } from '../../../shared/data/table.js';
import { openModel } from '../../../shared/onnx/session.js';
import { type FitRequest, fitModel } from '../../../shared/training/fit.js';
import { schemaOf, tableOf } from '../features/tables.js';

/** Rows of a number and a category, of which the target knows. */
function drawn(rows: number, seed: number): { table: Table; signal: Float64Array; random: Random } {
  const random = new Random(seed);
  const x = Array.from({ length: rows }, () => random.normal());
  const plan = Array.from({ length: rows }, () => ['basic', 'plus', 'pro'][random.integer(3)]!);
  const signal = Float64Array.from(x, (value, row) => value + { basic: 0, plus: 1, pro: -1 }[plan[row]!]!);
  return { table: tableOf({ x: ['number', x], plan: ['string', plan] }), signal, random };
}

function requestOf(table: Table, labels: Labels, change: Partial<FitRequest> = {}): FitRequest {
  return {
    name: 'options',
    task: labels.task,
    algorithm: 'gbdt',
    params: { num_iterations: 40, num_leaves: 7 },
    seed: 42,
    schema: schemaOf(table),
    use: ['x', 'plan'],
    derive: undefined,
    train: { table, labels },
    validation: { table, labels },
    progress: () => {},
    ...change,
  };
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe('quantile', () => {
  const { table, signal, random } = drawn(3000, 1);
  const labels: Labels = { task: 'regression', values: signal.map((value) => value + random.normal()) };

  it.each([0.1, 0.5, 0.9])('leaves the share %s of the rows below', async (alpha) => {
    const fitted = await fitModel(requestOf(table, labels, { objective: { name: 'quantile', alpha } }));
    const { scores } = fitted.predict(table);
    expect(mean(Array.from(labels.values, (value, row) => (value <= scores[row]! ? 1 : 0)))).toBeCloseTo(alpha, 1);
    expect(fitted.params).toMatchObject({ objective: 'quantile', alpha, num_leaves: 7 });
    expect(fitted.curveMetric).toBe('quantile_loss');
  });

  it('is the same model on any number of threads, bagged and weighted', async () => {
    const weights = Float64Array.from(signal, (_, row) => 1 + (row % 3));
    const bytes = async (threads: number): Promise<Buffer> => {
      const params = { num_iterations: 5, bagging_fraction: 0.5, bagging_freq: 1 };
      const objective = { name: 'quantile', alpha: 0.7 } as const;
      const large = drawn(60_000, 2);
      const train = { table: large.table, labels: { task: 'regression', values: large.signal } as Labels };
      const some = { table, labels, weights };
      return Buffer.from(
        (await fitModel(requestOf(table, labels, { train, validation: some, params, objective, threads }))).model,
      );
    };
    expect((await bytes(1)).equals(await bytes(2))).toBe(true);
  });
});

describe('poisson', () => {
  const { table, signal, random } = drawn(3000, 3);
  const labels: Labels = {
    task: 'regression',
    values: signal.map((value) => {
      let count = 0;
      for (let product = random.uniform(), limit = Math.exp(-Math.exp(value)); product > limit; product *= random.uniform())
        count++;
      return count;
    }),
  };

  it('predicts means, never below 0, and the graph says the same', async () => {
    const fitted = await fitModel(requestOf(table, labels, { objective: { name: 'poisson' } }));
    const { scores } = fitted.predict(table);
    expect(Math.min(...scores)).toBeGreaterThan(0);
    expect(mean(scores) / mean(labels.values)).toBeCloseTo(1, 1);
    const model = await openModel(fitted.model);
    const scored = await model.predict(table, { task: 'regression', classes: [] });
    await model.close();
    scored.scores.forEach((score, row) => {
      expect(Math.abs(score - scores[row]!) / Math.max(1, scores[row]!)).toBeLessThan(1e-5);
    });
  });
});

describe('class weights', () => {
  const { table, signal, random } = drawn(2000, 4);
  const labels: Labels = {
    task: 'binary',
    classes: ['no', 'yes'],
    values: Int32Array.from(signal, (value) => (value + random.normal() > 2.5 ? 1 : 0)),
  };
  const yes = mean(labels.values);

  it.each(['gbdt', 'linear'] as const)('%s: balanced ones make a rare class as likely as the other', async (algorithm) => {
    const plain = { algorithm, params: {} };
    const share = async (change: Partial<FitRequest>): Promise<number> => {
      const { scores } = (await fitModel(requestOf(table, labels, { ...plain, ...change }))).predict(table);
      // What the model takes the share of yes for, in the weights that it has seen.
      const own = Array.from(labels.values, (value) => (change.classWeight ? 0.5 / (value === 1 ? yes : 1 - yes) : 1));
      return mean(own.map((weight, row) => weight * scores[2 * row + 1]!));
    };
    expect(await share({})).toBeCloseTo(yes, 1);
    expect(await share({ classWeight: 'balanced' })).toBeCloseTo(0.5, 1);
  });

  it('are the weights of rows by another name', async () => {
    const weights = Float64Array.from(labels.values, (value) => (value === 1 ? 5 : 1));
    const part = { table, labels, weights };
    const byRow = await fitModel(requestOf(table, labels, { train: part, validation: part }));
    const byClass = await fitModel(requestOf(table, labels, { classWeight: { yes: 5 } }));
    expect(Buffer.from(byClass.model).equals(Buffer.from(byRow.model))).toBe(true);
    expect(byClass.params.class_weight).toBe('{"yes":5}');
    const balanced = await fitModel(requestOf(table, labels, { classWeight: 'balanced' }));
    expect(balanced.params.class_weight).toBe('balanced');
  });

  it('that leave no row are refused', async () => {
    const none = fitModel(requestOf(table, labels, { classWeight: { yes: 0, no: 0 } }));
    await expect(none).rejects.toThrow(/train\.class_weight: all rows of the train part weigh 0/);
  });
});

describe('monotone constraints', () => {
  const { table, signal } = drawn(600, 5);
  const labels: Labels = { task: 'regression', values: signal };

  it('are named by feature and stand in the params', async () => {
    const fitted = await fitModel(requestOf(table, labels, { monotone: { x: -1 } }));
    const { scores } = fitted.predict(tableOf({ x: ['number', [-2, -1, 0, 1, 2]], plan: ['string', Array(5).fill('plus')] }));
    expect(scores.every((value, at) => at === 0 || value <= scores[at - 1]!)).toBe(true);
    expect(fitted.params.monotone).toBe('{"x":-1}');
  });

  it('of 0 leave the model as it is', async () => {
    const plain = await fitModel(requestOf(table, labels));
    const zero = await fitModel(requestOf(table, labels, { monotone: { x: 0 } }));
    expect(Buffer.from(zero.model).equals(Buffer.from(plain.model))).toBe(true);
  });

  it('on a category or on no feature are refused in one line', async () => {
    await expect(fitModel(requestOf(table, labels, { monotone: { plan: 1 } }))).rejects.toThrow(
      'train.monotone: plan is a category, and categories have no order; accepted are numbers, booleans and parts of dates',
    );
    await expect(fitModel(requestOf(table, labels, { monotone: { plann: 1 } }))).rejects.toThrow(
      'train.monotone: plann is no feature of the model; did you mean plan?',
    );
  });
});
