import { openDataset } from '../../shared/data/dataset.js';
import { readDistributions, type WatchedColumn } from '../../shared/data/distribution/read.js';
import { sealed } from '../../shared/data/distribution/seal.js';
import { openDatabase, readRows } from '../../shared/data/duckdb.js';
import { profileDataset } from '../../shared/data/profile/profile.js';
import { identifier, literal } from '../../shared/data/sql.js';
import { parseSpec } from '../../shared/spec/load.js';
import { COLUMNS, SPEC } from './profile-data.js';

/**
 * One run in a process of its own, so that its peak memory is its own: `node profile-run.ts WHAT FILE` prints seconds
 * and megabytes as JSON.
 */

const [what = '', file = ''] = process.argv.slice(2);

/** The profile that adds up: moments, histograms, values; read from the file itself. */
async function distributions(): Promise<number> {
  const database = await openDatabase();
  try {
    const columns = COLUMNS.filter(({ type }) => type !== 'timestamp').map(
      ({ name, type }): WatchedColumn => ({ name, type, sql: identifier(name) }),
    );
    const hour: WatchedColumn = { name: 'at_hour', type: 'timestamp', sql: '"at"', part: 'hour' };
    const from = `read_parquet(${literal(file)})`;
    const [found] = await readDistributions(database.connection, {
      ...{ from, columns: [...columns, hour] },
      time: { sql: '"at"', unit: 'day' },
    });
    return JSON.stringify(sealed(found!)).length;
  } finally {
    database.close();
  }
}

/** The whole exploration of the action `profile`, reading and sorting the rows included. */
async function exploration(): Promise<number> {
  const { spec, locate } = parseSpec(SPEC, 'mlops.yaml');
  const dataset = await openDataset({ spec, directory: '/', locate, data: [file] });
  try {
    return JSON.stringify(await profileDataset(dataset, spec)).length;
  } finally {
    dataset.close();
  }
}

async function summarize(): Promise<number> {
  const database = await openDatabase();
  try {
    return (await readRows(database.connection, `SUMMARIZE SELECT * FROM read_parquet(${literal(file)})`)).length;
  } finally {
    database.close();
  }
}

const WORK: Readonly<Record<string, () => Promise<number>>> = { distributions, exploration, summarize };
const work = WORK[what];
if (!work) throw new Error(`no work ${what}; there are ${Object.keys(WORK).join(', ')}`);
const started = performance.now();
const size = await work();
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, size, megabytes: process.resourceUsage().maxRSS / 1024 }));
