import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { Dataset } from '../data/dataset.js';
import type { Predictions } from '../data/predictions.js';
import { readStoredScores } from '../data/stored-scores.js';
import { type OnnxModel, openModel } from '../onnx/session.js';
import { BUNDLE_FILES } from './files.js';
import type { Bundle } from './read.js';

/** A bundle's model, ready to score; or what stands for it. */
export type BundleScorer = Pick<OnnxModel, 'signature' | 'predict' | 'close'>;

/**
 * Opens the model of a bundle; of one that holds predictions alone, a model that knows just these rows.
 * @param rows the rows that are going to be scored, in the order of their table
 */
export async function openBundle(bundle: Bundle, dataset: Dataset, rows: Uint32Array): Promise<BundleScorer> {
  if (!bundle.predictionsOnly) return openModel(bundle.modelFile);
  return {
    signature: bundle.manifest.signature,
    predict: () => bundlePredictions(bundle, dataset, rows),
    close: () => Promise.resolve(),
  };
}

/**
 * What a bundle without a model has predicted for some rows, told by their ids.
 * @param rows indices in canonical order
 * @throws UserError when it says nothing of some of them
 */
async function bundlePredictions(bundle: Bundle, dataset: Dataset, rows: Uint32Array): Promise<Predictions> {
  const { task, classes } = bundle.manifest;
  const width = task === 'regression' ? 1 : classes.length;
  const stored = await readStoredScores(join(bundle.directory, BUNDLE_FILES.predictions), width);
  const scores = new Float64Array(rows.length * width);
  let absent = 0;
  for (const [index, id] of (await dataset.rowIds(rows)).entries()) {
    const at = stored.places.get(id);
    if (at === undefined) absent++;
    else for (let k = 0; k < width; k++) scores[index * width + k] = stored.columns[k]![at]!;
  }
  if (absent > 0)
    throw new UserError(
      `The bundle ${bundle.manifest.digest} holds predictions and no model, and says nothing of ${formatCount(absent)} of the ` +
        `${formatCount(rows.length)} rows that judge: train it again on this data.`,
    );
  return task === 'regression' ? { task, rows: rows.length, scores } : { task, classes, rows: rows.length, scores };
}
