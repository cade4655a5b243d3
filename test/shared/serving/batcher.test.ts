import { expect, test } from 'vitest';
import { Batcher } from '../../../shared/serving/batcher.js';
import { predict } from '../../../shared/serving/protocols/predict.js';
import type { ParsedRequest } from '../../../shared/serving/protocols/protocol.js';
import type { InvalidRows } from '../../../shared/serving/request-error.js';
import type { RowBuffer } from '../../../shared/serving/row-buffer.js';
import type { OutputValues } from '../../../shared/serving/scored-rows.js';
import type { Servable } from '../../../shared/serving/servable.js';
import { createTarget } from '../../../shared/serving/target.js';

const servable: Servable = {
  name: 'double',
  version: 'v1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  columns: [{ name: 'x', type: 'number', tensor: 'float64', rank: 2, width: 1 }],
  outputs: [{ name: 'prediction', tensor: 'float64', shape: ['N', 1] }],
  scores: { task: 'regression', output: 'prediction', classes: [], threshold: 0.5 },
};

/** Doubles x, fails on 13, and remembers its runs. */
class Doubling {
  readonly runs: number[] = [];

  async run(buffer: RowBuffer, start: number, end: number): Promise<ReadonlyMap<string, OutputValues>> {
    this.runs.push(end - start);
    const column = buffer.columns[0]!;
    const values = column.createLog(end - start) as Float64Array;
    column.copy(values, 0, start, end);
    await new Promise((resolve) => setImmediate(resolve));
    if (values.includes(13)) throw new Error('13 is too much');
    // A graph that gives something else than it says.
    if (values.includes(14)) return new Map([['prediction', [1, 2, 3]]]);
    if (values.includes(15)) return new Map([['prediction', new Array<number>(2 * values.length).fill(0)]]);
    return new Map([['prediction', values.map((value) => value * 2)]]);
  }
}

function setUp(): { scorer: Doubling; ask: (values: readonly unknown[]) => Promise<unknown> } {
  const scorer = new Doubling();
  const batcher = new Batcher(servable, scorer);
  const target = createTarget(servable);
  const ask = (values: readonly unknown[]): Promise<unknown> => {
    const body = Buffer.from(JSON.stringify({ rows: values.map((x) => ({ x })) }));
    const request: ParsedRequest = predict.parse(body, 'application/json', target);
    return new Promise((resolve) => {
      batcher.submit(
        request,
        values.map((_, row) => String(row)),
        {
          scored: (rows) => resolve(Array.from({ length: rows.rows }, (_, row) => rows.score(row))),
          refused: (_buffer, _at, error: InvalidRows) => resolve(error.message),
          failed: (error) => resolve(error instanceof Error ? error.message : error),
        },
      );
    });
  };
  return { scorer, ask };
}

test('requests of one turn share a run, and each gets its own rows back', async () => {
  const { scorer, ask } = setUp();
  const answers = await Promise.all([ask([1]), ask([2, 3]), ask([null]), ask([4])]);
  expect(answers).toEqual([[2], [4, 6], [Number.NaN], [8]]);
  expect(scorer.runs).toEqual([5]);
});

test('a request that comes later does not wait and is not waited for', async () => {
  const { scorer, ask } = setUp();
  const first = ask([1]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await Promise.all([first, ask([2])])).toEqual([[2], [4]]);
  expect(scorer.runs).toEqual([1, 1]);
});

test('a run takes 64 rows, and a larger request goes alone', async () => {
  const { scorer, ask } = setUp();
  const some = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row + 100);
  const sizes = [40, 30, 34, 65, 64, 1];
  const answers = await Promise.all(sizes.map((rows) => ask(some(rows))));
  expect(answers).toEqual(sizes.map((rows) => some(rows).map((value) => value * 2)));
  expect([...scorer.runs].sort((a, b) => a - b)).toEqual([1, 40, 64, 64, 65]);
});

test('rows that are refused leave no trace in the rows that come after them', async () => {
  const { scorer, ask } = setUp();
  const answers = await Promise.all([ask([1]), ask([5, 'six', 7]), ask([2])]);
  expect(answers).toEqual([[2], 'row 2, column "x": found the text "six"; accepted is a number or null', [4]]);
  expect(scorer.runs).toEqual([2]);
  expect(await ask(['seven'])).toMatch(/"seven"/);
  expect(scorer.runs).toEqual([2]);
});

test('rows that the model fails on do not fail the others of their run', async () => {
  const { scorer, ask } = setUp();
  const answers = await Promise.all([ask([1]), ask([12, 13]), ask([2])]);
  expect(answers).toEqual([[2], '13 is too much', [4]]);
  expect(scorer.runs).toEqual([4, 1, 2, 1]);
  expect(await ask([13])).toBe('13 is too much');
});

test('outputs that are not of the rows are an error, not an answer', async () => {
  const { ask } = setUp();
  expect(await Promise.all([ask([14]), ask([1])])).toEqual(
    new Array(2).fill('the model\'s output "prediction" has 3 values for 2 rows'),
  );
  expect(await ask([15])).toBe('the model\'s output "prediction" has 2 values a row where 1 are expected');
});
