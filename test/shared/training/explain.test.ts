import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Labels } from '../../../shared/data/table.js';
import { rowsToExplain } from '../../../shared/training/explain.js';
import { type FitRequest, fitModel } from '../../../shared/training/fit.js';
import { schemaOf, tableOf } from '../features/tables.js';

const rows = 600;
const random = new Random(3);
const up = Array.from({ length: rows }, () => random.normal());
const down = Array.from({ length: rows }, () => random.normal());
const plan = Array.from({ length: rows }, () => ['basic', 'plus', 'pro'][random.integer(3)]!);
const table = tableOf({ down: ['number', down], up: ['number', up], plan: ['string', plan] });
const signal = up.map((value, row) => 2 * value - 0.5 * down[row]! + (plan[row] === 'pro' ? 0.3 : 0));
const ids = up.map((_, row) => `id${row}`);

function request(labels: Labels, change: Partial<FitRequest> = {}): FitRequest {
  return {
    ...{ name: 'explained', task: labels.task, algorithm: 'gbdt', params: { num_iterations: 30 }, seed: 42 },
    ...{ schema: schemaOf(table), use: ['down', 'up', 'plan'], derive: undefined },
    ...{ train: { table, labels }, validation: { table, labels }, progress: () => {} },
    ...change,
  };
}

describe('an explanation', () => {
  const labels: Labels = {
    task: 'binary',
    classes: ['no', 'yes'],
    values: Int32Array.from(signal, (one) => (one > 0 ? 1 : 0)),
  };

  it('names what matters most first, and which way it goes', async () => {
    const { explain, predict } = await fitModel(request(labels));
    const explanation = explain!.of(table, ids);
    expect(explanation).toMatchObject({ scale: 'log-odds', rows, outputs: [] });
    expect(explanation.features.map(({ feature }) => feature)).toEqual(['up', 'down', 'plan']);
    expect(explanation.features[0]!.trend).toBeGreaterThan(0.8);
    expect(explanation.features[1]!.trend).toBeLessThan(-0.8);
    expect(explanation.features[2]!.trend).toBeUndefined();
    const { scores } = predict(table);
    explanation.sample.forEach(({ row, score, contributions }, index) => {
      expect(row).toBe(`id${index}`);
      const sum = contributions[0]!.reduce((total, value) => total + value, explanation.base[0]!);
      expect(Math.abs(sum - score[0]!)).toBeLessThan(1e-4);
      expect(Math.abs(1 / (1 + Math.exp(-sum)) - scores[2 * index + 1]!)).toBeLessThan(1e-4);
    });
    expect(explanation.sample).toHaveLength(rows);
  });

  it('of several classes has a score a class', async () => {
    const three: Labels = {
      task: 'multiclass',
      classes: ['low', 'middle', 'high'],
      values: Int32Array.from(signal, (one) => (one > 1 ? 2 : one > -1 ? 1 : 0)),
    };
    const explanation = (await fitModel(request(three))).explain!.of(table, ids);
    expect(explanation).toMatchObject({ scale: 'softmax score', outputs: ['low', 'middle', 'high'] });
    expect(explanation.features.every(({ trend }) => trend === undefined)).toBe(true);
    expect(explanation.sample[0]!.contributions.map((own) => own.length)).toEqual([3, 3, 3]);
  });

  it('of another trainer than gbdt is none', async () => {
    expect((await fitModel(request(labels, { algorithm: 'linear', params: {} }))).explain).toBeUndefined();
  });

  it('is of fewer rows the more work a row is', () => {
    const of = (work: number): number => rowsToExplain({ work, scale: 'value', contributions: () => Object.create(null) });
    expect([0, 1000, 1e6, 1e8].map(of)).toEqual([200, 200, 100, 20]);
  });
});
