import { Random } from '../../shared/core/random.js';
import type { Labels } from '../../shared/data/table.js';
import type { Algorithm } from '../../shared/spec/params.js';
import { fitModel } from '../../shared/training/fit.js';
import type { LabelledRows } from '../../shared/training/labelled.js';
import { schemaOf, tableOf } from '../shared/features/tables.js';
import { type Outcome, outcomeOf, type Simulation } from './result.js';

/** A procedure whose chance is 5 % stays below this in 400 trials with a probability of 99 %. */
const BOUND_OF_FIVE_PERCENT = 0.078;

interface Case {
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly rows: number;
  /** Features of noise beside the signals. */
  readonly noise: number;
  /** What each signal weighs against noise of 1. */
  readonly signals: readonly number[];
  /** The feature that is looked for among those that stay. */
  readonly watched: string;
  readonly bound: Outcome['bound'];
}

const CASES: readonly Case[] = (['gbdt', 'linear'] as const).flatMap((algorithm) => [
  {
    name: `${algorithm}: noise alone is said to matter`,
    ...{ algorithm, rows: 300, noise: 6, signals: [], watched: 'noise0', bound: { atMost: BOUND_OF_FIVE_PERCENT } },
  },
  {
    name: `${algorithm}: noise stays beside a signal of 0.3 sd`,
    ...{ algorithm, rows: 300, noise: 5, signals: [0.3], watched: 'noise0', bound: { atMost: BOUND_OF_FIVE_PERCENT } },
  },
  {
    name: `${algorithm}: noise stays beside two strong signals`,
    ...{ algorithm, rows: 300, noise: 4, signals: [2, 1], watched: 'noise0', bound: { atMost: BOUND_OF_FIVE_PERCENT } },
  },
  {
    name: `${algorithm}: a signal of 0.5 sd stays beside five features of noise`,
    ...{ algorithm, rows: 300, noise: 5, signals: [0.5], watched: 'signal0', bound: { atLeast: 0.9 } },
  },
]);

/**
 * How often null importance keeps a feature that says nothing, and one that says something. What stays only because a model needs
 * a feature, and is told as that, is not kept for anything.
 */
export const selection: Simulation = async ({ trials, only, progress }) => {
  const outcomes: Outcome[] = [];
  for (const one of CASES.filter(({ name }) => name.includes(only))) {
    const kept: boolean[] = [];
    for (let seed = 0; seed < trials; seed++) kept.push(await stays(one, seed));
    outcomes.push(outcomeOf(one.name, kept, one.bound));
    progress(one.name);
  }
  return outcomes;
};

async function stays({ algorithm, watched, ...shape }: Case, seed: number): Promise<boolean> {
  const random = new Random(seed);
  const train = rowsOf(shape, random);
  const { plan, selection } = await fitModel({
    ...{ name: 'trial', task: 'regression', algorithm, seed, derive: undefined, threads: 1, progress: () => {} },
    params: algorithm === 'gbdt' ? { num_iterations: 20, num_leaves: 7 } : {},
    schema: schemaOf(train.table),
    use: [...train.table.columns.keys()],
    train,
    validation: rowsOf(shape, random),
    select: { method: 'null_importance' },
  });
  return plan.features.some(({ name }) => name === watched) && selection?.spared?.feature !== watched;
}

function rowsOf({ rows, noise, signals }: Pick<Case, 'rows' | 'noise' | 'signals'>, random: Random): LabelledRows {
  const draw = (): number[] => Array.from({ length: rows }, () => random.normal());
  const columns: Record<string, readonly ['number', number[]]> = {};
  for (let index = 0; index < noise; index++) columns[`noise${index}`] = ['number', draw()];
  for (const index of signals.keys()) columns[`signal${index}`] = ['number', draw()];
  const values = Float64Array.from(draw(), (luck, row) =>
    signals.reduce((sum, weight, index) => sum + weight * columns[`signal${index}`]![1][row]!, luck),
  );
  const labels: Labels = { task: 'regression', values };
  return { table: tableOf(columns), labels };
}
