import type { Labels } from '../../data/table.js';
import type { Matrix } from '../../features/plan.js';
import type { SpecialObjective } from '../trainer.js';
import { Arena } from './arena.js';
import type { FeatureBins } from './binning.js';
import { Crew } from './crew.js';
import { fillBins } from './fill-bins.js';
import type { Helpers } from './helpers.js';
import { layoutOf, widthOf } from './histogram.js';
import { outputsOf } from './loss.js';
import type { Settings } from './settings.js';

/** Histograms are kept for subtraction up to this many bytes; beyond, a leaf's is built anew when it is needed. */
const HISTOGRAM_BYTES = 2 ** 29;

/** Training and validation rows with labels and weights. */
export interface RowsInput {
  readonly train: Matrix;
  readonly trainLabels: Labels;
  readonly trainWeights?: Float64Array | undefined;
  readonly validation: Matrix;
  readonly validationLabels: Labels;
  readonly validationWeights?: Float64Array | undefined;
  readonly objective?: SpecialObjective | undefined;
  readonly monotone?: Int8Array | undefined;
}

/**
 * Puts everything that the rounds need into shared memory.
 * @param base what scores start from, by output
 * @param helpers threads that have been started; the caller ends them where this fails
 * @param histogramBytes changes the speed, not the trees
 * @throws UserError when the rows do not fit into the memory that the trainer can use
 */
export async function startCrew(
  input: RowsInput,
  features: readonly FeatureBins[],
  base: Float64Array,
  settings: Settings,
  helpers: Helpers,
  histogramBytes = HISTOGRAM_BYTES,
): Promise<Crew> {
  const { train, validation, trainLabels } = input;
  const classes = trainLabels.task === 'regression' ? 0 : trainLabels.classes.length;
  const loss = input.objective?.name ?? trainLabels.task;
  const outputs = outputsOf(loss, classes);
  const width = widthOf(features.length);
  const layout = layoutOf(features);
  const leaves = Math.max(2, Math.min(settings.tree.numLeaves, train.rows));
  const arena = new Arena({
    rows: train.rows,
    heldOut: validation.rows,
    width,
    outputs,
    histogram: layout.size,
    slots: Math.max(3, Math.min(leaves + 1, Math.floor(histogramBytes / (8 * layout.size)))),
    leaves,
    shards: helpers.count + 1,
  });
  const plan = {
    features,
    split: settings.tree.split,
    directions: directionsOf(features, input.monotone),
    loss,
    alpha: input.objective?.name === 'quantile' ? input.objective.alpha : 0,
    classes,
    weighted: input.trainWeights !== undefined,
    heldOutWeighted: input.validationWeights !== undefined,
  };
  const crew = new Crew(arena, plan, helpers);
  fillArena(arena, input, features, base);
  await crew.ready();
  return crew;
}

function fillArena(arena: Arena, input: RowsInput, features: readonly FeatureBins[], base: Float64Array): void {
  const { train, validation } = input;
  const { width } = arena.shape;
  layoutOf(features).offsets.forEach((offset, position) => {
    arena.bases[position] = 8 * offset;
  });
  fillBins(train, features, arena.bins, width);
  fillBins(validation, features, arena.heldOutBins, width);
  arena.targets.set(input.trainLabels.values);
  arena.heldOutTargets.set(input.validationLabels.values);
  if (input.trainWeights) arena.weights.set(input.trainWeights);
  if (input.validationWeights) arena.heldOutWeights.set(input.validationWeights);
  for (const scores of [arena.scores, arena.heldOutScores]) {
    scores.forEach((own, output) => {
      own.fill(base[output]!);
    });
  }
  for (let row = 0; row < validation.rows; row++) arena.heldOutIds[row] = row;
}

/** From constraints by matrix column to those by binned feature; undefined where no feature has one. */
function directionsOf(features: readonly FeatureBins[], monotone: Int8Array | undefined): number[] | undefined {
  const directions = features.map(({ column }) => monotone?.[column] ?? 0);
  return directions.some((direction) => direction !== 0) ? directions : undefined;
}
