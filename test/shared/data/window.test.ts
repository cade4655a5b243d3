import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignParts, fitSplit } from '../../../shared/data/split.js';
import type { SplitRule } from '../../../shared/data/split-rule.js';
import { OUTSIDE, PARTS } from '../../../shared/data/table.js';
import { newestLabelled } from '../../../shared/data/window.js';
import { cleanUp, openCsv, userError } from './workspace.js';

cleanUp();

const day = (index: number): string => new Date(Date.UTC(2001, 0, 1 + index)).toISOString().slice(0, 10);
const micros = (index: number): string => `${Date.UTC(2001, 0, 1 + index)}000`;
/** A row a day; the last `unlabelled` days have no label yet. */
function days(count: number, { unlabelled = 0, from = 0 } = {}): string {
  const lines = Array.from({ length: count }, (_, index) => {
    return `${from + index},${day(from + index)},${index < count - unlabelled ? index % 2 : ''}`;
  });
  return `id,day,y\n${lines.join('\n')}\n`;
}
const data = { path: 'data.csv', time: 'day', key: 'id' };
const byTime = { data, split: { by: 'time', validation: 0.1, test: 0.2 } };
const byHash = { data, split: { by: 'hash', validation: 0.1, test: 0.2 } };

async function partsOf(dataset: Awaited<ReturnType<typeof openCsv>>, parts: Uint8Array): Promise<Map<number, string>> {
  const { columns } = await dataset.table(['id']);
  const ids = columns.get('id') as { values: BigInt64Array };
  return new Map(Array.from(parts, (part, row) => [Number(ids.values[row]), part === OUTSIDE ? 'outside' : PARTS[part]!]));
}

describe('a window', () => {
  it('by time divides the newest rows by the shares, and the others are in no part', async () => {
    const dataset = await openCsv(days(100), byTime);
    const split = await fitSplit(dataset, dataset.spec, { window: '20d' });
    expect(split.rule).toMatchObject({
      by: 'time',
      boundaries: { validation: micros(94), test: micros(96) },
      window: { column: 'day', after: micros(79) },
    });
    expect(split.counts).toEqual({ train: 14, validation: 2, calibration: 0, test: 4 });
    const found = await partsOf(dataset, split.parts);
    expect([79, 80, 93, 94, 95, 96, 99].map((id) => found.get(id))).toEqual([
      ...['outside', 'train', 'train', 'validation', 'validation', 'test', 'test'],
    ]);
    expect(split.notices).toEqual(['80 rows are older than the last 20d and are neither trained on nor held out']);
  });

  it('by hash leaves every row of it in the part that it has without', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 30, max: 90 }), fc.integer({ min: 25, max: 100 }), async (count, length) => {
        const dataset = await openCsv(days(count), byHash);
        const whole = await fitSplit(dataset, dataset.spec);
        const window = await fitSplit(dataset, dataset.spec, { frozen: whole.rule, window: `${length}d` });
        const [before, after] = [await partsOf(dataset, whole.parts), await partsOf(dataset, window.parts)];
        for (const [id, part] of after) expect(part).toBe(id >= count - length ? before.get(id) : 'outside');
        expect(Object.values(window.counts).reduce((sum, found) => sum + found, 0)).toBe(Math.min(count, length));
        // What the manifest says divides the rows the same way again.
        expect(await assignParts(dataset, JSON.parse(JSON.stringify(window.rule)) as SplitRule)).toEqual(window.parts);
      }),
      { numRuns: 8 },
    );
  });

  it('ends at the newest labelled row, wherever labels are late', async () => {
    const dataset = await openCsv(days(100, { unlabelled: 15 }), byTime);
    expect(await newestLabelled(dataset, dataset.spec)).toEqual({ column: 'day', at: micros(84) });
    const { rule, parts } = await fitSplit(dataset, dataset.spec, { window: '20d' });
    expect(rule).toMatchObject({ boundaries: { test: micros(81) }, window: { after: micros(64) } });
    // Those that come after it are held out as well, until they have a label.
    expect((await partsOf(dataset, parts)).get(99)).toBe('test');
  });

  it('is of this training: an earlier one is not taken over', async () => {
    const first = await openCsv(days(60), byHash);
    const { rule } = await fitSplit(first, first.spec, { window: '30d' });
    const second = await openCsv(days(60, { from: 30 }), byHash);
    const again = await fitSplit(second, second.spec, { frozen: rule });
    expect(again.rule.window).toBeUndefined();
    expect(again.rule).toMatchObject({ cuts: (rule as Extract<SplitRule, { by: 'hash' }>).cuts });
    expect((await fitSplit(second, second.spec, { window: '400d' })).notices).toEqual([
      'no row is older than the last 400d, so all are used',
    ]);
  });

  it.each([
    ['no time', days(30), { split: { by: 'hash' } }, /needs data\.time/],
    ['whole numbers', days(30).replace(/\d{4}-\d\d-\d\d/g, '7'), byHash, /holds whole numbers; it needs dates/],
    ['text', days(30).replace(/\d{4}-\d\d-\d\d/g, 'soon'), byHash, /time day is text/],
    ['too little in it', days(30), byTime, /by time leaves .* empty/],
  ])('with %s is refused', async (_name, text, sections, reason) => {
    const dataset = await openCsv(text, sections);
    expect(await userError(fitSplit(dataset, dataset.spec, { window: '2d' }))).toMatch(reason);
  });
});

describe('a split by time', () => {
  it('takes its shares of the labelled rows, so that the test part can judge', async () => {
    const dataset = await openCsv(days(100, { unlabelled: 50 }), byTime);
    expect((await fitSplit(dataset, dataset.spec)).rule).toMatchObject({
      boundaries: { validation: micros(35), test: micros(40) },
    });
  });
});
