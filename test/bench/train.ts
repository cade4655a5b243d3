import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { gbdt } from '../../shared/training/gbdt/gbdt.js';
import { type Sample, sampleFlights } from './flights.js';
import { writeClasses, writeMatrix } from './npy.js';
import { findPython, type Python, runScript } from './python.js';
import { type BenchOptions, type Measurement, type Peer, spreadOf } from './result.js';

const PEERS = [
  { name: 'LightGBM, 2 threads', peer: 'lightgbm', threads: 2 },
  { name: 'LightGBM, 1 thread', peer: 'lightgbm', threads: 1 },
  { name: 'scikit-learn HGB, 2 threads', peer: 'hgb', threads: 2 },
  { name: 'scikit-learn HGB, 1 thread', peer: 'hgb', threads: 1 },
] as const;

const ROUNDS = 100;
const LEARNING_RATE = 0.1;
const MAX_BIN = 255;
const REPEATS = 3;
const SCRIPT = fileURLToPath(new URL('train-peers.py', import.meta.url));

interface Outcome {
  readonly version: string;
  readonly seconds: number;
  readonly auc: number;
  readonly log_loss: number;
}

const METRICS = [
  { metric: 'training time', key: 'seconds', unit: 's', better: 'lower' },
  { metric: 'AUC', key: 'auc', unit: '', better: 'higher' },
  { metric: 'log loss', key: 'log_loss', unit: '', better: 'lower' },
] as const;

/**
 * The gbdt trainer against LightGBM and scikit-learn on the same flights: binary, 100 rounds, native categories. Time is binning and
 * boosting; ours runs on one thread.
 */
export async function train(options: BenchOptions): Promise<readonly Measurement[]> {
  const rows = options.quick ? 100_000 : 1_000_000;
  const { train: trainSample, test } = await sampleFlights(rows, 100_000);
  const python = await findPython(options.install);
  const directory = mkdtempSync(join(tmpdir(), 'bench-train-'));
  try {
    for (const [part, sample] of [
      ['train', trainSample],
      ['test', test],
    ] as const) {
      writeMatrix(join(directory, `${part}-x.npy`), sample.matrix);
      writeClasses(join(directory, `${part}-y.npy`), Int32Array.from(sample.labels.values));
    }
    const measurements: Measurement[] = [];
    for (const leaves of [31, 255]) {
      const name = `flights ${formatCount(rows)} rows, ${leaves} leaves${options.quick ? ' (quick)' : ''}`;
      measurements.push(...(await measure(name, leaves, trainSample, test, python, directory)));
    }
    return measurements;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(
  name: string,
  leaves: number,
  trainSample: Sample,
  test: Sample,
  python: Python,
  directory: string,
): Promise<Measurement[]> {
  const ours: Outcome[] = [];
  const theirs = PEERS.map((): Outcome[] => []);
  const missing = PEERS.map(() => ('missing' in python ? python.missing : undefined));
  const params = {
    rounds: ROUNDS,
    learning_rate: LEARNING_RATE,
    num_leaves: leaves,
    max_bin: MAX_BIN,
    categorical: trainSample.matrix.columns.flatMap((column, index) => (column.levels === undefined ? [] : [index])),
  };
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    console.log(`${name}: run ${repeat + 1} of ${REPEATS}`);
    ours.push(await trainOurs(leaves, trainSample, test));
    for (const [index, { peer, threads }] of PEERS.entries()) {
      if ('missing' in python || missing[index] !== undefined) continue;
      try {
        const args = [peer, directory, String(threads), JSON.stringify(params)];
        theirs[index]!.push((await runScript(python.path, SCRIPT, args, { OMP_NUM_THREADS: String(threads) })) as Outcome);
      } catch (error) {
        missing[index] = messageOf(error).trim().split('\n').at(-1) ?? 'it failed';
      }
    }
  }
  return METRICS.map(({ metric, key, unit, better }) => {
    const spread = spreadOf(ours.map((outcome) => outcome[key]));
    const peers = PEERS.map((peer, index): Peer => {
      const reason = missing[index];
      if (reason !== undefined) return { name: peer.name, missing: reason };
      const peerSpread = spreadOf(theirs[index]!.map((outcome) => outcome[key]));
      return { name: peer.name, version: theirs[index]![0]!.version, value: peerSpread.median, spread: peerSpread };
    });
    return { case: name, metric, unit, better, ours: spread.median, spread, peers };
  });
}

async function trainOurs(leaves: number, trainSample: Sample, test: Sample): Promise<Outcome> {
  const started = performance.now();
  const model = await gbdt.train({
    train: trainSample.matrix,
    trainLabels: trainSample.labels,
    validation: { rows: 0, columns: trainSample.matrix.columns.map((column) => ({ ...column, values: new Float32Array(0) })) },
    validationLabels: { task: 'binary', classes: ['on time', 'late'], values: new Int32Array(0) },
    params: {
      num_iterations: ROUNDS,
      learning_rate: LEARNING_RATE,
      num_leaves: leaves,
      max_bin: MAX_BIN,
      early_stopping_round: 0,
    },
    seed: 42,
    progress: () => {},
  });
  const seconds = (performance.now() - started) / 1000;
  const { scores } = model.predict(test.matrix);
  const labels = Int32Array.from(test.labels.values);
  const late = Float64Array.from(labels, (_, row) => scores[2 * row + 1]!);
  return { version: '', seconds, auc: aucOf(labels, late), log_loss: logLossOf(labels, late) };
}

/** Area under the ROC curve by ranks (Mann-Whitney), ties shared. */
function aucOf(labels: Int32Array, scores: Float64Array): number {
  const order = Uint32Array.from(scores, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  let rankSum = 0;
  let positives = 0;
  for (let at = 0; at < order.length; ) {
    let end = at + 1;
    while (end < order.length && scores[order[end]!] === scores[order[at]!]) end++;
    for (let tied = at; tied < end; tied++) {
      if (labels[order[tied]!] !== 1) continue;
      rankSum += (at + 1 + end) / 2;
      positives++;
    }
    at = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives));
}

function logLossOf(labels: Int32Array, scores: Float64Array): number {
  let sum = 0;
  labels.forEach((label, row) => {
    sum -= Math.log(label === 1 ? scores[row]! : 1 - scores[row]!);
  });
  return sum / labels.length;
}
