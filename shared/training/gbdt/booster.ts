import { setImmediate } from 'node:timers/promises';
import { formatDuration, formatNumber } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';
import { chooseBins, type FeatureBins } from './binning.js';
import type { Crew } from './crew.js';
import { Gradients } from './gradients.js';
import { Grower } from './grower.js';
import { Helpers, threadsFor } from './helpers.js';
import { type Objective, objectiveOf } from './objective.js';
import { Sampling } from './sampling.js';
import type { Settings } from './settings.js';
import { type RowsInput, startCrew } from './start-crew.js';
import { type Tree, treeOf } from './tree.js';
import { Watch } from './watch.js';

/** Trees whose values are summed by output on top of a base score. */
export interface Ensemble {
  /** Score of each output before any tree; 32-bit floats. */
  readonly base: Float64Array;
  /** Trees of each round: one an output, or undefined where the output learns nothing. */
  readonly rounds: readonly (readonly (Tree | undefined)[])[];
}

interface Boosted {
  readonly ensemble: Ensemble;
  readonly curve: readonly { readonly step: number; readonly value: number }[];
  readonly curveMetric: string;
}

interface BoostInput extends RowsInput {
  readonly settings: Settings;
  readonly seed: number;
  /** Threads at most; few rows are not worth more than one. */
  readonly threads: number;
  readonly progress: Progress;
}

/** Gradient boosting (Friedman 2001): each round's trees are fitted to the gradients that the scores so far leave. */
export async function boost(input: BoostInput): Promise<Boosted> {
  const { settings, train, seed } = input;
  const objective = objectiveOf(input.trainLabels, input.trainWeights, input.objective);
  const helpers = await Helpers.start(threadsFor(train.rows, train.columns.length, input.threads) - 1);
  try {
    const features = chooseBins(train, settings.maxBin, seed);
    const crew = await startCrew(input, features, objective.base, settings, helpers);
    return await boostWith(crew, input, features, objective);
  } finally {
    await helpers.end();
  }
}

async function boostWith(
  crew: Crew,
  input: BoostInput,
  features: readonly FeatureBins[],
  objective: Objective,
): Promise<Boosted> {
  const { settings, train, seed } = input;
  const { loss } = crew;
  const grower = new Grower(crew, features, settings.tree, objective.leafQuantile);
  const sampling = new Sampling(train.rows, features.length, seed);
  const gradients = new Gradients(crew);
  const watch = input.validation.rows > 0 ? new Watch(crew, input.validationWeights) : undefined;
  const report = new Reporter(input.progress, settings.numIterations, loss.metric);
  const bagging = settings.baggingFreq > 0 && settings.baggingFraction < 1;
  const rounds: (Tree | undefined)[][] = [];

  for (let round = 0; round < settings.numIterations; round++) {
    if (bagging && round % settings.baggingFreq === 0) crew.arena.inside.set(sampling.drawRows(settings.baggingFraction));
    gradients.update();
    const trees: (Tree | undefined)[] = [];
    for (let output = 0; output < loss.outputs; output++) {
      const allowed = sampling.drawFeatures(settings.featureFraction);
      const grown = features.length > 0 && objective.learns(output) ? grower.grow(output, bagging, allowed) : undefined;
      const tree = grown && grown.nodes.length > 0 ? treeOf(grown, features) : undefined;
      trees.push(tree);
      if (tree) grower.addToScores(output, grown!);
    }
    const stuck = trees.every((tree) => tree === undefined);
    // Without sampling, later rounds would see the same gradients and find no split either.
    if (stuck && !bagging && settings.featureFraction >= 1) break;
    rounds.push(trees);
    const value = watch?.look();
    if (watch?.isOver(settings.earlyStoppingRound)) break;
    if (report.due()) {
      report.line(round + 1, value);
      // Lets timers and signals through.
      await setImmediate();
    }
  }
  const kept = watch && watch.bestRound > 0 && settings.earlyStoppingRound > 0 ? rounds.slice(0, watch.bestRound) : rounds;
  return { ensemble: { base: objective.base, rounds: kept }, curve: watch?.curve ?? [], curveMetric: loss.metric };
}

/** One line about once a second. */
class Reporter {
  readonly #progress: Progress;
  readonly #rounds: number;
  readonly #metric: string;
  readonly #start = performance.now();
  #last = performance.now();

  constructor(progress: Progress, rounds: number, metric: string) {
    this.#progress = progress;
    this.#rounds = rounds;
    this.#metric = metric;
  }

  due(): boolean {
    return performance.now() - this.#last >= 1000;
  }

  line(round: number, value: number | undefined): void {
    this.#last = performance.now();
    const elapsed = (this.#last - this.#start) / 1000;
    const metric = value === undefined ? '' : `, validation ${this.#metric} ${formatNumber(value)}`;
    const rest = formatDuration((elapsed / round) * (this.#rounds - round));
    this.#progress(`round ${round} of ${this.#rounds}${metric}, ${formatDuration(elapsed)} elapsed, at most ${rest} to go`);
  }
}
