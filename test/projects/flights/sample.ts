import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Sample } from '../sample.js';
import { vegaDataset } from '../sample.js';

/** Every tenth of three million real flights, all six months: 300,000 rows. */
const EVERY = 10;

export const sample: Sample = {
  title: 'Derive hour and weekday, grow larger trees',
  branch: 'hour-and-weekday',
  story: { worse: 'A smaller model: the hour left out', decisive: true },
  async prepare(directory, part) {
    await mkdir(join(directory, 'data'), { recursive: true });
    const source = vegaDataset('flights-3m.parquet');
    const months = part === undefined ? '' : `AND month(date) BETWEEN ${part.months[0]} AND ${part.months[1]}`;
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    try {
      await connection.run(
        `COPY (SELECT date, delay, distance, origin, destination
               FROM (SELECT *, row_number() OVER () AS row FROM '${source}') WHERE row % ${EVERY} = 0 ${months})
         TO '${join(directory, 'data/flights.parquet')}' (FORMAT parquet, COMPRESSION zstd)`,
      );
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  },
};
