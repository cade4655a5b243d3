import { join } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import type { Bundle } from '../../shared/bundle/read.js';
import { messageOf } from '../../shared/core/errors.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { readPredictions } from '../../shared/data/read-predictions.js';
import { compareRecorded, drawGoldenRows, type GoldenRows } from '../../shared/deployment/golden-rows.js';
import { openModel } from '../../shared/onnx/session.js';
import { type CandidateSource, candidateOfRun } from '../../shared/registry/candidate.js';
import type { RunnerServices } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';

/** Golden rows, and how the model's answers to them differ from what was recorded when it was made. */
export interface CheckedRows {
  readonly golden: GoldenRows;
  readonly registered?: { readonly rows: number; readonly worst: number };
  readonly notices: readonly string[];
}

export interface CheckedRowsRequest {
  readonly bundle: Bundle;
  readonly loaded: LoadedSpec;
  readonly directory: string;
  readonly data: readonly string[];
  readonly source: CandidateSource | undefined;
  readonly services: RunnerServices;
}

/**
 * Draws held-out rows from the data of this checkout and asks the bundle's own model about them. The recorded
 * predictions hold rows of people and are in no release unless `registry.publish` names them, so they are looked for in the
 * bundle, then in the candidate of the run that made it; where neither has them, the model itself is the only witness.
 */
export async function drawCheckedRows(request: CheckedRowsRequest): Promise<CheckedRows> {
  const { bundle, loaded, directory, data, services } = request;
  const { spec } = loaded;
  const dataset = await openDataset({
    ...{ spec, directory, workspace: services.environment.workspace, locate: (path) => loaded.locate(path) },
    ...(data.length > 0 && { data }),
    progress: services.progress,
  });
  try {
    const model = await openModel(bundle.modelFile);
    try {
      const { manifest } = bundle;
      const golden = await drawGoldenRows({
        dataset,
        manifest,
        model,
        ...(spec.features.use && { features: spec.features.use }),
      });
      const { file, notice } = await recordedPredictions(request);
      const notices = [...golden.notices, ...(notice === undefined ? [] : [notice])];
      if (file === undefined) return { golden, notices };
      return { golden, registered: compareRecorded(golden, await readPredictions(file, golden.rowIds)), notices };
    } finally {
      await model.close();
    }
  } finally {
    dataset.close();
  }
}

async function recordedPredictions({
  bundle,
  source,
  services,
}: CheckedRowsRequest): Promise<{ readonly file?: string; readonly notice?: string }> {
  const { manifest } = bundle;
  if (BUNDLE_FILES.predictions in manifest.files) return { file: join(bundle.directory, BUNDLE_FILES.predictions) };
  const run = manifest.run?.id;
  const branch = services.environment.baseBranch;
  if (!source || run === undefined || branch === undefined) return { notice: MISSING };
  try {
    const found = await candidateOfRun(source, run, manifest.name, branch);
    const isSame = found.bundle.manifest.digest === manifest.digest;
    if (isSame && BUNDLE_FILES.predictions in found.bundle.manifest.files)
      return { file: join(found.bundle.directory, BUNDLE_FILES.predictions) };
    return { notice: MISSING };
  } catch (error) {
    services.log(`The recorded predictions are not at hand: ${messageOf(error)}`);
    return { notice: MISSING };
  }
}

const MISSING =
  'The predictions that were recorded when the model was made are not at hand (they are in the artifact of its run, while that is kept), so ' +
  'the answers were held against those of the model itself.';
