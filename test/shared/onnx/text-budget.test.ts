import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openModel } from '../../../shared/onnx/session.js';
import { MOST_CHARACTERS as BUDGET, runEnds } from '../../../shared/onnx/text-budget.js';
import { fitModel } from '../../../shared/training/fit.js';
import { schemaOf, tableOf } from '../features/tables.js';

test('runs follow each other, hold at most so many rows, and no long text stands among many rows', () => {
  const lengths = fc.array(fc.oneof(fc.nat(50), fc.nat(BUDGET), fc.constant(3 * BUDGET)), { maxLength: 60 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 20 }), fc.nat(5), (texts, most, start) => {
      const ends = runEnds(start, start + texts.length, most, (row) => texts[row - start]!);
      let from = start;
      for (const [index, end] of ends.entries()) {
        const rows = end - from;
        const cost = (to: number): number => (to - from) * Math.max(...texts.slice(from - start, to - start));
        expect(rows).toBeGreaterThan(0);
        expect(rows).toBeLessThanOrEqual(most);
        if (rows > 1) expect(cost(end)).toBeLessThanOrEqual(BUDGET);
        // No run ends before it has to.
        if (index < ends.length - 1) expect(rows === most || cost(end + 1) > BUDGET).toBe(true);
        from = end;
      }
      expect(from).toBe(start + texts.length);
    }),
  );
});

test('without text only the number of rows counts', () => {
  expect(runEnds(0, 5000, 2048)).toEqual([2048, 4096, 5000]);
  expect(runEnds(7, 7, 2048)).toEqual([]);
});

test('a text of a million words among short ones scores as by itself', async () => {
  const notes = Array.from({ length: 60 }, (_, row) => (row % 2 === 0 ? 'good and quick' : 'slow'));
  const table = tableOf({ note: ['string', notes], size: ['number', notes.map((_, row) => row)] });
  const rows = { table, labels: { task: 'regression' as const, values: Float64Array.from(notes, (note) => note.length) } };
  const { model } = await fitModel({
    ...{ name: 'notes', task: 'regression', algorithm: 'linear', params: {}, seed: 1, progress: () => {} },
    ...{ schema: schemaOf(table), use: ['size'], derive: [{ from: 'note', hashed_tokens: 4 }], train: rows, validation: rows },
  });
  const long = 'slow '.repeat(1_000_000);
  const asked = notes.map((note, row) => (row === 30 ? long : note));
  const session = await openModel(model);
  const context = { task: 'regression', classes: [] } as const;
  const sizes = (row: number) => ({ size: ['number', [row]] as const });
  try {
    const before = process.memoryUsage().rss;
    const all = await session.predict(
      tableOf({ note: ['string', asked], size: ['number', asked.map((_, row) => row)] }),
      context,
    );
    // In one run of 60 rows the words alone would be 4.8 GB.
    expect(process.memoryUsage().rss - before).toBeLessThan(1e9);
    const alone = await session.predict(tableOf({ note: ['string', [long]], ...sizes(30) }), context);
    expect(all.scores[30]).toBe(alone.scores[0]);
    const short = await session.predict(tableOf({ note: ['string', ['slow']], ...sizes(31) }), context);
    expect(all.scores[31]).toBe(short.scores[0]);
  } finally {
    await session.close();
  }
});
