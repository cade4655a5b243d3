import { messageOf } from '../../shared/core/errors.js';
import { findPython, type Python } from './python.js';
import { type BenchOptions, checkCases, type Measurement, type Peer, spreadOf } from './result.js';
import { TRAIN_CASES, type TrainCase } from './train-cases.js';
import type { Outcome, RunParams } from './train-ours.js';
import { levelsOf, Runner } from './train-run.js';
import { compareOnBundledSets } from './train-sklearn.js';

const PEERS = [
  { name: 'LightGBM', peer: 'lightgbm' },
  { name: 'scikit-learn HGB', peer: 'hgb' },
] as const;

const ROUNDS = 100;
const SEEDS = 5;
const QUICK_SEEDS = 2;
const SKLEARN = 'sklearn-sets';

/** What `--case` accepts. */
const CASES: readonly string[] = [...TRAIN_CASES.map(({ key }) => key), SKLEARN];

const METRICS = [
  { metric: 'training time', key: 'seconds', unit: 's', better: 'lower' },
  { metric: 'processor time of all threads', key: 'processor_seconds', unit: 's', better: 'lower' },
  { metric: 'peak memory', key: 'megabytes', unit: 'MB', better: 'lower' },
  { metric: 'AUC', key: 'auc', unit: '', better: 'higher' },
  { metric: 'log loss', key: 'log_loss', unit: '', better: 'lower' },
] as const;

/**
 * The gbdt trainer against LightGBM and scikit-learn on the same rows with the same parameters and threads: binary, 100 rounds, native
 * categories. Time is binning and boosting. Every run has a seed of its own, which draws the rows and is given to all trainers, so that
 * the spread of the scores is that of data and seeds together; differences between trainers are taken seed by seed.
 */
export async function train(options: BenchOptions): Promise<readonly Measurement[]> {
  checkCases(options.cases, CASES);
  const python = await findPython(options.install);
  const wanted = (key: string, inQuick: boolean): boolean =>
    options.cases.length > 0 ? options.cases.includes(key) : !options.quick || inQuick;
  const measurements: Measurement[] = [];
  const runner = new Runner();
  try {
    for (const subject of TRAIN_CASES) {
      if (wanted(subject.key, subject.quick))
        measurements.push(...(await measure(subject, runner, python, options.quick ? QUICK_SEEDS : SEEDS)));
    }
  } finally {
    runner.close();
  }
  if (wanted(SKLEARN, true)) measurements.push(...(await compareOnBundledSets(python)));
  return measurements;
}

async function measure(subject: TrainCase, runner: Runner, python: Python, seeds: number): Promise<Measurement[]> {
  const ours: Outcome[] = [];
  const theirs = PEERS.map((): Outcome[] => []);
  const missing: (string | undefined)[] = PEERS.map(() => ('missing' in python ? python.missing : undefined));
  for (let seed = 1; seed <= seeds; seed++) {
    console.log(`${subject.name}: run ${seed} of ${seeds}`);
    const rows = await subject.draw(seed);
    runner.write(rows);
    const params: RunParams = {
      rounds: ROUNDS,
      learning_rate: 0.1,
      num_leaves: subject.leaves,
      max_bin: 255,
      levels: levelsOf(rows.train),
      seed,
    };
    ours.push(await runner.ours(subject.threads, params));
    for (const [index, { peer }] of PEERS.entries()) {
      if ('missing' in python || missing[index] !== undefined) continue;
      try {
        theirs[index]!.push(await runner.peer(python.path, peer, subject.threads, params));
      } catch (error) {
        missing[index] = messageOf(error).trim().split('\n').at(-1) ?? 'it failed';
      }
    }
  }
  return [
    ...METRICS.map(({ metric, key, unit, better }): Measurement => {
      const spread = spreadOf(ours.map((outcome) => outcome[key]));
      const peers = PEERS.map(({ name }, index): Peer => {
        const reason = missing[index];
        if (reason !== undefined) return { name, missing: reason };
        const peerSpread = spreadOf(theirs[index]!.map((outcome) => outcome[key]));
        return { name, version: theirs[index]![0]!.version, value: peerSpread.median, spread: peerSpread };
      });
      return { case: subject.name, metric, unit, better, ours: spread.median, spread, peers };
    }),
    ...PEERS.flatMap(({ name }, index): Measurement[] => {
      if (missing[index] !== undefined) return [];
      const differences = spreadOf(ours.map(({ auc }, run) => auc - theirs[index]![run]!.auc));
      const metric = `AUC, less that of ${name} with the same seed`;
      return [
        { case: subject.name, metric, unit: '', better: 'higher', ours: differences.median, spread: differences, peers: [] },
      ];
    }),
  ];
}
