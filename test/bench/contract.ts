import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '../../shared/data/duckdb.js';
import { writeTable } from './profile-data.js';
import { type BenchOptions, checkCases, type Measurement, type Spread, spreadOf } from './result.js';

const execute = promisify(execFile);
const RUN = fileURLToPath(new URL('contract-run.ts', import.meta.url));
const CASE = 'a contract of 24 rules on ten mixed columns';
const ROUNDS = 5;

interface Run {
  readonly seconds: number;
  readonly megabytes: number;
}

/**
 * A contract held against ten mixed columns, and DuckDB's bare count, min and max of the same columns of the same Parquet
 * file, in turns, each run in a process of its own: rows a second, and the most memory that the process had.
 */
export async function contract(options: BenchOptions): Promise<readonly Measurement[]> {
  checkCases(options.cases, [CASE]);
  const rows = options.quick ? 200_000 : 10_000_000;
  const directory = await mkdtemp(join(tmpdir(), 'bench-contract-'));
  try {
    const file = join(directory, 'table.parquet');
    const { connection, close } = await openDatabase();
    try {
      await writeTable(connection, file, rows);
    } finally {
      close();
    }
    const [ours, theirs]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await once('contract', file));
      theirs.push(await once('scan', file));
    }
    const version = (await import('@duckdb/node-api')).version();
    const measured = (metric: 'rate' | 'memory'): Measurement => {
      const [spread, peer] = [ours, theirs].map(
        (runs): Spread =>
          spreadOf(runs.map(({ seconds, megabytes }) => (metric === 'rate' ? rows / seconds / 1e6 : megabytes))),
      );
      return {
        case: `${CASE}, ${rows.toLocaleString('en')} rows`,
        ...(metric === 'rate'
          ? { metric: 'rate', unit: 'million rows/s', better: 'higher' }
          : { metric: 'peak memory', unit: 'MB', better: 'lower' }),
        ours: spread!.median,
        spread: spread!,
        peers: [{ name: 'DuckDB count, min, max', version, value: peer!.median, spread: peer! }],
      };
    };
    return [measured('rate'), measured('memory')];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function once(what: 'contract' | 'scan', file: string): Promise<Run> {
  const { stdout } = await execute(process.execPath, ['--import', 'tsx', RUN, what, file]);
  return JSON.parse(stdout) as Run;
}
