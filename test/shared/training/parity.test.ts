import { beforeAll, describe, expect, it } from 'vitest';
import type { Predictions } from '../../../shared/data/predictions.js';
import type { Column, Table } from '../../../shared/data/table.js';
import { openModel } from '../../../shared/onnx/session.js';
import { ALGORITHMS, type Algorithm } from '../../../shared/spec/params.js';
import { type FittedModel, fitModel } from '../../../shared/training/fit.js';
import { flights, penguins, type Sample, seattleWeather } from './samples.js';

/** FULL=1 takes as many flights as the project's main sample has, and the trainer's own number of trees. */
const full = process.env.FULL === '1';

const SAMPLES: Readonly<Record<string, () => Promise<Sample>>> = {
  flights: () => flights(full ? 300_000 : 60_000),
  'seattle-weather': seattleWeather,
  penguins,
};

function train(name: string, sample: Sample, algorithm: Algorithm): Promise<FittedModel> {
  const params = algorithm === 'gbdt' && !full ? { num_iterations: 60 } : {};
  const { task, schema, use, derive, train, validation } = sample;
  return fitModel({ name, task, algorithm, params, seed: 42, schema, use, derive, train, validation, progress: () => {} });
}

async function throughOnnx(fitted: FittedModel, sample: Sample, table: Table, chunkRows?: number): Promise<Predictions> {
  const model = await openModel(fitted.model, chunkRows === undefined ? {} : { chunkRows });
  try {
    return await model.predict(table, { task: sample.task, classes: fitted.classes });
  } finally {
    await model.close();
  }
}

/** The largest difference; of a regression's values relative to their size where that is above 1. */
function largestDifference(left: Predictions, right: Predictions): number {
  expect(left.scores.length).toBe(right.scores.length);
  let largest = 0;
  for (let index = 0; index < left.scores.length; index++) {
    const size = left.task === 'regression' ? Math.max(1, Math.abs(left.scores[index]!)) : 1;
    const difference = Math.abs(left.scores[index]! - right.scores[index]!) / size;
    // Not a number is as different as can be.
    largest = difference <= largest ? largest : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}

describe.each(Object.keys(SAMPLES))('%s', (name) => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await SAMPLES[name]!();
  }, 60_000);

  it.each([...ALGORITHMS])(
    '%s: ONNX on raw rows equals the trainer on every held-out row',
    async (algorithm) => {
      const fitted = await train(name, sample, algorithm);
      const scored = await throughOnnx(fitted, sample, sample.test.table);
      const own = fitted.predict(sample.test.table);
      expect(scored.rows).toBe(sample.test.table.rows);
      const difference = largestDifference(own, scored);
      if (full) console.log(`${name} ${algorithm}: ${scored.rows} rows, largest difference ${difference}`);
      expect(difference).toBeLessThan(1e-5);
      if (algorithm !== 'baseline') expect(new Set(own.scores).size).toBeGreaterThan(10);
    },
    600_000,
  );
});

describe('a fitted model', () => {
  it.each([...ALGORITHMS])('%s: the same request gives the same bytes', async (algorithm) => {
    const sample = await seattleWeather();
    const first = await train('weather', sample, algorithm);
    const second = await train('weather', sample, algorithm);
    expect(Buffer.compare(first.model, second.model)).toBe(0);
  });

  it('scores a row alone as in a batch of 10,000 rows', async () => {
    const sample = await flights(20_000);
    for (const algorithm of ALGORITHMS) {
      const fitted = await train('flights', sample, algorithm);
      const batch = await throughOnnx(fitted, sample, firstRows(sample.train.table, 10_000), 10_000);
      const single = await throughOnnx(fitted, sample, firstRows(sample.train.table, 2000), 1);
      const sameRows = { ...batch, rows: single.rows, scores: batch.scores.slice(0, single.scores.length) };
      expect(largestDifference(sameRows, single)).toBeLessThan(1e-6);
    }
  });
});

function firstRows(table: Table, rows: number): Table {
  const columns = new Map<string, Column>();
  for (const [name, column] of table.columns) {
    if (column.type === 'string') columns.set(name, { ...column, codes: column.codes.subarray(0, rows) });
    else columns.set(name, { ...column, values: column.values.subarray(0, rows) } as Column);
  }
  return { rows, columns };
}
