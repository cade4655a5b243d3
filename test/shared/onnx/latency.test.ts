import { expect, it } from 'vitest';
import { measureLatencies, measureLatency } from '../../../shared/onnx/latency.js';

/** Works, rather than waits, so that what is measured does not hang on the timer of an idle machine. */
async function work(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it('is in milliseconds, and of the rows as they are', async () => {
  // One row of twenty takes ten times as long.
  const { p50Ms, p99Ms } = await measureLatency((row) => work(row === 7 ? 5 : 0.5), 20);
  expect(p50Ms).toBeGreaterThanOrEqual(0.5);
  expect(p50Ms).toBeLessThan(5);
  expect(p99Ms).toBeGreaterThanOrEqual(5);
});

it('leaves out stops that meet some runs of a row, but not all', async () => {
  let runs = 0;
  const { p99Ms } = await measureLatency(() => work(runs++ % 7 === 0 ? 20 : 0.1), 40, { budgetMs: 5000 });
  expect(p99Ms).toBeLessThan(20);
});

it('runs every row before it runs one again', async () => {
  const seen: number[] = [];
  await measureLatency(async (row) => seen.push(row), 30, { rows: 10, repeats: 3, budgetMs: 1e6 });
  const pass = [0, 3, 6, 9, 12, 15, 18, 21, 24, 27];
  expect(seen.slice(-30)).toEqual([...pass, ...pass, ...pass]);
  expect(seen.length).toBe(50 + 30);
});

it('takes about the time that it may, however slow the model is', async () => {
  let runs = 0;
  const slow = (): Promise<void> => {
    runs++;
    return work(20);
  };
  await measureLatency(slow, 1000, { budgetMs: 200 });
  expect(runs).toBeLessThanOrEqual(25);
  runs = 0;
  const { p50Ms, p99Ms } = await measureLatency(slow, 1000, { budgetMs: 1 });
  expect(runs).toBe(2);
  expect(p50Ms).toBe(p99Ms);
});

it('does not take the first, slow runs for what a model needs', async () => {
  const rows = new Set<number>();
  let runs = 0;
  const run = (row: number): Promise<void> => {
    if (runs >= 3) rows.add(row);
    return work(runs++ < 2 ? 25 : 1);
  };
  await measureLatency(run, 1000, { rows: 20, budgetMs: 400, warmUp: 3 });
  expect(rows.size).toBeGreaterThan(3);
});

it('lets models take turns of ten rows, and times each by its own runs', async () => {
  const turns: string[] = [];
  const model =
    (name: string, ms: number) =>
    async (row: number): Promise<void> => {
      turns.push(name);
      await work(row === 3 ? 10 * ms : ms);
    };
  const options = { rows: 20, repeats: 2, budgetMs: 1e6, warmUp: 1 };
  const [slow, fast] = await measureLatencies([model('a', 1), model('b', 0.1)], 20, options);
  const ten = (name: string): string => name.repeat(10);
  const pass = [ten('a'), ten('b'), ten('a'), ten('b')].join('');
  expect(turns.join('')).toBe(`ab${pass}${pass}`);
  expect(slow!.p50Ms).toBeGreaterThanOrEqual(1);
  expect(slow!.p99Ms).toBeGreaterThanOrEqual(10);
  expect(fast!.p50Ms).toBeLessThan(1);
});

it('needs a row', async () => {
  await expect(measureLatency(() => work(1), 0)).rejects.toThrow('at least one row');
});
