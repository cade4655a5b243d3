import { writeFileSync } from 'node:fs';
import type { Predictions } from '../../shared/data/predictions.js';
import { selectLabels } from '../../shared/data/select.js';
import { judge } from '../../shared/evaluation/judge.js';
import type { Slice } from '../../shared/evaluation/slices.js';
import { parseGate } from '../../shared/spec/gates.js';
import { gbdt } from '../../shared/training/gbdt/gbdt.js';
import { ACTION_CASES, compareAction, NO_PEER } from './compare-action.js';
import { readFlights, type Sample } from './flights.js';
import { peakMegabytes } from './peak-memory.js';
import { type Benchmark, checkCases, type Measurement, spreadOf } from './result.js';

const RESAMPLES = 2000;
const METRICS = ['auc', 'pr_auc', 'log_loss', 'brier', 'accuracy', 'balanced_accuracy', 'f1', 'mcc'] as const;
const SLICES = 20;
const RUNS = 3;

/**
 * 8 metrics, 20 slices, 2000 resamples, on 600,000 held-out flights: what `compare` does once both models have answered, and
 * the whole action.
 */
export const compare: Benchmark = async ({ quick, cases }) => {
  const rows = quick ? 60_000 : 600_000;
  const known = ['judge', ...ACTION_CASES];
  checkCases(cases, known);
  const isWanted = (name: string): boolean => cases.length === 0 || cases.includes(name);
  return [
    ...(isWanted('judge') ? await judgeOnly(rows) : []),
    ...(await compareAction(rows, quick ? 1 : RUNS, ACTION_CASES.filter(isWanted))),
  ];
};

/** The judging alone, of predictions in memory. */
async function judgeOnly(rows: number): Promise<Measurement[]> {
  const name = `judge ${rows} rows`;
  const { train, test } = (await readFlights()).draw(30_000, rows, 1);
  const [candidate, champion] = [await trainOn(train, 31, test), await trainOn(train, 7, test)];
  const slices = slicesOf(test);
  const seconds: number[] = [];
  let resamples = 0;
  resetPeak();
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    const judged = judge({
      ...{ labels: test.labels, candidate, champion, primary: 'auc', metrics: METRICS, slices, minRows: 200 },
      ...{ gates: [{ text: 'slice auc >= champion', gate: parseGate('slice auc >= champion') }], gatesInconclusive: 'pass' },
      ...{ margin: 0, confidence: 0.95, bootstrap: RESAMPLES, seed: 42, measures: {} },
    });
    seconds.push((performance.now() - started) / 1000);
    resamples = judged.resamples;
    if (judged.slices.length !== SLICES) throw new Error(`${judged.slices.length} slices`);
  }
  if (resamples !== RESAMPLES) throw new Error(`${resamples} resamples`);
  const peak = peakMegabytes();
  const measured = (metric: string, unit: string, values: readonly number[]): Measurement => ({
    ...{ case: name, metric, unit, better: 'lower', ours: spreadOf(values).median, spread: spreadOf(values) },
    peers: [NO_PEER],
  });
  return [measured('time', 's', seconds), measured('peak memory of the process', 'MB', [peak])];
}

async function trainOn({ matrix, labels }: Sample, leaves: number, test: Sample): Promise<Predictions> {
  const none = { rows: 0, columns: matrix.columns.map((column) => ({ ...column, values: new Float32Array(0) })) };
  const model = await gbdt.train({
    ...{ train: matrix, trainLabels: labels, validation: none, validationLabels: selectLabels(labels, new Uint32Array(0)) },
    ...{ params: { num_leaves: leaves, num_iterations: 50, early_stopping_round: 0 }, seed: 1, progress: () => {} },
  });
  return model.predict(test.matrix);
}

/** The 20 airports with the most flights. */
function slicesOf({ matrix }: Sample): Slice[] {
  const origin = matrix.columns.find(({ name }) => name === 'origin')!.values;
  return Array.from({ length: SLICES }, (_, code) => ({
    name: `origin ${code}`,
    rows: Uint32Array.from(origin.keys()).filter((row) => origin[row] === code),
  }));
}

/** Linux: what follows is measured from here on. Elsewhere the peak is of the whole process. */
function resetPeak(): void {
  globalThis.gc?.();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not allowed.
  }
}
