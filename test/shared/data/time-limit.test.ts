import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../shared/data/duckdb.js';
import { TimeLimitError, withTimeLimit } from '../../../shared/data/time-limit.js';

let database: Database;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

describe('the time limit', () => {
  it('stops a query that takes longer', async () => {
    const endless = () => database.connection.run('SELECT count(*) FROM range(1000000000000) t(i) WHERE sin(i) > 2');
    const started = performance.now();
    await expect(withTimeLimit(database.connection, endless, 0.2)).rejects.toThrow(TimeLimitError);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('leaves results and errors of others as they are', async () => {
    expect(await withTimeLimit(database.connection, async () => 7, 5)).toBe(7);
    const failing = () => database.connection.run("SELECT CAST('x' AS INTEGER)");
    await expect(withTimeLimit(database.connection, failing, 5)).rejects.toThrow(/Conversion Error/);
  });
});
