import { basename, resolve } from 'node:path';
import type { Manifest } from '../../shared/bundle/manifest.js';
import type { Bundle } from '../../shared/bundle/read.js';
import { openBundle } from '../../shared/bundle/scorer.js';
import { toolVersion } from '../../shared/core/version.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { readColumns } from '../../shared/data/known-columns.js';
import { openPredictionFile, type PredictionFile } from '../../shared/data/prediction-file.js';
import type { Predictions } from '../../shared/data/predictions.js';
import { searchableColumns } from '../../shared/data/search-columns.js';
import { divideRows } from '../../shared/data/split.js';
import type { Table } from '../../shared/data/table.js';
import { type CostlyModel, costsOf, type ModelCost, measureMemories, measureTimes } from '../../shared/evaluation/cost.js';
import type { Measures } from '../../shared/evaluation/gates.js';
import { measuresOf } from '../../shared/evaluation/measures.js';
import { sourcesOf } from '../../shared/features/plan.js';

/** A model that is judged: a bundle, or predictions that some other model has made. */
export interface JudgedModel {
  readonly manifest: Manifest;
  readonly importance: Bundle['importance'];
  readonly metrics: Bundle['metrics'];
  readonly source: { readonly bundle: Bundle } | { readonly predictions: PredictionFile };
}

export interface Scored {
  readonly predictions: Predictions;
  /** The model's inputs; absent for predictions of a file. */
  readonly table?: Table;
}

export function isFile(model: JudgedModel): boolean {
  return 'predictions' in model.source;
}

export function modelOfBundle(bundle: Bundle): JudgedModel {
  const { manifest, importance, metrics } = bundle;
  return { manifest, importance, metrics, source: { bundle } };
}

/**
 * A file of predictions as a model. Nothing says which rows made it, so those are taken as held out that the opponent's
 * rule holds out or, without one, the spec's.
 */
export async function modelOfFile(
  path: string,
  {
    dataset,
    opponent,
    directory,
    input,
  }: { dataset: Dataset; opponent: Manifest | undefined; directory: string; input: string },
): Promise<JudgedModel> {
  const { spec } = dataset;
  const labels = await dataset.labels(opponent && opponent.task !== 'regression' ? { classes: opponent.classes } : {});
  const predictions = await openPredictionFile(resolve(directory, path), path, { dataset, labels, input });
  const classes = labels.task === 'regression' ? [] : labels.classes;
  const positive = labels.task === 'binary' ? classes.at(-1) : undefined;
  const split = opponent?.split ?? (await divideRows(dataset, spec)).rule;
  const { digest, rows, schema, where } = dataset.fingerprint;
  return {
    manifest: {
      ...{ format: 1, name: spec.name, task: spec.task, digest: predictions.digest, classes, split, seed: spec.seed },
      signature: { inputs: [], outputs: [] },
      target: {
        column: spec.target.column,
        ...(spec.target.sql !== undefined && { sql: spec.target.sql }),
        ...(positive !== undefined && { positive }),
      },
      ...{ algorithm: basename(path), params: {}, features: { features: [] } },
      data: { digest, rows, schema, ...(where !== undefined && { where }) },
      training: {
        rows: { train: 0, validation: 0, calibration: 0, test: 0 },
        ...{ seconds: 0, iterations: 0, finishedAt: new Date(0).toISOString() },
      },
      tool: { name: 'mlops-actions', version: toolVersion() },
      files: {},
    },
    importance: [],
    metrics: {},
    source: { predictions },
  };
}

/**
 * What a model says of rows of the data.
 * @param known see readColumns
 */
export async function score(
  { manifest, source }: JudgedModel,
  dataset: Dataset,
  rows: Uint32Array,
  known?: Table,
): Promise<Scored> {
  if ('predictions' in source) return { predictions: await source.predictions.of(rows) };
  const names = manifest.signature.inputs.map(({ name }) => name);
  const table = await readColumns(dataset, names, rows, known);
  const model = await openBundle(source.bundle, dataset, rows);
  try {
    const predictions = await model.predict(table, { task: manifest.task, classes: manifest.classes });
    return { predictions, table };
  } finally {
    await model.close();
  }
}

/**
 * What running each model costs, measured together on the same rows; undefined where there are predictions and no model.
 * @param meanwhile work that goes on while the memory is measured, and not while the time is
 */
export async function costsBeside<T>(
  models: readonly { readonly model: JudgedModel; readonly scored: Scored }[],
  meanwhile: () => Promise<T>,
): Promise<{ readonly costs: readonly (ModelCost | undefined)[]; readonly found: T }> {
  const run = models.flatMap(({ model: { source }, scored: { table } }, index): (CostlyModel & { readonly index: number })[] =>
    table && 'bundle' in source && !source.bundle.predictionsOnly ? [{ index, model: source.bundle.modelFile, table }] : [],
  );
  const times = run.length === 0 ? [] : await measureTimes(run);
  const [memory, found] = await Promise.all([measureMemories(run), meanwhile()]);
  const costs = costsOf(times, memory);
  return { costs: models.map((_, index) => costs[run.findIndex((one) => one.index === index)]), found };
}

/** What gates may ask of a model beside its metrics; of predictions in a file nothing was measured. */
export function gatesMeasures({ manifest, source }: JudgedModel, cost: ModelCost | undefined): Measures {
  if ('predictions' in source) return {};
  return measuresOf(cost, source.bundle.predictionsOnly ? 0 : (manifest.files['model.onnx']?.bytes ?? 0));
}

/** What slices are searched in: the inputs, those first whose features matter most to the model; of a file every column but target and key. */
export async function searchedTable(
  { manifest, importance }: JudgedModel,
  { table }: Scored,
  dataset: Dataset,
  rows: Uint32Array,
): Promise<Table> {
  if (!table) return dataset.table(await searchableColumns(dataset), rows);
  const weight = (column: string): number =>
    importance.reduce((sum, { feature, importance: share }) => {
      const found = manifest.features.features.find(({ name }) => name === feature);
      return found && sourcesOf(found).includes(column) ? sum + share : sum;
    }, 0);
  return { ...table, columns: new Map([...table.columns].sort(([a], [b]) => weight(b) - weight(a))) };
}
