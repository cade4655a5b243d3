import { formatCount } from '../../shared/core/format.js';
import type { Table } from '../../shared/data/table.js';
import { openModel } from '../../shared/onnx/session.js';
import { fitModel } from '../../shared/training/fit.js';
import { flights, type Sample } from '../shared/training/samples.js';
import { type BenchOptions, checkCases, type Measurement, spreadOf } from './result.js';

const TRAIN_ROWS = 300_000;
const ROWS = 3_000_000;
const REPEATS = 3;
const CHUNKS = [64, 256, 1024, 2048, 4096, 8192, 32_768];

/** What `--case` accepts. */
const CASES: readonly string[] = ['all-rows', 'chunks'];

/**
 * How fast a model scores many raw rows with ONNX Runtime, texts and dates included: boosted trees of the flights' sample, 200 rounds of
 * 31 leaves with two categories of 230 airports each. All rows in chunks of the size that the actions use, and 300,000 rows in
 * other sizes. Two threads.
 */
export async function predict({ quick, cases }: BenchOptions): Promise<readonly Measurement[]> {
  checkCases(cases, CASES);
  const wanted = (name: string): boolean => cases.length === 0 || cases.includes(name);
  const sample = await flights(TRAIN_ROWS);
  const fitted = await fitModel({
    name: 'flights',
    task: sample.task,
    algorithm: 'gbdt',
    params: { num_leaves: 31, num_iterations: 200, early_stopping_round: 0 },
    seed: 42,
    schema: sample.schema,
    use: sample.use,
    derive: sample.derive,
    train: sample.train,
    validation: sample.validation,
    progress: () => {},
  });
  const measurements: Measurement[] = [];
  if (wanted('all-rows')) {
    const parts = partsOf(quick ? sample : await flights(ROWS));
    const rows = parts.reduce((sum, table) => sum + table.rows, 0);
    const rates: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      console.log(`${formatCount(rows)} rows: run ${repeat + 1} of ${REPEATS}`);
      let seconds = 0;
      for (const table of parts) seconds += await secondsOf(fitted.model, sample, fitted.classes, table);
      rates.push(rows / seconds);
    }
    measurements.push(measurement(`${formatCount(rows)} flights from raw columns${quick ? ' (quick)' : ''}`, rates));
  }
  if (wanted('chunks')) {
    const rates = new Map(CHUNKS.map((chunk): [number, number[]] => [chunk, []]));
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const [chunk, own] of rates) {
        console.log(`chunks of ${chunk}: run ${repeat + 1} of ${REPEATS}`);
        const table = sample.train.table;
        own.push(table.rows / (await secondsOf(fitted.model, sample, fitted.classes, table, chunk)));
      }
    }
    const name = (chunk: number): string =>
      `${formatCount(sample.train.table.rows)} flights, chunks of ${formatCount(chunk)} rows`;
    measurements.push(...Array.from(rates, ([chunk, own]) => measurement(name(chunk), own)));
  }
  return measurements;
}

function partsOf({ train, validation, test }: Sample): Table[] {
  return [train.table, validation.table, test.table];
}

async function secondsOf(
  bytes: Uint8Array,
  { task }: Sample,
  classes: readonly string[],
  table: Table,
  chunkRows?: number,
): Promise<number> {
  const model = await openModel(bytes, { threads: 2, ...(chunkRows !== undefined && { chunkRows }) });
  try {
    const started = performance.now();
    await model.predict(table, { task, classes });
    return (performance.now() - started) / 1000;
  } finally {
    await model.close();
  }
}

function measurement(name: string, rates: readonly number[]): Measurement {
  const spread = spreadOf(rates);
  return { case: name, metric: 'scoring', unit: 'rows/s', better: 'higher', ours: spread.median, spread, peers: [] };
}
