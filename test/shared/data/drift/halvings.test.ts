import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import type { Distribution } from '../../../../shared/data/distribution/distribution.js';
import { mergeDistributions } from '../../../../shared/data/distribution/merge.js';
import { sealed } from '../../../../shared/data/distribution/seal.js';
import { findDrift } from '../../../../shared/data/drift/drift.js';
import type { Database } from '../../../../shared/data/duckdb.js';
import { openFlights, readFlights } from '../flights.js';

/** A procedure whose chance is 5 % stays at or below this in 200 trials with a probability of 99 %. */
const MOST_OF_200 = 18;

let database: Database;
beforeAll(async () => {
  database = await openFlights();
});
afterAll(() => database.close());

test('200 random halvings of January by days report drift no more often than the bound', { timeout: 240_000 }, async () => {
  const days = await readFlights(database, 'CASE WHEN month(date) = 1 THEN day(date) - 1 END', 31);
  let reported = 0;
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed);
    const order = days.map((_, day) => day);
    for (let at = order.length - 1; at > 0; at--) {
      const other = random.integer(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    const sum = (chosen: readonly number[]): Distribution => chosen.map((day) => days[day]!).reduce(mergeDistributions);
    // Almost no effect is asked for: the evidence is what is tested.
    const options = { minEffect: 0.01, alpha: 0.05, seed };
    const found = findDrift(sealed(sum(order.slice(0, 15))), sum(order.slice(15)), options);
    if (found.some((column) => column.drifted)) reported++;
  }
  expect(reported).toBeGreaterThan(0);
  expect(reported).toBeLessThanOrEqual(MOST_OF_200);
});
