import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '../../shared/data/duckdb.js';
import { writeTable } from './profile-data.js';
import { type BenchOptions, checkCases, type Measurement, type Spread, spreadOf } from './result.js';

const run = promisify(execFile);
const RUN = fileURLToPath(new URL('profile-run.ts', import.meta.url));

interface Run {
  readonly seconds: number;
  readonly megabytes: number;
}

/** A table that is profiled; the peer reads the same file. */
interface Case {
  readonly name: string;
  readonly work: 'distributions' | 'exploration';
  readonly rows: number;
  readonly quickRows: number;
  readonly runs: number;
}

const CASES: readonly Case[] = [
  { name: 'the profile that adds up', work: 'distributions', rows: 10_000_000, quickRows: 200_000, runs: 3 },
  { name: 'the whole exploration', work: 'exploration', rows: 10_000_000, quickRows: 200_000, runs: 3 },
  { name: 'the profile that adds up, large', work: 'distributions', rows: 50_000_000, quickRows: 400_000, runs: 1 },
];

/**
 * Profiles of ten mixed columns against DuckDB's own SUMMARIZE of the same Parquet file, in turns, each run in a process
 * of its own: seconds, and the most memory that the process had.
 */
export async function profile(options: BenchOptions): Promise<readonly Measurement[]> {
  checkCases(
    options.cases,
    CASES.map(({ name }) => name),
  );
  const directory = await mkdtemp(join(tmpdir(), 'bench-profile-'));
  try {
    const measurements: Measurement[] = [];
    for (const { name, work, rows: all, quickRows, runs } of CASES) {
      if (options.cases.length > 0 && !options.cases.includes(name)) continue;
      const rows = options.quick ? quickRows : all;
      const file = join(directory, `${rows}.parquet`);
      await write(file, rows);
      const [ours, theirs]: [Run[], Run[]] = [[], []];
      for (let round = 0; round < runs; round++) {
        ours.push(await once(work, file));
        theirs.push(await once('summarize', file));
      }
      measurements.push(...compared(`${name}, ${rows.toLocaleString('en')} rows`, ours, theirs, await version()));
    }
    return measurements;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function write(file: string, rows: number): Promise<void> {
  const { connection, close } = await openDatabase();
  try {
    await writeTable(connection, file, rows);
  } finally {
    close();
  }
}

async function version(): Promise<string> {
  return (await import('@duckdb/node-api')).version();
}

async function once(work: Case['work'] | 'summarize', file: string): Promise<Run> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', RUN, work, file]);
  return JSON.parse(stdout) as Run;
}

function compared(name: string, ours: readonly Run[], theirs: readonly Run[], duckdb: string): Measurement[] {
  return (['seconds', 'megabytes'] as const).map((metric) => {
    const [spread, peer] = [ours, theirs].map((runs): Spread => spreadOf(runs.map((one) => one[metric])));
    return {
      ...{ case: name, metric: metric === 'seconds' ? 'time' : 'peak memory', unit: metric === 'seconds' ? 's' : 'MB' },
      ...{ better: 'lower', ours: spread!.median, spread: spread! },
      peers: [{ name: 'DuckDB SUMMARIZE', version: duckdb, value: peer!.median, spread: peer! }],
    };
  });
}
