import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Table } from '../../../shared/data/table.js';
import { fitFeatures } from '../../../shared/features/fit.js';
import { buildMatrix } from '../../../shared/features/matrix.js';
import type { FeaturePlan } from '../../../shared/features/plan.js';
import { addFeatures } from '../../../shared/features/to-graph.js';
import { openModel } from '../../../shared/onnx/session.js';
import { createGraph } from '../../../shared/onnx/write.js';
import { DATE_PARTS } from '../../../shared/spec/schema.js';
import { moment, schemaOf, tableOf } from './tables.js';

/** The features that ONNX Runtime computes of every row, row by row in one array. */
async function throughOnnx(plan: FeaturePlan, table: Table): Promise<Float32Array> {
  const graph = createGraph('features');
  const { features } = addFeatures(plan, schemaOf(table), graph);
  graph.output(features, 'float32', ['N', plan.features.length]);
  const model = await openModel(graph.toModel());
  try {
    // Features stand in for the scores of as many classes: nothing between the graph and the test touches them.
    const width = plan.features.length;
    if (width === 1) return Float32Array.from((await model.predict(table, { task: 'regression', classes: [] })).scores);
    const classes = Array.from({ length: width }, (_, index) => String(index));
    return Float32Array.from((await model.predict(table, { task: 'multiclass', classes })).scores);
  } finally {
    await model.close();
  }
}

async function expectSameBits(plan: FeaturePlan, table: Table): Promise<void> {
  const scored = await throughOnnx(plan, table);
  const { columns } = buildMatrix(plan, table);
  for (const [position, column] of columns.entries()) {
    const graphValues = column.values.map((_, row) => scored[row * columns.length + position]!);
    expect([plan.features[position]!.name, ...graphValues]).toEqual([plan.features[position]!.name, ...column.values]);
  }
}

const INT64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }),
  fc.bigInt({ min: -40n, max: 40n }),
  fc.constantFrom(
    -(2n ** 63n),
    -(2n ** 63n) + 1n,
    2n ** 63n - 1n,
    2n ** 53n + 1n,
    16_777_217n,
    -16_777_217n,
    9_007_199_791_611_905n,
  ),
);
const FLOAT64 = fc.oneof(
  fc.double(),
  fc.constantFrom(0.1, -0, 1e300, -1e300, 1e-310, Number.POSITIVE_INFINITY, Number.NaN, 16_777_217),
);
const TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('', ' ', 'a\0b', '\0', 'a', 'é', 'e\u0301', '𝒳', '\ud83d', '\udc00x', '"; DROP', '\ufffd', '\n', 'NaN'),
);
const MOMENT = fc.oneof(
  fc
    .date({ min: new Date('1600-01-01T00:00:00Z'), max: new Date('2400-12-31T23:59:59Z'), noInvalidDate: true })
    .chain((date) => fc.integer({ min: 0, max: 999 }).map((micro) => BigInt(date.getTime()) * 1000n + BigInt(micro))),
  INT64,
);

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
