import { checkContract } from '../../shared/data/contract/check.js';
import { openDataset } from '../../shared/data/dataset.js';
import { openDatabase, readRows } from '../../shared/data/duckdb.js';
import { identifier, literal } from '../../shared/data/sql.js';
import { parseSpec } from '../../shared/spec/load.js';
import { COLUMNS, SPEC } from './profile-data.js';

/**
 * One run in a process of its own, so that its peak memory is its own: `node contract-run.ts WHAT FILE` prints seconds
 * and megabytes as JSON.
 */

const [what = '', file = ''] = process.argv.slice(2);

/** A rule or more for each of the ten columns: presence, types, missing shares, ranges, sets, patterns, lengths, dates, conditions. */
const CONTRACT = `${SPEC}contract:
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

/** What the action does: the file is opened, every rule is judged. */
async function contract(): Promise<number> {
  const loaded = parseSpec(CONTRACT, 'mlops.yaml');
  const dataset = await openDataset({ ...loaded, directory: '/', data: [file], inFileOrder: true });
  try {
    const results = await checkContract(dataset, loaded);
    const failing = results.filter(({ passed }) => !passed);
    if (failing.length > 0) throw new Error(`the table breaks its contract: ${JSON.stringify(failing)}`);
    return results.length;
  } finally {
    dataset.close();
  }
}

/** The floor: each column is read, counted, and its smallest and largest value kept. */
async function scan(): Promise<number> {
  const database = await openDatabase();
  try {
    const aggregates = COLUMNS.flatMap(({ name }) => ['count', 'min', 'max'].map((of) => `${of}(${identifier(name)})`));
    const from = `read_parquet(${literal(file)})`;
    return Object.keys((await readRows(database.connection, `SELECT ${aggregates.join(', ')} FROM ${from}`))[0]!).length;
  } finally {
    database.close();
  }
}

const WORK: Readonly<Record<string, () => Promise<number>>> = { contract, scan };
const work = WORK[what];
if (!work) throw new Error(`no work ${what}; there are ${Object.keys(WORK).join(', ')}`);
// The engine is loaded before the clock starts, for both.
(await openDatabase()).close();
const started = performance.now();
const size = await work();
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, size, megabytes: process.resourceUsage().maxRSS / 1024 }));
