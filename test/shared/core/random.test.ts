import { expect, test } from 'vitest';
import { Random } from '../../../shared/core/random.js';

test('a seed gives these numbers for ever: models and intervals depend on them', () => {
  const random = new Random(42);
  expect([random.uint32(), random.uint32(), random.uint32()]).toMatchInlineSnapshot(`
    [
      1959603763,
      2423114712,
      2466933512,
    ]
  `);
});

test('seeds and streams are different sources', () => {
  const first = [new Random(1), new Random(2), new Random(1, 1), new Random(1, 2)].map((random) => random.uint32());
  expect(new Set(first).size).toBe(4);
});

test('uniform numbers fill [0, 1) evenly and normal ones have mean 0 and variance 1', () => {
  const random = new Random(7);
  const bins = new Array<number>(10).fill(0);
  let sum = 0;
  let squares = 0;
  const draws = 100_000;
  for (let draw = 0; draw < draws; draw++) {
    bins[Math.floor(random.uniform() * 10)]!++;
    const normal = random.normal();
    sum += normal;
    squares += normal * normal;
  }
  // Five standard deviations of a binomial with p = 0.1, and of the mean and variance of normal draws.
  for (const count of bins) expect(Math.abs(count - draws / 10)).toBeLessThan(5 * Math.sqrt(draws * 0.09));
  expect(Math.abs(sum / draws)).toBeLessThan(5 / Math.sqrt(draws));
  expect(Math.abs(squares / draws - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
});

test('a tally is that of single draws, and the sequence goes on behind it', () => {
  for (const limit of [1, 7, 1000]) {
    const [bulk, single] = [new Random(3, limit), new Random(3, limit)];
    const counts = new Uint8Array(limit + 2);
    bulk.tally(counts, 1, limit, 200);
    const expected = new Uint8Array(limit + 2);
    for (let draw = 0; draw < 200; draw++) expected[1 + single.integer(limit)]!++;
    expect(counts).toEqual(expected);
    expect(bulk.uint32()).toBe(single.uint32());
  }
});
