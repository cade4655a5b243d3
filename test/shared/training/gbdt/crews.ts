import type { Labels } from '../../../../shared/data/table.js';
import type { Matrix } from '../../../../shared/features/plan.js';
import { chooseBins } from '../../../../shared/training/gbdt/binning.js';
import { Gradients } from '../../../../shared/training/gbdt/gradients.js';
import { Grower } from '../../../../shared/training/gbdt/grower.js';
import { Helpers } from '../../../../shared/training/gbdt/helpers.js';
import { objectiveOf } from '../../../../shared/training/gbdt/objective.js';
import { readSettings } from '../../../../shared/training/gbdt/settings.js';
import { startCrew } from '../../../../shared/training/gbdt/start-crew.js';
import { inputOf } from './matrices.js';

interface Options {
  readonly params?: Record<string, number>;
  readonly threads?: number;
  readonly histogramBytes?: number;
  /** The scores that gradients are taken at; default: the best constants. */
  readonly base?: Float64Array;
}

/** A crew, on as many threads as asked for however few the rows are, with the gradients of the first round. */
export async function crewOf(matrix: Matrix, labels: Labels, options: Options = {}) {
  const { settings } = readSettings(options.params ?? {});
  const features = chooseBins(matrix, settings.maxBin, 1);
  const objective = objectiveOf(labels, undefined);
  const base = options.base ?? objective.base;
  const helpers = await Helpers.start((options.threads ?? 1) - 1);
  const crew = await startCrew(inputOf(matrix, labels), features, base, settings, helpers, options.histogramBytes);
  new Gradients(crew).update();
  return { crew, features, settings, grower: new Grower(crew, features, settings.tree) };
}
