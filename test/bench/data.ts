import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../shared/core/errors.js';
import { writeTable } from './data-table.js';
import { findPython, type Python, runScript } from './python.js';
import { type BenchOptions, checkCases, type Measurement, type Peer, spreadOf } from './result.js';

const OURS = fileURLToPath(new URL('data-run.ts', import.meta.url));
const PEERS = fileURLToPath(new URL('data-peers.py', import.meta.url));

/** One run of ours, of DuckDB alone, or of a Python package. */
interface Run {
  readonly version: string;
  readonly seconds: number;
  readonly processor_seconds: number;
  readonly megabytes: number;
}

interface Side {
  readonly name: string;
  /** What the script of ours, or that of the peers, calls it. */
  readonly work: string;
  readonly python?: true;
}

/** A table that our side and others work on, in turns. */
interface Case {
  readonly key: string;
  readonly name: string;
  readonly format: 'parquet' | 'csv';
  readonly rows: number;
  readonly quickRows: number;
  readonly rounds: number;
  readonly ours: string;
  readonly others: readonly Side[];
}

const SCAN: Side = { name: 'DuckDB count, min, max', work: 'scan' };
const SUMMARIZE: Side = { name: 'DuckDB SUMMARIZE', work: 'summarize' };
const CONTRACT = 'a contract of 26 rules on ten mixed columns';
const PROFILE = 'the profile of ten mixed columns';
const PARQUET = { format: 'parquet', rows: 10_000_000, quickRows: 200_000 } as const;
const LARGE = { format: 'parquet', rows: 50_000_000, quickRows: 400_000, rounds: 1 } as const;
const CSV = { format: 'csv', rows: 2_000_000, quickRows: 100_000, rounds: 3 } as const;
const MILLION = { format: 'parquet', rows: 1_000_000, quickRows: 50_000, rounds: 1 } as const;

const CASES: readonly Case[] = [
  { key: 'contract', name: CONTRACT, ours: 'contract', others: [SCAN], ...PARQUET, rounds: 5 },
  { key: 'profile', name: PROFILE, ours: 'profile', others: [SUMMARIZE], ...PARQUET, rounds: 3 },
  { key: 'contract-50m', name: CONTRACT, ours: 'contract', others: [SCAN], ...LARGE },
  { key: 'profile-50m', name: PROFILE, ours: 'profile', others: [SUMMARIZE], ...LARGE },
  { key: 'contract-csv', name: CONTRACT, ours: 'contract', others: [SCAN], ...CSV },
  { key: 'profile-csv', name: PROFILE, ours: 'profile', others: [SUMMARIZE], ...CSV },
  {
    key: 'contract-peers',
    name: CONTRACT,
    ours: 'contract',
    others: [
      { name: 'Great Expectations', work: 'great_expectations', python: true },
      { name: 'pandera (polars)', work: 'pandera_polars', python: true },
      { name: 'pandera (pandas)', work: 'pandera', python: true },
    ],
    ...MILLION,
  },
  {
    key: 'profile-peers',
    name: PROFILE,
    ours: 'profile',
    others: [
      { name: 'ydata-profiling (minimal)', work: 'ydata_profiling', python: true },
      { name: 'Evidently (data summary)', work: 'evidently', python: true },
    ],
    ...MILLION,
  },
];

/** A peer that takes longer is reported as missing. */
const LONGEST_PEER_SECONDS = 150;

/**
 * Contracts and profiles of ten mixed columns against DuckDB alone on the same file, and against the Python packages that
 * do the same: rows a second, time, processor time, and the most memory that the process had. Sides in turns, each run in
 * a process of its own.
 */
export async function data(options: BenchOptions): Promise<readonly Measurement[]> {
  checkCases(
    options.cases,
    CASES.map(({ key }) => key),
  );
  const cases = CASES.filter(({ key }) => options.cases.length === 0 || options.cases.includes(key));
  const needsPython = cases.some(({ others }) => others.some(({ python }) => python));
  const python: Python = needsPython
    ? await findPython(options.install, 'data-requirements.txt')
    : { missing: 'not asked for' };
  const measurements: Measurement[] = [];
  const directory = await mkdtemp(join(tmpdir(), 'bench-data-'));
  try {
    for (const one of cases) {
      const rows = options.quick ? one.quickRows : one.rows;
      const file = join(directory, `${rows}.${one.format}`);
      if (!existsSync(file)) await writeTable(file, rows);
      measurements.push(...(await measure(one, rows, file, python)));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return measurements;
}

async function measure(one: Case, rows: number, file: string, python: Python): Promise<Measurement[]> {
  const ours: Run[] = [];
  const theirs = one.others.map((): Run[] => []);
  const missing: (string | undefined)[] = one.others.map((side) =>
    side.python && 'missing' in python ? python.missing : undefined,
  );
  for (let round = 0; round < one.rounds; round++) {
    console.log(`${one.key}: round ${round + 1} of ${one.rounds}`);
    ours.push(await engine(one.ours, file));
    for (const [index, { work, python: isPython }] of one.others.entries()) {
      if (missing[index] !== undefined) continue;
      try {
        theirs[index]!.push(isPython && 'path' in python ? await peer(python.path, work, file) : await engine(work, file));
      } catch (error) {
        missing[index] = messageOf(error).trim().split('\n').at(-1) || 'it failed';
      }
    }
  }
  const name = `${one.name}, ${rows.toLocaleString('en')} rows of ${one.format === 'csv' ? 'CSV' : 'Parquet'}`;
  return METRICS.map(({ of, ...metric }): Measurement => {
    const spread = spreadOf(ours.map((run) => of(run, rows)));
    const peers = one.others.map((side, index): Peer => {
      const reason = missing[index];
      if (reason !== undefined) return { name: side.name, missing: reason };
      const other = spreadOf(theirs[index]!.map((run) => of(run, rows)));
      return { name: side.name, version: theirs[index]![0]!.version, value: other.median, spread: other };
    });
    return { case: name, ...metric, ours: spread.median, spread, peers };
  });
}

const METRICS = [
  { metric: 'rate', unit: 'million rows/s', better: 'higher', of: ({ seconds }: Run, rows: number) => rows / seconds / 1e6 },
  { metric: 'time', unit: 's', better: 'lower', of: ({ seconds }: Run) => seconds },
  { metric: 'processor time', unit: 's', better: 'lower', of: (run: Run) => run.processor_seconds },
  { metric: 'peak memory', unit: 'MB', better: 'lower', of: ({ megabytes }: Run) => megabytes },
] as const;

async function engine(work: string, file: string): Promise<Run> {
  return (await runScript(process.execPath, OURS, [work, file], { NODE_OPTIONS: '--import tsx' })) as Run;
}

async function peer(python: string, work: string, file: string): Promise<Run> {
  return (await runScript(python, PEERS, [work, file], {}, LONGEST_PEER_SECONDS)) as Run;
}
