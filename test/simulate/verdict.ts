import { formatShare } from '../../shared/core/format.js';
import type { Predictions } from '../../shared/data/predictions.js';
import { selectLabels } from '../../shared/data/select.js';
import { lowerTail } from '../../shared/evaluation/binomial.js';
import type { Interval } from '../../shared/evaluation/comparison.js';
import { judge } from '../../shared/evaluation/judge.js';
import { compareMetrics } from '../../shared/evaluation/metric-comparison.js';
import { computeMetric, computeMetrics } from '../../shared/evaluation/metrics.js';
import { pairSamples } from '../../shared/evaluation/pair.js';
import { parseGate } from '../../shared/spec/gates.js';
import { type MetricName, metricsOfTask } from '../../shared/spec/metrics.js';
import type { Target } from '../bench/flights.js';
import { type Outcome, outcomeOf, type Simulation, type SimulationOptions } from './result.js';
import {
  between,
  chosenModels,
  type Duel,
  drawRows,
  swapAtRandom,
  take,
  takeScores,
  trainDuel,
  trainSeeds,
} from './verdict-models.js';

/** What a procedure with such a chance stays at or below, in so many trials, with a probability of 99 %: 7.8 % for 5 % in 400. */
function atMost(chance: number, trials: number): { atMost: number } {
  let count = Math.floor(chance * trials);
  while (lowerTail(count, trials, chance, 1) < 0.99) count++;
  return { atMost: count / trials };
}

const TARGETS: readonly Target[] = ['late', 'punctuality', 'minutes'];
const DIFFERENCE = 0.02;

interface Case {
  readonly name: string;
  /** The claim: how often it happens at most, or at least so often. */
  readonly claim: { readonly chance: number } | { readonly atLeast: number };
  /** Whether it happened in the trial. */
  readonly run: (trial: number) => boolean;
}

/** What is claimed of verdicts, gates and intervals, over predictions of real models. */
export const verdict: Simulation = async (options) => {
  const outcomes: Outcome[] = [];
  const duels = new Map<Target, Duel>();
  for (const target of TARGETS) duels.set(target, await trainDuel(target));
  const late = duels.get('late')!;
  for (const item of [...noDifference(duels), ...equallyGood(late), ...realDifference(late)]) {
    const outcome = runCase(item, options);
    if (outcome) outcomes.push(outcome);
  }
  outcomes.push(...(await otherSeeds(options)));
  for (const [target, duel] of duels) {
    for (const rows of [30, 100, 300, 1000, 3000]) outcomes.push(...coverage(target, duel, rows, options));
  }
  return outcomes;
};

function runCase({ name, claim, run }: Case, { only, trials, progress }: SimulationOptions): Outcome | undefined {
  if (!name.includes(only)) return undefined;
  const started = performance.now();
  const happened = Array.from({ length: trials }, (_, trial) => run(trial));
  const outcome = outcomeOf(name, happened, 'chance' in claim ? atMost(claim.chance, trials) : claim);
  progress(`${name}: ${formatShare(outcome.share)}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return outcome;
}

function judged(
  duel: Duel,
  primary: MetricName,
  seed: number,
  gates: readonly string[] = [],
  retrained: readonly Predictions[] = [],
) {
  return judge({
    ...duel,
    ...{ primary, metrics: [primary], seed, margin: 0, slices: [], minRows: 200, confidence: 0.95, bootstrap: 2000 },
    ...{ gatesInconclusive: 'pass', measures: {}, retrained },
    gates: gates.map((text) => ({ text, gate: parseGate(text) })),
  });
}

function* noDifference(duels: ReadonlyMap<Target, Duel>): Generator<Case> {
  const wanted: readonly (readonly [Target, MetricName])[] = [
    ['late', 'auc'],
    ['late', 'log_loss'],
    ['late', 'accuracy'],
    ['late', 'f1'],
    ['late', 'pr_auc'],
    ['punctuality', 'log_loss'],
    ['punctuality', 'balanced_accuracy'],
    ['minutes', 'rmse'],
    ['minutes', 'mae'],
  ];
  for (const [target, primary] of wanted) {
    for (const rows of [300, 3000]) {
      yield {
        name: `no difference: ${primary} of ${target}, ${rows} rows`,
        claim: { chance: 0.05 },
        run: (trial) => {
          const duel = duels.get(target)!;
          const drawn = take(duel, drawRows(duel.candidate.rows, rows, trial));
          return ['better', 'worse'].includes(judged(swapAtRandom(drawn, trial), primary, trial).verdict);
        },
      };
    }
  }
}

function* equallyGood(duel: Duel): Generator<Case> {
  for (const rows of [300, 3000, 60_000]) {
    for (const gate of ['auc >= champion - 0.002', 'auc >= champion - 0.01', 'auc >= champion']) {
      yield {
        name: `equally good: ${gate} blocks, ${rows} rows`,
        claim: { chance: 0.025 },
        run: (trial) => {
          const drawn = take(duel, drawRows(duel.candidate.rows, rows, trial));
          return judged(swapAtRandom(drawn, trial), 'auc', trial, [gate]).blocked;
        },
      };
    }
  }
}

const BAGGED = { num_iterations: 30, num_leaves: 15, bagging_fraction: 0.5, bagging_freq: 1, early_stopping_round: 0 };
const MODELS = 120;
const TRAININGS = 5;

/** Models of one recipe that differ by their seed: which of two is ahead is chance, of rows and of training. */
async function otherSeeds(options: SimulationOptions): Promise<Outcome[]> {
  const named = (rows: number): string => `no difference but the seed, with evaluate.seeds: ${TRAININGS}, ${rows} rows`;
  const sizes = [1000, 5000, 50_000].filter((rows) => named(rows).includes(options.only));
  if (sizes.length === 0) return [];
  const { labels, models } = await trainSeeds(MODELS, BAGGED);
  return sizes.flatMap((rows) => {
    let without = 0;
    const outcome = runCase(
      {
        name: named(rows),
        claim: { chance: 0.05 },
        run: (trial) => {
          const drawn = drawRows(models[0]!.rows, rows, trial);
          const [candidate, champion, ...retrained] = chosenModels(models, TRAININGS + 1, trial).map((model) =>
            takeScores(model, drawn),
          );
          const duel: Duel = { labels: selectLabels(labels, drawn), candidate: candidate!, champion: champion! };
          const isCalled = (verdict: string): boolean => verdict === 'better' || verdict === 'worse';
          if (isCalled(judged(duel, 'auc', trial).verdict)) without++;
          return isCalled(judged(duel, 'auc', trial, [], retrained).verdict);
        },
      },
      options,
    );
    return outcome ? [{ ...outcome, note: `without evaluate.seeds ${formatShare(without / options.trials)}` }] : [];
  });
}

function* realDifference(duel: Duel): Generator<Case> {
  let better: Duel | undefined;
  yield {
    name: `a true AUC difference of ${DIFFERENCE} is found, 5000 rows`,
    claim: { atLeast: 0.8 },
    run: (trial) => {
      better ??= withDifference(duel);
      return judged(take(better, drawRows(better.candidate.rows, 5000, trial)), 'auc', trial).verdict === 'better';
    },
  };
}

/** Of the models between the two that whose AUC is so much better over the whole population. */
function withDifference(duel: Duel): Duel {
  const excess = (share: number): number => {
    const { candidate, champion } = between(duel, share);
    return computeMetric('auc', duel.labels, candidate) - computeMetric('auc', duel.labels, champion) - DIFFERENCE;
  };
  let [low, high] = [0, 1];
  if (excess(high) < 0) throw new Error('the two models are too close to each other');
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (excess(middle) < 0) low = middle;
    else high = middle;
  }
  return between(duel, high);
}

/** How often the intervals of the candidate and of the difference miss what is true of the whole population. */
function coverage(target: Target, duel: Duel, rows: number, { only, trials, progress }: SimulationOptions): Outcome[] {
  const { task } = duel.labels;
  const metrics = metricsOfTask(task).filter((name) => name !== 'poisson_deviance') as readonly MetricName[];
  const nameOf = (metric: string, what: string): string => `coverage: ${what} of ${metric}, ${target}, ${rows} rows`;
  const wanted = metrics.filter((metric) =>
    ['the value', 'the difference'].some((what) => nameOf(metric, what).includes(only)),
  );
  if (wanted.length === 0) return [];
  const started = performance.now();
  const truth: Readonly<Record<'candidate' | 'champion', Readonly<Record<string, number>>>> = {
    candidate: computeMetrics(wanted, duel.labels, duel.candidate),
    champion: computeMetrics(wanted, duel.labels, duel.champion),
  };
  const misses = new Map<string, boolean[]>();
  const note = (name: string, interval: Interval | undefined, value: number): void => {
    if (!interval) return;
    const list = misses.get(name) ?? [];
    list.push(value < interval.low || value > interval.high);
    misses.set(name, list);
  };
  for (let trial = 0; trial < trials; trial++) {
    const pair = pairSamples(take(duel, drawRows(duel.candidate.rows, rows, trial)));
    const { metrics: found } = compareMetrics(pair, false, {
      ...{ metrics: wanted, resamples: 2000, confidence: 0.95, seed: trial },
    });
    for (const { comparison } of found) {
      const { name, candidateInterval, interval } = comparison;
      const [own, other] = [truth.candidate[name]!, truth.champion[name]!];
      note(nameOf(name, 'the value'), candidateInterval, own);
      note(nameOf(name, 'the difference'), interval, own - other);
    }
  }
  progress(`coverage on ${target}, ${rows} rows: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return [...misses].map(([name, list]) =>
    outcomeOf(name, list, atMost(0.05, list.length), list.length < trials ? `an interval in ${list.length} trials` : ''),
  );
}
