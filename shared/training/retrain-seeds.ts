import type { Manifest } from '../bundle/manifest.js';
import type { Progress } from '../core/progress.js';
import type { Dataset } from '../data/dataset.js';
import type { Predictions } from '../data/predictions.js';
import { assignParts } from '../data/split.js';
import { openModel } from '../onnx/session.js';
import type { LoadedSpec } from '../spec/load.js';
import { trainerParams } from './fit.js';
import { fitFinished } from './fit-finished.js';
import { prepareFit } from './prepare-fit.js';

/** What trainings of the same recipe with other seeds say, or why there are none. */
export type SeedRuns = { readonly predictions: readonly Predictions[] } | { readonly reason: string };

/**
 * Trains a candidate again with the seeds after its own, and runs each of these models on the judged rows: what differs
 * between them is chance of the training.
 * @param trainings how many trainings there are in all, the candidate's own included
 */
export async function retrainWithSeeds(
  dataset: Dataset,
  loaded: LoadedSpec,
  manifest: Manifest,
  { rows, trainings, progress }: { rows: Uint32Array; trainings: number; progress: Progress },
): Promise<SeedRuns> {
  const { spec } = loaded;
  if (spec.train.command !== undefined) return { reason: 'train.command trains in a step of its own' };
  if (manifest.data.digest !== dataset.fingerprint.digest) return { reason: 'the candidate was trained on other data' };
  if (manifest.algorithm !== (spec.train.algorithm ?? 'gbdt')) {
    return { reason: `the candidate is a ${manifest.algorithm} model, and the spec trains another` };
  }
  const parts = await assignParts(dataset, manifest.split);
  const { request, finish } = await prepareFit(dataset, { parts, rule: manifest.split }, loaded);
  // The folds' own metrics say nothing here; calibration and threshold are part of the recipe.
  const { crossValidation: _, ...finishing } = await finish();
  const table = await dataset.table(
    manifest.signature.inputs.map(({ name }) => name),
    rows,
  );
  const predictions: Predictions[] = [];
  for (let training = 1; training < trainings; training++) {
    progress(`training ${training + 1} of ${trainings}, with seed ${manifest.seed + training}`);
    const again = { params: trainerParams(manifest.params), seed: manifest.seed + training, progress: () => {} };
    const fitted = await fitFinished({ ...request, ...again }, finishing);
    const model = await openModel(fitted.model);
    try {
      predictions.push(await model.predict(table, { task: manifest.task, classes: fitted.classes }));
    } finally {
      await model.close();
    }
  }
  return { predictions };
}
