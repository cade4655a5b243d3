import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Labels, Table } from '../../../shared/data/table.js';
import { fitFeatures } from '../../../shared/features/fit.js';
import type { FeaturePlan } from '../../../shared/features/plan.js';
import { type DerivedFeature, specSchema } from '../../../shared/spec/schema.js';
import { expectSameBits } from './parity.js';
import { CASE, ITEMS, rowsTable } from './rows.js';
import { schemaOf } from './tables.js';

function plan(derive: readonly DerivedFeature[], train: Table, labels: Labels): FeaturePlan {
  return fitFeatures({ schema: schemaOf(train), use: [], derive: [...derive], train, labels, task: labels.task });
}

async function sameForAll(items: readonly DerivedFeature[], numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(CASE, async ({ train, asked, seed, chunkRows }) => {
      const values = Int32Array.from(train, (_, row) => ((row * 7 + seed) % 11) % 3);
      const labels: Labels = { task: 'multiclass', classes: ['x', 'y', 'z'], values };
      const fitted = plan(items, rowsTable(train), labels);
      await expectSameBits(fitted, rowsTable([...asked, ...train.filter((_, row) => row % 5 === 0)]), chunkRows);
    }),
    { numRuns },
  );
}

describe('what the graph computes is the matrix, bit for bit, for missing, unseen, extreme and empty values', () => {
  it('of every transform that the spec knows', () => {
    const { shape } = specSchema.shape.features.unwrap().shape.derive.unwrap().element;
    expect(Object.keys(ITEMS).sort()).toEqual(
      Object.keys(shape)
        .filter((key) => key !== 'from' && key !== 'name')
        .sort(),
    );
  });

  it.each(Object.keys(ITEMS))('%s', (name) => sameForAll(ITEMS[name]!, 30));

  it('all of them together', () => sameForAll(Object.values(ITEMS).flat(), 15));
});
