import fc from 'fast-check';
import { describe, it } from 'vitest';
import { fitFeatures } from '../../../shared/features/fit.js';
import { DATE_PARTS } from '../../../shared/spec/schema.js';
import { expectSameBits } from './parity.js';
import { FLOAT64, INT64, MOMENT, moment, schemaOf, TEXT, tableOf } from './tables.js';

describe('features in the graph', () => {
  it('equal the matrix bit for bit, for numbers, booleans and texts of any kind', async () => {
    const row = fc.record({ i: INT64, f: FLOAT64, b: fc.constantFrom(0, 1, null), s: TEXT });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.array(TEXT, { maxLength: 12 }),
        async (rows, texts) => {
          const table = tableOf({
            i: ['integer', rows.map((cells) => cells.i)],
            f: ['number', rows.map((cells) => cells.f)],
            b: ['boolean', rows.map((cells) => cells.b)],
            s: ['string', rows.map((cells) => cells.s)],
          });
          // Five rows a text make it a level; the other texts of the table are unseen.
          const seen = texts.flatMap((text) => Array<string>(5).fill(text));
          const train = tableOf({
            i: ['integer', seen.map(() => 0n)],
            f: ['number', seen.map(() => 0)],
            b: ['boolean', seen.map(() => 0)],
            s: ['string', seen],
          });
          const plan = fitFeatures({
            schema: schemaOf(table),
            use: ['i', 'f', 'b', 's'],
            derive: undefined,
            train,
            task: 'regression',
          });
          await expectSameBits(plan, table);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('equal the matrix bit for bit, for every part of any moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(MOMENT, { minLength: 1, maxLength: 200 }), async (moments) => {
        const table = tableOf({ at: ['timestamp', moments] });
        const derive = [{ from: 'at', parts: [...DATE_PARTS] }];
        await expectSameBits(fitFeatures({ schema: schemaOf(table), use: [], derive, train: table, task: 'binary' }), table);
      }),
      { numRuns: 60 },
    );
  });

  it('take a column named like an operator, and share the calendar of a column', async () => {
    const table = tableOf({
      cast_1: ['date', [moment('2001-03-04'), null, moment('1969-12-31')]],
      'größe in "mm"': ['number', [1.5, null, -2]],
    });
    const derive = [{ from: 'cast_1', parts: [...DATE_PARTS] }];
    await expectSameBits(
      fitFeatures({ schema: schemaOf(table), use: ['größe in "mm"'], derive, train: table, task: 'binary' }),
      table,
    );
  });
});
