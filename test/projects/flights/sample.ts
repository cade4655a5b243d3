import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { AskedRow, DataPart, Period, Sample } from '../sample.js';
import { vegaDataset } from '../sample.js';

/** Every tenth of three million real flights, all six months: 300,000 rows. */
const EVERY = 10;

export const sample: Sample = {
  title: 'Derive hour and weekday, grow larger trees',
  branch: 'hour-and-weekday',
  story: {
    worse: 'A smaller model: the hour left out',
    decisive: true,
    service: {
      before: { months: [1, 3] },
      nights: [
        {
          at: '2001-06-07',
          traffic: ['2001-04-01', '2001-06-07'],
          labels: ['2001-04-01', '2001-06-04'],
          data: { months: [1, 6], until: '2001-06-04' },
        },
        {
          at: '2001-07-05',
          traffic: ['2001-06-07', '2001-07-01'],
          labels: ['2001-06-04', '2001-07-01'],
          data: { months: [1, 6] },
        },
      ],
      requests: (period) => withDatabase((connection) => readRequests(connection, period)),
      writeLabels: (file, period) =>
        writeParquet(file, `SELECT ${ID} AS mlops_id, delay FROM ${rowsOf()} WHERE ${within(period)} ORDER BY date, row`),
    },
  },
  prepare: (directory, part) =>
    writeParquet(
      join(directory, 'data/flights.parquet'),
      `SELECT date, delay, distance, origin, destination FROM ${rowsOf(part)}`,
    ),
};

/** The source has no number of a flight; its place there is one. */
const ID = "'flight-' || row";

function rowsOf(part?: DataPart): string {
  const months = part === undefined ? '' : `AND month(date) BETWEEN ${part.months[0]} AND ${part.months[1]}`;
  const until = part?.until === undefined ? '' : `AND date < '${part.until}'`;
  const numbered = `SELECT *, row_number() OVER () AS row FROM '${vegaDataset('flights-3m.parquet')}'`;
  return `(SELECT * FROM (${numbered}) WHERE row % ${EVERY} = 0 ${months} ${until})`;
}

function within([from, to]: Period): string {
  return `date >= '${from}' AND date < '${to}'`;
}

async function readRequests(connection: DuckDBConnection, period: Period): Promise<AskedRow[]> {
  const reader = await connection.runAndReadAll(
    `SELECT ${ID} AS id, strftime(date, '%Y-%m-%dT%H:%M:%SZ') AS date, distance::INTEGER AS distance, origin, destination
     FROM ${rowsOf()} WHERE ${within(period)} ORDER BY date, row`,
  );
  return reader.getRowObjectsJson().map(({ id, ...values }) => ({ id: String(id), values: values as AskedRow['values'] }));
}

async function writeParquet(file: string, select: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await withDatabase((connection) => connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`));
}

async function withDatabase<Result>(task: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return await task(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
