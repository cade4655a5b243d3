import { setImmediate } from 'node:timers/promises';
import { formatDuration, formatNumber } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';
import type { Labels } from '../../data/table.js';
import type { Matrix } from '../../features/plan.js';
import { binMatrix } from './binning.js';
import { Grower } from './grower.js';
import { metricOf, type Objective, objectiveOf } from './objective.js';
import { Sampling } from './sampling.js';
import type { Settings } from './settings.js';
import { addTree, type Tree, treeOf } from './tree.js';

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

interface BoostInput {
  readonly train: Matrix;
  readonly trainLabels: Labels;
  readonly trainWeights?: Float64Array | undefined;
  readonly validation: Matrix;
  readonly validationLabels: Labels;
  readonly validationWeights?: Float64Array | undefined;
  readonly settings: Settings;
  readonly seed: number;
  readonly progress: Progress;
}

/** Gradient boosting (Friedman 2001): each round's trees are fitted to the gradients that the scores so far leave. */
export async function boost(input: BoostInput): Promise<Boosted> {
  const { settings, train } = input;
  const objective = objectiveOf(input.trainLabels, input.trainWeights);
  const matrix = binMatrix(train, settings.maxBin, input.seed);
  const grower = new Grower(matrix, settings.tree);
  const sampling = new Sampling(train.rows, matrix.features.length, input.seed);
  const scores = startScores(objective, train.rows);
  const gradients = Array.from({ length: objective.outputs }, () => new Float64Array(2 * train.rows));
  const watch = input.validation.rows > 0 ? new Watch(input, objective) : undefined;
  const report = new Reporter(input.progress, settings.numIterations, objective.metric);
  const bagging = settings.baggingFreq > 0 && settings.baggingFraction < 1;
  const rounds: (Tree | undefined)[][] = [];
  let bag: ReturnType<Sampling['drawRows']> | undefined;

  for (let round = 0; round < settings.numIterations; round++) {
    if (bagging && round % settings.baggingFreq === 0) bag = sampling.drawRows(settings.baggingFraction);
    objective.gradients(scores, gradients);
    const trees: (Tree | undefined)[] = [];
    for (let output = 0; output < objective.outputs; output++) {
      const allowed = sampling.drawFeatures(settings.featureFraction);
      const grown = objective.learns(output) ? grower.grow(gradients[output]!, bag?.inside, allowed) : undefined;
      const tree = grown && grown.nodes.length > 0 ? treeOf(grown, matrix.features) : undefined;
      trees.push(tree);
      if (!tree) continue;
      grower.addTo(scores[output]!);
      if (bag) addTree(tree, train, scores[output]!, bag.outside);
    }
    const stuck = trees.every((tree) => tree === undefined);
    // Without sampling, later rounds would see the same gradients and find no split either.
    if (stuck && !bagging && settings.featureFraction >= 1) break;
    rounds.push(trees);
    const value = watch?.add(trees);
    if (watch?.isOver(settings.earlyStoppingRound)) break;
    if (report.due()) {
      report.line(round + 1, value);
      // Lets timers and signals through.
      await setImmediate();
    }
  }
  const kept = watch && watch.bestRound > 0 && settings.earlyStoppingRound > 0 ? rounds.slice(0, watch.bestRound) : rounds;
  return { ensemble: { base: objective.base, rounds: kept }, curve: watch?.curve ?? [], curveMetric: objective.metric };
}

function startScores(objective: Objective, rows: number): Float64Array[] {
  return Array.from(objective.base, (base) => new Float64Array(rows).fill(base));
}

/** Follows the metric on the validation rows. */
class Watch {
  readonly curve: { step: number; value: number }[] = [];
  /** How many rounds give the best value so far. */
  bestRound = 0;
  readonly #input: BoostInput;
  readonly #scores: Float64Array[];
  #best = Number.POSITIVE_INFINITY;

  constructor(input: BoostInput, objective: Objective) {
    this.#input = input;
    this.#scores = startScores(objective, input.validation.rows);
  }

  add(trees: readonly (Tree | undefined)[]): number {
    const { validation, validationLabels, validationWeights } = this.#input;
    trees.forEach((tree, output) => {
      if (tree) addTree(tree, validation, this.#scores[output]!);
    });
    const value = metricOf(validationLabels, validationWeights, this.#scores);
    this.curve.push({ step: this.curve.length + 1, value });
    if (value < this.#best) {
      this.#best = value;
      this.bestRound = this.curve.length;
    }
    return value;
  }

  isOver(patience: number): boolean {
    return patience > 0 && this.curve.length - this.bestRound >= patience;
  }
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
