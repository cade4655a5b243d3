import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import type { Bundle } from '../../shared/bundle/read.js';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import type { Dataset } from '../../shared/data/dataset.js';
import type { BlockUnit } from '../../shared/data/distribution/distribution.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { readReference } from '../../shared/data/reference.js';
import { parseReferenceProfile, type ReferenceProfile } from '../../shared/data/reference-profile.js';
import { rowsOfPart } from '../../shared/data/select.js';
import { assignParts } from '../../shared/data/split.js';
import type { WatchedInput } from '../../shared/features/watched.js';
import type { WindowReference } from '../../shared/monitoring/drift-checks.js';
import { type LookedAt, MONITOR_DEFAULTS } from '../../shared/monitoring/look.js';
import { readSeasons } from '../../shared/monitoring/season.js';
import { openModel } from '../../shared/onnx/session.js';
import type { RunnerServices } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import type { Place } from './files.js';

export interface ReferenceRequest {
  readonly bundle: Bundle;
  readonly shown: string;
  readonly watched: readonly WatchedInput[];
  readonly time: string | undefined;
  readonly windows: LookedAt;
  /** Files that replace the spec's. */
  readonly data: readonly string[];
  readonly place: Place;
  readonly loaded: LoadedSpec;
  readonly services: RunnerServices;
}

export interface FoundReference {
  readonly reference: WindowReference;
  /** What rows are taken together by. */
  readonly unit: BlockUnit;
  readonly notices: readonly string[];
}

/** What windows are held against, as `monitor.reference` says. */
export async function referenceOf(request: ReferenceRequest): Promise<FoundReference> {
  const { monitor } = request.loaded.spec;
  const unit = monitor?.block ?? MONITOR_DEFAULTS.block;
  const kind = monitor?.reference ?? MONITOR_DEFAULTS.reference;
  if (kind === 'previous') return { reference: { kind }, unit, notices: [] };
  if (kind === 'same_season') return seasonReference(request, unit);
  const { profile, notices } = await trainingProfile(request, unit);
  const known = profile.inputs.blocks?.unit ?? unit;
  const other =
    monitor?.block !== undefined && known !== unit
      ? [`The profile of the model counts by the ${known}, so monitor.block: ${unit} takes effect with the next training.`]
      : [];
  return {
    reference: { kind, distributions: [profile.inputs, profile.predictions] },
    unit: known,
    notices: [...notices, ...other],
  };
}

/** The profile of the bundle; where it was registered without, the same made anew from the data and the model's own split. */
async function trainingProfile(
  request: ReferenceRequest,
  unit: BlockUnit,
): Promise<{ profile: ReferenceProfile; notices: readonly string[] }> {
  const { bundle, shown } = request;
  if (BUNDLE_FILES.profile in bundle.manifest.files) {
    const text = await readFile(join(bundle.directory, BUNDLE_FILES.profile), 'utf8');
    return { profile: parseReferenceProfile(text, `${BUNDLE_FILES.profile} of ${shown}`), notices: [] };
  }
  try {
    const { profile, rows } = await withDataset(request, (dataset) => profileAnew(dataset, request, unit));
    const notice = `${shown} has no ${BUNDLE_FILES.profile}, so it was made anew from ${formatCount(rows)} rows of the data; with \`registry: { publish: [profile] }\` versions keep theirs.`;
    return { profile, notices: [notice] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${shown} has no ${BUNDLE_FILES.profile} to hold the traffic against, and it cannot be made anew from the data (${messageOf(error).split('\n')[0]}). ` +
        'Add "publish: [profile]" to "registry" of the spec and register again, or set "monitor.reference: previous".',
      { cause: error },
    );
  }
}

async function profileAnew(
  dataset: Dataset,
  { bundle, watched, time, services }: ReferenceRequest,
  unit: BlockUnit,
): Promise<{ profile: ReferenceProfile; rows: number }> {
  const { manifest } = bundle;
  services.progress('making the reference anew from the data');
  const lacking = watched.find(({ from }) => !dataset.schema.some(({ name }) => name === from));
  if (lacking) throw new UserError(`the data has no column ${JSON.stringify(lacking.from)} any more`);
  const parts = await assignParts(dataset, manifest.split);
  const rows = rowsOfPart(parts, 'test');
  const model = await openModel(bundle.modelFile);
  try {
    const table = await dataset.table(
      manifest.signature.inputs.map(({ name }) => name),
      rows,
    );
    const predictions = await model.predict(table, { task: manifest.task, classes: manifest.classes });
    const profile = await readReference(dataset, {
      ...{ model: manifest.name, parts, inputs: watched, heldOut: { rows, predictions }, time, unit },
      threshold: manifest.threshold,
    });
    return { profile, rows: dataset.rows };
  } finally {
    await model.close();
  }
}

async function seasonReference(request: ReferenceRequest, unit: BlockUnit): Promise<FoundReference> {
  const { watched, windows, loaded } = request;
  const { time } = loaded.spec.data;
  if (time === undefined) {
    throw new UserError({
      message: 'monitor.reference: same_season needs data.time, the column with the time of the event',
      location: loaded.locate(['monitor', 'reference']),
    });
  }
  const seasons = await withDataset(request, (dataset) =>
    readSeasons(dataset, { inputs: watched, time, unit, ...windowsOf(windows) }),
  );
  const notices = ['Answers are not held against a season: only the inputs are.'];
  return { reference: { kind: 'same_season', seasons }, unit, notices };
}

function windowsOf({ grid, first, end }: LookedAt) {
  return { grid, windows: { first, end } };
}

async function withDataset<T>(
  { data, place, loaded, services }: ReferenceRequest,
  work: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const dataset = await openDataset({
    spec: loaded.spec,
    ...place,
    ...(data.length > 0 && { data }),
    progress: services.progress,
  });
  try {
    return await work(dataset);
  } finally {
    dataset.close();
  }
}
