import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Labels } from '../../../shared/data/table.js';
import { openModel } from '../../../shared/onnx/session.js';
import type { Task } from '../../../shared/spec/schema.js';
import { fitModel } from '../../../shared/training/fit.js';
import { CASE, ITEMS, rowsTable } from '../features/rows.js';
import { schemaOf } from '../features/tables.js';

/** From raw rows to the prediction: what the graph says is what the trainer's own arithmetic says, for rows of any kind. */

const USE = ['f', 'g', 'i', 'j', 'b', 's', 'u', 'words'];

/** Awkward rows that fit; the targets follow some of their columns, so that models have something to split on. */
const [made = []] = fc.sample(
  fc.array(CASE, { minLength: 12, maxLength: 12 }).map((cases) => cases.flatMap(({ train }) => train)),
  { numRuns: 1, seed: 11 },
);
const train = rowsTable(made);

function labelsOf(task: Task): Labels {
  const random = new Random(3);
  const score = made.map(({ f, b, u, words }) => {
    const known = Number.isFinite(f) ? Math.tanh(f) : -0.5;
    return known + (b ?? 0.3) + (u === 'a' ? 1 : 0) + words.length / 20 + random.normal() / 4;
  });
  if (task === 'regression') return { task, values: Float64Array.from(score) };
  const classes = task === 'binary' ? ['no', 'yes'] : ['low', 'middle', 'high'];
  return {
    task,
    classes,
    values: Int32Array.from(score, (value) => Math.min(classes.length - 1, Math.max(0, Math.floor(value)))),
  };
}

async function expectParity(task: Task, algorithm: 'gbdt' | 'linear', select: boolean): Promise<void> {
  const labels = labelsOf(task);
  const rows = { table: train, labels };
  const fitted = await fitModel({
    ...{ name: 'derived', task, algorithm, seed: 42, schema: schemaOf(train), use: USE, progress: () => {} },
    params: algorithm === 'gbdt' ? { num_iterations: 30, min_data_in_leaf: 5 } : {},
    derive: Object.values(ITEMS).flat(),
    train: rows,
    validation: rows,
    ...(select && { select: { max: 25, correlation_max: 0.99 } }),
  });
  expect(fitted.plan.features.length).toBe(select ? 25 : fitted.importance.length);
  expect(fitted.importance.filter(({ importance }) => importance > 0).length).toBeGreaterThan(5);
  const model = await openModel(fitted.model);
  try {
    await fc.assert(
      fc.asyncProperty(CASE, async ({ asked, train: seen }) => {
        const table = rowsTable([...asked, ...seen.slice(0, 20)]);
        const { scores } = await model.predict(table, { task, classes: fitted.classes });
        const own = fitted.predict(table).scores;
        expect(scores.length).toBe(own.length);
        for (const [index, score] of scores.entries()) {
          const size = task === 'regression' ? Math.max(1, Math.abs(own[index]!)) : 1;
          expect(Math.abs(score - own[index]!) / size).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 40 },
    );
  } finally {
    await model.close();
  }
}

describe('a model on every transform predicts in the graph as in training', () => {
  it.each(['binary', 'multiclass', 'regression'] as const)('gbdt, %s', (task) => expectParity(task, 'gbdt', false));

  it.each(['binary', 'multiclass'] as const)('linear, %s', (task) => expectParity(task, 'linear', false));

  it('gbdt, on the features that were selected', () => expectParity('binary', 'gbdt', true));
});
