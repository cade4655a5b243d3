import type { Predictions } from '../../shared/data/predictions.js';
import { selectLabels } from '../../shared/data/select.js';
import type { Interval } from '../../shared/evaluation/comparison.js';
import { judge } from '../../shared/evaluation/judge.js';
import { compareMetrics } from '../../shared/evaluation/metric-comparison.js';
import { computeMetric, computeMetrics } from '../../shared/evaluation/metrics.js';
import { pairSamples } from '../../shared/evaluation/pair.js';
import { parseGate } from '../../shared/spec/gates.js';
import { type MetricName, metricsOfTask } from '../../shared/spec/metrics.js';
import type { Task } from '../../shared/spec/schema.js';
import type { Target } from '../bench/flights.js';
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
import type { Case } from './workers.js';

const TASK_OF: Readonly<Record<Target, Task>> = { late: 'binary', punctuality: 'multiclass', minutes: 'regression' };
const DIFFERENCE = 0.02;
const RESAMPLES = 2000;

/** The cases that have a cell whose name holds the text. */
export function cases(only: string): readonly Case[] {
  return [...noDifference(), ...equallyGood(), ...realDifference(), ...otherSeeds(), ...coverage(only)].filter(({ cells }) =>
    cells.some(({ name }) => name.includes(only)),
  );
}

/** Trained when first asked for. */
const duels = new Map<Target, Promise<Duel>>();
function duelOf(target: Target): Promise<Duel> {
  let duel = duels.get(target);
  if (!duel) {
    duel = trainDuel(target);
    duels.set(target, duel);
  }
  return duel;
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
    ...{ primary, metrics: [primary], seed, margin: 0, slices: [], minRows: 200, confidence: 0.95, bootstrap: RESAMPLES },
    ...{ gatesInconclusive: 'pass', measures: {}, retrained },
    gates: gates.map((text) => ({ text, gate: parseGate(text) })),
  });
}

function isCalled({ verdict }: ReturnType<typeof judged>): boolean {
  return verdict === 'better' || verdict === 'worse';
}

function* noDifference(): Generator<Case> {
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
      const name = `no difference: ${primary} of ${target}, ${rows} rows`;
      yield {
        name,
        cells: [{ name, claim: { chance: 0.05 } }],
        async run(trial) {
          const duel = await duelOf(target);
          const drawn = take(duel, drawRows(duel.candidate.rows, rows, trial));
          return [isCalled(judged(swapAtRandom(drawn, trial), primary, trial))];
        },
      };
    }
  }
}

const MARGINS = ['auc >= champion - 0.002', 'auc >= champion - 0.01', 'auc >= champion'];

function* equallyGood(): Generator<Case> {
  for (const rows of [300, 3000, 60_000]) {
    yield {
      name: `equally good, ${rows} rows`,
      cells: MARGINS.map((gate) => ({ name: `equally good: ${gate} blocks, ${rows} rows`, claim: { chance: 0.025 } })),
      async run(trial) {
        const duel = await duelOf('late');
        const drawn = take(duel, drawRows(duel.candidate.rows, rows, trial));
        return judged(swapAtRandom(drawn, trial), 'auc', trial, MARGINS).gates.map(({ outcome }) => outcome === 'fail');
      },
    };
  }
}

const BAGGED = { num_iterations: 30, num_leaves: 15, bagging_fraction: 0.5, bagging_freq: 1, early_stopping_round: 0 };
const MODELS = 120;
const TRAININGS = 5;

/** Models of one recipe that differ by their seed: which of two is ahead is chance, of rows and of training. */
function* otherSeeds(): Generator<Case> {
  let trained: ReturnType<typeof trainSeeds> | undefined;
  for (const rows of [1000, 5000, 50_000]) {
    const name = `no difference but the seed, with evaluate.seeds: ${TRAININGS}, ${rows} rows`;
    yield {
      name,
      cells: [{ name, claim: { chance: 0.05 } }, { name: 'without evaluate.seeds' }],
      async run(trial) {
        trained ??= trainSeeds(MODELS, BAGGED);
        const { labels, models } = await trained;
        const drawn = drawRows(models[0]!.rows, rows, trial);
        const [candidate, champion, ...retrained] = chosenModels(models, TRAININGS + 1, trial).map((model) =>
          takeScores(model, drawn),
        );
        const duel: Duel = { labels: selectLabels(labels, drawn), candidate: candidate!, champion: champion! };
        return [isCalled(judged(duel, 'auc', trial, [], retrained)), isCalled(judged(duel, 'auc', trial))];
      },
    };
  }
}

/**
 * A model between two, whose AUC is so much better than the linear one's. How often a difference is found hangs on how alike the two
 * models rank the rows: the trees themselves, a little better still, are shown beside it.
 */
function* realDifference(): Generator<Case> {
  let trained: Promise<{ readonly better: Duel; readonly trees: Duel }> | undefined;
  const name = `a true AUC difference of ${DIFFERENCE} is found, 5000 rows`;
  yield {
    name,
    cells: [{ name, claim: { atLeast: 0.8 } }, { name: 'the trees themselves are found better in' }],
    async run(trial) {
      // Larger than in the other cases, where the difference is a hair below.
      trained ??= trainDuel('late', { num_iterations: 200, num_leaves: 31 }).then((trees) => ({
        ...{ better: withDifference(trees), trees },
      }));
      const { better, trees } = await trained;
      const rows = drawRows(trees.candidate.rows, 5000, trial);
      return [better, trees].map((duel) => judged(take(duel, rows), 'auc', trial).verdict === 'better');
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
function* coverage(only: string): Generator<Case> {
  for (const target of Object.keys(TASK_OF) as Target[]) {
    for (const rows of [30, 100, 300, 1000, 3000]) {
      const cellsOf = (metric: string) =>
        ['the value', 'the difference'].map((what) => ({
          name: `coverage: ${what} of ${metric}, ${target}, ${rows} rows`,
          claim: { chance: 0.05 },
        }));
      const metrics = metricsOfTask(TASK_OF[target]).filter(
        (metric) => metric !== 'poisson_deviance' && cellsOf(metric).some(({ name }) => name.includes(only)),
      ) as readonly MetricName[];
      let truth: Readonly<Record<string, readonly [candidate: number, champion: number]>> | undefined;
      yield {
        name: `coverage on ${target}, ${rows} rows`,
        cells: metrics.flatMap(cellsOf),
        async run(trial) {
          const duel = await duelOf(target);
          truth ??= truthOf(metrics, duel);
          const pair = pairSamples(take(duel, drawRows(duel.candidate.rows, rows, trial)));
          const { metrics: found } = compareMetrics(pair, false, {
            metrics,
            resamples: RESAMPLES,
            confidence: 0.95,
            seed: trial,
          });
          return found.flatMap(({ comparison: { name, candidateInterval, interval } }) => {
            const [own, other] = truth![name]!;
            return [misses(candidateInterval, own), misses(interval, own - other)];
          });
        },
      };
    }
  }
}

function truthOf(
  metrics: readonly MetricName[],
  { labels, candidate, champion }: Duel,
): Readonly<Record<string, readonly [candidate: number, champion: number]>> {
  const own: Readonly<Record<string, number>> = computeMetrics(metrics, labels, candidate);
  const other: Readonly<Record<string, number>> = computeMetrics(metrics, labels, champion);
  return Object.fromEntries(metrics.map((name) => [name, [own[name]!, other[name]!]]));
}

function misses(interval: Interval | undefined, value: number): boolean | undefined {
  return interval && (value < interval.low || value > interval.high);
}
