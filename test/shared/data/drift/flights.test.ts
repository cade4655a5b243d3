import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealed } from '../../../../shared/data/distribution/seal.js';
import { findDrift } from '../../../../shared/data/drift/drift.js';
import type { Database } from '../../../../shared/data/duckdb.js';
import { openFlights, readFlights } from '../flights.js';

let database: Database;
beforeAll(async () => {
  database = await openFlights();
});
afterAll(() => database.close());

test('flights of January against June show the drift that is there, and name the columns', async () => {
  const [january, june] = await readFlights(database, 'CASE month(date) WHEN 1 THEN 0 WHEN 6 THEN 1 END', 2);
  // Small on purpose: half a million flights show changes that matter to nobody.
  const found = findDrift(sealed(january!), june!, { minEffect: 0.01, alpha: 0.05, seed: 1 });
  const drifted = found.filter((column) => column.drifted).map(({ name }) => name);
  expect(drifted.sort()).toEqual(['date_hour', 'delay', 'destination', 'distance', 'origin']);
  // Thirty days on either side: whole days change sides.
  expect(found.map(({ test }) => test?.method)).toEqual(Array(5).fill('blocks'));
  // It is there, and small: by what usually matters it is no alarm.
  expect(Math.max(...found.map(({ effect }) => effect.value))).toBeLessThan(0.1);
  expect(findDrift(sealed(january!), june!, { minEffect: 0.1, alpha: 0.05, seed: 1 }).some((column) => column.drifted)).toBe(
    false,
  );
});
