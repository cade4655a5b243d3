import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../shared/core/errors.js';
import type { Labels } from '../../shared/data/table.js';
import type { Matrix } from '../../shared/features/plan.js';
import { gbdt } from '../../shared/training/gbdt/gbdt.js';
import { readClasses, readMatrix, readNumbers } from './npy.js';
import { type Python, runScript } from './python.js';
import { type Measurement, spreadOf } from './result.js';

const SCRIPT = fileURLToPath(new URL('sklearn-sets.py', import.meta.url));
const NAME = 'scikit-learn HGB';

type Scores = Readonly<Record<string, number>>;

interface Sets {
  readonly version: string;
  readonly sets: Readonly<Record<string, { task: Labels['task']; classes: number; scores: readonly Scores[] }>>;
}

/** scikit-learn's bundled sets in five folds, with the defaults of HistGradientBoosting on both sides. */
export async function compareOnBundledSets(python: Python): Promise<Measurement[]> {
  if ('missing' in python) return [missingBecause(python.missing)];
  const folder = mkdtempSync(join(tmpdir(), 'bench-sets-'));
  try {
    const { version, sets } = (await runScript(python.path, SCRIPT, [folder], { OMP_NUM_THREADS: '1' })) as Sets;
    const measurements: Measurement[] = [];
    for (const [name, { task, classes, scores }] of Object.entries(sets)) {
      console.log(`${name}: five folds`);
      const ours = await scoreFolds(folder, name, task, classes);
      for (const metric of Object.keys(scores[0]!)) {
        const better = metric === 'accuracy' ? 'higher' : 'lower';
        const spread = spreadOf(ours.map((fold) => fold[metric]!));
        const theirs = spreadOf(scores.map((fold) => fold[metric]!));
        const difference = spreadOf(ours.map((fold, index) => fold[metric]! - scores[index]![metric]!));
        const common = { case: `${name}, 5 folds`, unit: '', better } as const;
        const peers = [{ name: NAME, version, value: theirs.median, spread: theirs }];
        measurements.push({ ...common, metric, ours: spread.median, spread, peers });
        const against = `${metric}, less that of ${NAME} on the same fold`;
        measurements.push({ ...common, metric: against, ours: difference.median, spread: difference, peers: [] });
      }
    }
    return measurements;
  } catch (error) {
    return [missingBecause(messageOf(error).trim().split('\n').at(-1) ?? 'it failed')];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function missingBecause(missing: string): Measurement {
  const nothing = { median: Number.NaN, min: Number.NaN, max: Number.NaN, runs: 1 };
  const common = { metric: 'score', unit: '', better: 'higher', ours: Number.NaN } as const;
  return { case: "scikit-learn's bundled sets", ...common, spread: nothing, peers: [{ name: NAME, missing }] };
}

async function scoreFolds(folder: string, name: string, task: Labels['task'], classes: number): Promise<Scores[]> {
  const matrix = readMatrix(join(folder, `${name}-x.npy`));
  const path = join(folder, `${name}-y.npy`);
  const targets = task === 'regression' ? readNumbers(path) : readClasses(path);
  const folds = readClasses(join(folder, `${name}-fold.npy`));
  const scores: Scores[] = [];
  for (let fold = 0; fold < 5; fold++) {
    const rows = (inFold: boolean): number[] => [...folds.keys()].filter((row) => (folds[row] === fold) === inFold);
    const train = rows(false);
    const test = rows(true);
    const labelsOf = (chosen: readonly number[]): Labels => {
      const values = chosen.map((row) => targets[row]!);
      if (task === 'regression') return { task, values: Float64Array.from(values) };
      return { task, classes: Array.from({ length: classes }, (_, k) => String(k)), values: Int32Array.from(values) };
    };
    const model = await gbdt.train({
      train: pick(matrix, train),
      trainLabels: labelsOf(train),
      validation: pick(matrix, []),
      validationLabels: labelsOf([]),
      params: { num_iterations: 100, early_stopping_round: 0 },
      seed: 42,
      progress: () => {},
    });
    scores.push(scoresOf(labelsOf(test), model.predict(pick(matrix, test)).scores));
  }
  return scores;
}

function pick(matrix: Matrix, rows: readonly number[]): Matrix {
  const columns = matrix.columns.map(({ name, values }) => ({ name, values: Float32Array.from(rows, (row) => values[row]!) }));
  return { rows: rows.length, columns };
}

function scoresOf(labels: Labels, scores: Float64Array): Scores {
  const { length } = labels.values;
  if (labels.task === 'regression') {
    const squares = labels.values.reduce((sum, value, row) => sum + (scores[row]! - value) ** 2, 0);
    return { rmse: Math.sqrt(squares / length) };
  }
  const width = labels.classes.length;
  let loss = 0;
  let right = 0;
  labels.values.forEach((label, row) => {
    const own = scores.subarray(row * width, (row + 1) * width);
    loss -= Math.log(own[label]!);
    if (own.indexOf(Math.max(...own)) === label) right++;
  });
  return { log_loss: loss / length, accuracy: right / length };
}
