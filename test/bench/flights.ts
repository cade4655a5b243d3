import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Random } from '../../shared/core/random.js';
import type { Labels } from '../../shared/data/table.js';
import type { Matrix, MatrixColumn } from '../../shared/features/plan.js';

const FLIGHTS = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));

/** Rows and whether each flight was more than 15 minutes late. */
export interface Sample {
  readonly matrix: Matrix;
  readonly labels: Labels;
}

/** What is predicted: late or not; early, on time or late; or the minutes of the delay, an hour each way at most. */
export type Target = 'late' | 'punctuality' | 'minutes';

/** All flights of the first half of 2001, from which parts are drawn. */
export interface Flights {
  readonly rows: number;
  /** Disjoint random rows to train and to test on, both ascending. Rows of one day are in both: fine to compare trainers, no forecast. */
  draw(trainRows: number, testRows: number, seed: number, target?: Target): { readonly train: Sample; readonly test: Sample };
}

/** Reads the flights once. */
export async function readFlights(): Promise<Flights> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run('SET threads = 2');
    const columns = await readColumns(connection);
    const rows = columns[0]!.values.length;
    const delays = await readNumbers(connection, 'delay');
    const take = (chosen: Int32Array, target: Target): Sample => ({
      matrix: {
        rows: chosen.length,
        columns: columns.map((column) => ({ ...column, values: Float32Array.from(chosen, (row) => column.values[row]!) })),
      },
      labels: labelsOf(
        Float64Array.from(chosen, (row) => delays[row]!),
        target,
      ),
    });
    return {
      rows,
      draw(trainRows, testRows, seed, target = 'late') {
        const [train, test] = drawRows(rows, trainRows, testRows, seed);
        return { train: take(train, target), test: take(test, target) };
      },
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function labelsOf(delays: Float64Array, target: Target): Labels {
  if (target === 'minutes') return { task: 'regression', values: delays.map((delay) => Math.max(-60, Math.min(60, delay))) };
  const isLate = (delay: number): boolean => delay > 15;
  if (target === 'late')
    return {
      task: 'binary',
      classes: ['on time', 'late'],
      values: Int32Array.from(delays, (delay) => (isLate(delay) ? 1 : 0)),
    };
  const values = Int32Array.from(delays, (delay) => (isLate(delay) ? 2 : delay < -5 ? 0 : 1));
  return { task: 'multiclass', classes: ['early', 'on time', 'late'], values };
}

async function readColumns(connection: DuckDBConnection): Promise<MatrixColumn[]> {
  const numbers: [string, string][] = [
    ['month', 'month(date)'],
    ['day', 'day(date)'],
    ['weekday', 'isodow(date) - 1'],
    ['minute_of_day', 'hour(date) * 60 + minute(date)'],
    ['distance', 'distance'],
  ];
  const columns: MatrixColumn[] = [];
  for (const [name, sql] of numbers) columns.push({ name, values: await readNumbers(connection, sql) });
  for (const name of ['origin', 'destination']) {
    // The most frequent airport is category 0, as the feature plan numbers levels.
    const code = `(SELECT ${name} AS place, row_number() OVER (ORDER BY count(*) DESC, ${name}) - 1 AS code FROM flights GROUP BY ${name})`;
    const values = await readNumbers(connection, 'codes.code', `LEFT JOIN ${code} codes ON codes.place = flights.${name}`);
    columns.push({ name, values, levels: values.reduce((largest, value) => Math.max(largest, value), 0) + 1 });
  }
  return columns;
}

/** One expression of every flight, in file order. */
async function readNumbers(connection: DuckDBConnection, sql: string, join = ''): Promise<Float32Array> {
  await connection.run(
    `CREATE VIEW IF NOT EXISTS flights AS SELECT *, file_row_number AS row FROM read_parquet('${FLIGHTS}', file_row_number = true)`,
  );
  const result = await connection.run(`SELECT CAST(${sql} AS DOUBLE) FROM flights ${join} ORDER BY flights.row`);
  const values: number[] = [];
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const value of chunk.getColumnValues(0)) values.push(Number(value));
  }
  return Float32Array.from(values);
}

/** Two disjoint sets of rows, ascending, each set equally likely. */
function drawRows(total: number, first: number, second: number, seed: number): [Int32Array, Int32Array] {
  const random = new Random(seed);
  const sets: [Int32Array, Int32Array] = [new Int32Array(first), new Int32Array(second)];
  let inFirst = 0;
  let inSecond = 0;
  for (let row = 0; row < total; row++) {
    const draw = random.uniform() * (total - row);
    if (draw < first - inFirst) sets[0][inFirst++] = row;
    else if (draw < first - inFirst + second - inSecond) sets[1][inSecond++] = row;
  }
  return sets;
}
