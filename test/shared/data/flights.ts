import type { Distribution } from '../../../shared/data/distribution/distribution.js';
import { readDistributions } from '../../../shared/data/distribution/read.js';
import type { WatchedColumn } from '../../../shared/data/distribution/watched-column.js';
import { type Database, openDatabase } from '../../../shared/data/duckdb.js';
import { literal } from '../../../shared/data/sql.js';
import { vegaDataset } from '../../projects/sample.js';

const COLUMNS: readonly WatchedColumn[] = [
  { name: 'distance', sql: 'distance', type: 'integer' },
  { name: 'delay', sql: 'delay', type: 'integer' },
  { name: 'origin', sql: 'origin', type: 'string' },
  { name: 'destination', sql: 'destination', type: 'string' },
  { name: 'date_hour', sql: 'date', type: 'timestamp', part: 'hour' },
];

/** Every third of three million real flights: as many days, and a third of the time. */
export async function openFlights(): Promise<Database> {
  const database = await openDatabase();
  await database.connection.run(
    `CREATE TABLE flights AS SELECT date, delay, distance, origin, destination FROM
     (SELECT *, row_number() OVER () AS row FROM ${literal(vegaDataset('flights-3m.parquet'))}) WHERE row % 3 = 0`,
  );
  return database;
}

/** @param group SQL of the group of a flight, in [0, count) */
export function readFlights({ connection }: Database, group: string, count: number): Promise<Distribution[]> {
  const time = { sql: 'date', unit: 'day' } as const;
  return readDistributions(connection, { from: 'flights', columns: COLUMNS, time, group: { sql: group, count } });
}
