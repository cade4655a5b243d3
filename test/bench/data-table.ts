import { stringify } from 'yaml';
import { openDatabase } from '../../shared/data/duckdb.js';
import { literal } from '../../shared/data/sql.js';
import type { ColumnType } from '../../shared/data/table.js';

/** Ten columns of the kinds that tables have: a key, an event time, numbers of several shapes, texts of few and of many values. */
export const COLUMNS: readonly { readonly name: string; readonly type: ColumnType; readonly sql: string }[] = [
  { name: 'id', type: 'integer', sql: 'i' },
  { name: 'at', type: 'timestamp', sql: "TIMESTAMP '2025-01-01' + to_seconds(CAST(floor(i * (86400 * 90 / n)) AS BIGINT))" },
  { name: 'amount', type: 'number', sql: 'CASE WHEN hash(i, 1) % 20 > 0 THEN round(exp(2 * u1 + u2) * 100) / 100 END' },
  { name: 'score', type: 'number', sql: 'sqrt(-2 * ln(u1)) * cos(2 * pi() * u2)' },
  { name: 'visits', type: 'integer', sql: 'CAST(floor(-20 * ln(u2)) AS BIGINT)' },
  { name: 'customer', type: 'integer', sql: 'CAST(hash(i, 2) % 50000 AS BIGINT)' },
  {
    name: 'country',
    type: 'string',
    sql: "['DE','FR','IT','ES','PL','NL','BE','AT','CH','SE','DK','FI'][CAST(1 + hash(i, 3) % 12 AS BIGINT)]",
  },
  { name: 'product', type: 'string', sql: "'product ' || CAST(floor(1000 * u1 * u1) AS INTEGER)" },
  { name: 'note', type: 'string', sql: "'note ' || hash(i, 4) % 1000000" },
  { name: 'churned', type: 'boolean', sql: 'hash(i, 5) % 5 = 0' },
];

export const SPEC = stringify({
  name: 'bench',
  task: 'binary',
  data: { path: 'data.parquet', key: 'id', time: 'at' },
  target: { column: 'churned' },
  split: { by: 'time' },
  train: { algorithm: 'gbdt' },
});

/** A rule or more for each of the ten columns: presence, types, missing shares, ranges, sets, patterns, lengths, dates, conditions. */
export const CONTRACT = `${SPEC}contract:
  rows: { min: 1000 }
  freshness: { column: at, max_age: 36500d }
  checks: [{ name: amounts are paid, sql: amount > 0 }]
  columns:
    id: { type: integer, required: true, missing: { max: 0 }, min: 0 }
    at: { type: timestamp, min: 2025-01-01, max: 2025-12-31 }
    amount: { type: number, missing: { max: 0.1 }, min: 0 }
    score: { type: number, min: -10, max: 10, mean: { min: -0.1, max: 0.1 } }
    visits: { type: integer, min: 0 }
    customer: { min: 0, max: 49999 }
    country: { enum: [DE, FR, IT, ES, PL, NL, BE, AT, CH, SE, DK, FI] }
    product: { length: { min: 9, max: 11 } }
    note: { pattern: "note [0-9]+" }
    churned: { type: boolean, missing: { max: 0 } }
`;

/** Writes the table in the format that the file's name says: the same rows every time. */
export async function writeTable(file: string, rows: number): Promise<void> {
  const uniform = (seed: number): string => `((hash(range, ${seed}) % 1000000) + 0.5) / 1000000 AS u${seed - 10}`;
  const source = `SELECT range AS i, ${rows}::DOUBLE AS n, ${uniform(11)}, ${uniform(12)} FROM range(${rows})`;
  const columns = COLUMNS.map(({ name, sql }) => `${sql} AS ${name}`).join(', ');
  const format = file.endsWith('.csv') ? 'csv' : 'parquet';
  const { connection, close } = await openDatabase();
  try {
    await connection.run(`COPY (SELECT ${columns} FROM (${source})) TO ${literal(file)} (FORMAT ${format})`);
  } finally {
    close();
  }
}
