import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { openDatabase } from '../../shared/data/duckdb.js';
import { literal } from '../../shared/data/sql.js';
import { type Measurement, type Peer, spreadOf } from './result.js';

const run = promisify(execFile);
const RUN = fileURLToPath(new URL('compare-run.ts', import.meta.url));
const FLIGHTS = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));

export const NO_PEER: Peer = { name: 'another tool', missing: 'none judges two models on the same rows with intervals' };

/** What is compared: two files of predictions, or two bundles whose models are run. */
export const ACTION_CASES = ['files', 'models'];

/** Of all rows; the models learn from the rest. */
const TEST_SHARE = 0.6;
const METRICS = ['auc', 'pr_auc', 'log_loss', 'brier', 'accuracy', 'balanced_accuracy', 'f1', 'mcc'];
/** The ten largest airports of each. */
const SLICED = ['origin', 'destination'];

interface Run {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly megabytes: number;
  readonly rows: number;
  readonly slices: number;
  readonly metrics: number;
}

/**
 * The whole action `compare`, each run in a process of its own: it reads the data and sorts the rows, splits them, reads two files of
 * predictions or runs two models, judges, writes `comparison.json` and its page.
 * @param rows that judge
 */
export async function compareAction(rows: number, runs: number, cases: readonly string[]): Promise<Measurement[]> {
  if (cases.length === 0) return [];
  const directory = await mkdtemp(join(tmpdir(), 'bench-compare-'));
  try {
    await prepare(directory, rows / TEST_SHARE);
    const models: Readonly<Record<string, readonly [candidate: string, champion: string]>> = {
      files: ['candidate.parquet', 'champion.parquet'],
      models: ['candidate', 'champion'],
    };
    const measurements: Measurement[] = [];
    for (const name of cases) {
      const found: Run[] = [];
      for (let turn = 0; turn < runs; turn++) found.push(await once([directory, ...models[name]!]));
      const [{ rows: used, slices, metrics }] = found as [Run];
      if (slices !== 2 * 10 || metrics !== METRICS.length) throw new Error(`${slices} slices and ${metrics} metrics`);
      const measured = (metric: string, unit: string, of: 'seconds' | 'processorSeconds' | 'megabytes'): Measurement => {
        const spread = spreadOf(found.map((one) => one[of]));
        return {
          ...{
            case: `the whole action, two ${name}, ${used} rows`,
            metric,
            unit,
            better: 'lower',
            ours: spread.median,
            spread,
          },
          peers: [NO_PEER],
        };
      };
      measurements.push(
        measured('time', 's', 'seconds'),
        measured('processor time of the process', 's', 'processorSeconds'),
        measured('peak memory of the process', 'MB', 'megabytes'),
      );
    }
    return measurements;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function once(args: readonly string[]): Promise<Run> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', RUN, ...args], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Run;
}

/** The data, two bundles, and what each predicts for the held-out rows as a file. */
async function prepare(directory: string, rows: number): Promise<void> {
  const { connection, close } = await openDatabase();
  try {
    const numbered = `SELECT row_number() OVER () AS flight, * FROM read_parquet(${literal(FLIGHTS)})`;
    const every = Math.floor(3_000_000 / rows);
    await connection.run(
      `COPY (SELECT * FROM (${numbered}) WHERE flight % ${every} = 0 LIMIT ${Math.round(rows)}) TO ${literal(join(directory, 'flights.parquet'))} (FORMAT parquet)`,
    );
  } finally {
    close();
  }
  for (const [name, leaves] of [['champion', 7] as const, ['candidate', 31] as const]) {
    await writeFile(join(directory, 'mlops.yaml'), specOf(leaves));
    await run(process.execPath, ['--import', 'tsx', RUN, directory, 'mlops.yaml', name, 'train']);
    await cp(join(directory, name, 'predictions.parquet'), join(directory, `${name}.parquet`));
  }
}

function specOf(leaves: number): string {
  return stringify({
    name: 'flights',
    purpose: 'Say when they book whether a flight is likely to arrive late.',
    task: 'binary',
    data: { path: 'flights.parquet', key: 'flight' },
    target: { column: 'late', sql: 'delay > 15' },
    split: { by: 'hash', validation: 0.05, test: TEST_SHARE },
    features: {
      use: ['distance', 'origin', 'destination'],
      derive: [{ from: 'date', parts: ['hour', 'weekday', 'month'] }],
    },
    train: { algorithm: 'gbdt', params: { num_leaves: leaves, num_iterations: 50 } },
    evaluate: { primary: 'auc', metrics: METRICS, slices: SLICED },
    gates: ['auc >= champion - 0.002', 'slice auc >= champion'],
  });
}
