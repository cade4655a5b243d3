import { checkContract } from '../../shared/data/contract/check.js';
import { openDatabase, readRows } from '../../shared/data/duckdb.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { PROFILE_SAMPLE, profileDataset } from '../../shared/data/profile/profile.js';
import { identifier, literal } from '../../shared/data/sql.js';
import { parseSpec } from '../../shared/spec/load.js';
import { COLUMNS, CONTRACT, SPEC } from './data-table.js';
import { peakMegabytes } from './peak-memory.js';

/**
 * One run in a process of its own, so that its peak memory is its own: `node data-run.ts WHAT FILE` prints what it took
 * as JSON, as the peers' script does.
 */

const [what = '', file = ''] = process.argv.slice(2);
const contractSpec = parseSpec(CONTRACT, 'mlops.yaml');
const profileSpec = parseSpec(SPEC, 'mlops.yaml');

/** What the action `validate` does: the file is opened, every rule is judged. */
async function contract(): Promise<number> {
  const dataset = await openDataset({ ...contractSpec, directory: '/', data: [file], inFileOrder: true });
  try {
    const results = await checkContract(dataset, contractSpec);
    const failing = results.filter(({ passed }) => !passed);
    if (failing.length > 0) throw new Error(`the table breaks its contract: ${JSON.stringify(failing)}`);
    return results.length;
  } finally {
    dataset.close();
  }
}

/** What the action `profile` does: the whole exploration, as it is written to `profile.json`. */
async function profile(): Promise<number> {
  const { spec, locate } = profileSpec;
  const dataset = await openDataset({ spec, directory: '/', locate, data: [file], sample: PROFILE_SAMPLE });
  try {
    return JSON.stringify(await profileDataset(dataset, spec)).length;
  } finally {
    dataset.close();
  }
}

/** The floor of a contract: each column is read, counted, and its smallest and largest value kept. */
function scan(): Promise<number> {
  const aggregates = COLUMNS.flatMap(({ name }) => ['count', 'min', 'max'].map((of) => `${of}(${identifier(name)})`));
  return query(`SELECT ${aggregates.join(', ')} FROM ${literal(file)}`);
}

function summarize(): Promise<number> {
  return query(`SUMMARIZE SELECT * FROM ${literal(file)}`);
}

async function query(sql: string): Promise<number> {
  const database = await openDatabase();
  try {
    return (await readRows(database.connection, sql)).length;
  } finally {
    database.close();
  }
}

const WORK: Readonly<Record<string, () => Promise<number>>> = { contract, profile, scan, summarize };
const work = WORK[what];
if (!work) throw new Error(`no work ${what}; there are ${Object.keys(WORK).join(', ')}`);
// The engine is loaded and the contract is read before the clock starts, as the SQL of the other sides is there already.
(await openDatabase()).close();
const before = process.cpuUsage();
const started = performance.now();
const size = await work();
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
const version = (await import('@duckdb/node-api')).version();
console.log(JSON.stringify({ version, size, seconds, processor_seconds: (user + system) / 1e6, megabytes: peakMegabytes() }));
