import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Bundle } from '../../shared/bundle/read.js';
import { type BundleScorer, openBundle } from '../../shared/bundle/scorer.js';
import { UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { sha256 } from '../../shared/core/json.js';
import { toolVersion } from '../../shared/core/version.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { openPredictionFile } from '../../shared/data/prediction-file.js';
import type { Predictions } from '../../shared/data/predictions.js';
import { searchableColumns, searchColumns } from '../../shared/data/search-columns.js';
import { rowsOfPart, selectLabels, selectWeights } from '../../shared/data/select.js';
import { protectedGroups, specSlices } from '../../shared/data/slices.js';
import { assignParts, divideRows } from '../../shared/data/split.js';
import type { Labels, Table } from '../../shared/data/table.js';
import { constantPredictions } from '../../shared/evaluation/baseline.js';
import type { ModelSummary } from '../../shared/evaluation/comparison.js';
import { type ModelCost, measureCosts } from '../../shared/evaluation/cost.js';
import { readCustomMetrics } from '../../shared/evaluation/custom-metrics.js';
import type { Evaluation } from '../../shared/evaluation/evaluation.js';
import { gateLines } from '../../shared/evaluation/gates.js';
import { evaluateModel } from '../../shared/evaluation/judge.js';
import { measuresOf } from '../../shared/evaluation/measures.js';
import { commonRows } from '../../shared/evaluation/rows.js';
import { summarizeModel } from '../../shared/evaluation/summary.js';
import { adoptModel } from '../../shared/onnx/adopt.js';
import { openModel, type PredictContext } from '../../shared/onnx/session.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { type ResolvedModel, resolveModel } from '../../shared/registry/resolve.js';
import { renderEvaluation } from '../../shared/report/evaluation.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { judgedMetrics, judgedPrimary } from '../../shared/spec/chosen-metrics.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import type { Spec } from '../../shared/spec/schema.js';
import { measureByCommands } from '../../shared/training/command/metric-command.js';
import { type Evaluated, findEvaluation } from './reuse.js';

export interface EvaluateInputs {
  /** Whether the evaluation of before is taken when nothing that matters has changed. */
  readonly cache: boolean;
  readonly data: readonly string[];
  readonly 'fail-on': 'gates' | 'never';
  readonly 'github-token': string | undefined;
  readonly model: string | undefined;
  readonly predictions: string | undefined;
  readonly spec: string;
  readonly 'working-directory': string;
}

/** Runs one model on its held-out rows and holds its metrics against the gates that need no champion. */
export async function run(inputs: EvaluateInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  if ((inputs.model === undefined) === (inputs.predictions === undefined))
    throw new UserError(
      'Input "model" names the model that is evaluated, or "predictions" a file with what it says of the held-out rows: give one of the two.',
    );
  const model =
    inputs.model === undefined
      ? ({ kind: 'predictions', path: inputs.predictions! } as const)
      : await resolveModel(inputs.model, {
          input: 'model',
          model: loaded.spec.name,
          directory,
          branch: environment.baseBranch,
          connect: () => connectCandidates(services, inputs['github-token'], directory),
        });
  const reuse = inputs.cache ? await findEvaluation(model, { loaded, directory, data: inputs.data, environment }) : undefined;
  if (reuse?.evaluation) log(`The evaluation is reused. ${reuse.words}`);
  const evaluation = reuse?.evaluation ?? (await evaluateOnData(inputs, loaded, model, { ...services, directory }));
  if (!reuse?.evaluation) await reuse?.keep(evaluation);
  const folder = workDirectory(directory);
  const evaluationFile = join(folder, 'evaluation.json');
  const metricsFile = join(folder, 'metrics.json');
  await mkdir(folder, { recursive: true });
  await writeFile(evaluationFile, `${JSON.stringify(evaluation, null, 2)}\n`);
  const metrics = Object.fromEntries(evaluation.metrics.map(({ name, candidate }) => [name, candidate]));
  await writeFile(metricsFile, `${JSON.stringify(metrics, null, 2)}\n`);
  log(`Gates: ${evaluation.gatesOutcome}`);

  const failed = evaluation.gates.filter(({ outcome }) => outcome === 'fail');
  const annotations: Annotation[] = failed.map(({ text, note, line }) => ({
    level: 'error',
    message: `${text}: ${note ?? 'the gate fails'}`,
    location: { file: loaded.file, ...(line !== undefined && { line }) },
  }));
  if (model.kind !== 'bundle')
    annotations.push({
      level: 'warning',
      message:
        `${model.kind === 'onnx' ? model.shown : model.path} has no manifest, so nothing says which rows it has trained on: the test rows of this spec judge it, ` +
        'and the metrics are too good if it has seen them.',
    });
  return {
    outputs: {
      'metrics-path': metricsFile,
      'evaluation-path': evaluationFile,
      gates: evaluation.gatesOutcome,
      cached: String(reuse?.evaluation !== undefined),
    },
    annotations,
    summary: renderEvaluation(evaluation, reuse?.words),
    ...(evaluation.blocked &&
      inputs['fail-on'] === 'gates' && {
        failure: `${failed.length} of ${evaluation.gates.length} gates fail: ${failed.map(({ text }) => text).join('; ')}.`,
      }),
  };
}

async function evaluateOnData(
  inputs: EvaluateInputs,
  loaded: LoadedSpec,
  model: Evaluated,
  services: RunnerServices & { readonly directory: string },
): Promise<Evaluation> {
  const dataset = await openDataset({
    spec: loaded.spec,
    directory: services.directory,
    workspace: services.environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress: services.progress,
  });
  try {
    return await evaluate(dataset, loaded, model, services);
  } finally {
    dataset.close();
  }
}

async function evaluate(
  dataset: Dataset,
  loaded: LoadedSpec,
  resolved: Evaluated,
  { environment, progress, log, directory }: RunnerServices & { readonly directory: string },
): Promise<Evaluation> {
  const { spec } = loaded;
  const manifest = resolved.kind === 'bundle' ? resolved.bundle.manifest : undefined;
  const labels = await dataset.labels(manifest && manifest.task !== 'regression' ? { classes: manifest.classes } : {});
  const parts = manifest ? await assignParts(dataset, manifest.split) : (await divideRows(dataset, spec)).parts;
  const { rows, counts } = commonRows({ candidateParts: parts, labels });
  if (rows.length === 0)
    throw new UserError({
      message: `none of the ${formatCount(counts.test)} test rows has a label, so nothing can be evaluated`,
      location: loaded.locate(['target']),
    });
  log(`Evaluating on ${formatCount(rows.length)} test rows`);

  const { predictions, table, cost, summary } = await answersOf(resolved, { dataset, labels, rows, directory });
  const judgedLabels = selectLabels(labels, rows);
  const { resamples: _resamples, ...found } = evaluateModel({
    labels: judgedLabels,
    candidate: predictions,
    primary: judgedPrimary(spec),
    metrics: judgedMetrics(spec),
    gates: gateLines(loaded),
    gatesInconclusive: spec.gates_inconclusive,
    slices: await specSlices(dataset, loaded, { rows, known: table }),
    groups: await protectedGroups(dataset, loaded, { rows, known: table }),
    searched: searchColumns(table),
    baseline:
      spec.evaluate.baseline === false
        ? undefined
        : constantPredictions(selectLabels(labels, rowsOfPart(parts, 'train')), rows.length),
    minRows: spec.evaluate.min_rows,
    confidence: spec.evaluate.confidence,
    bootstrap: spec.evaluate.bootstrap,
    seed: spec.seed,
    weights: selectWeights(await dataset.weights(), rows),
    custom: await readCustomMetrics(dataset, loaded, rows, {
      labels: judgedLabels,
      candidate: { predictions, threshold: manifest?.threshold },
    }),
    measured: await measureByCommands({
      ...{ dataset, loaded, rows, directory, labels: judgedLabels, log },
      specFile: resolve(environment.workspace, loaded.file),
      folder: join(workDirectory(directory), 'metric'),
      candidate: { predictions, threshold: manifest?.threshold },
      inputs: resolved.kind === 'predictions' ? [] : [...table.columns.keys()],
      env: process.env,
    }),
    threshold: { candidate: manifest?.threshold },
    // A file of predictions has a size too, which says nothing of a model's.
    measures: measuresOf(cost, cost ? summary.sizeBytes : 0),
    progress,
  });
  return {
    format: 1,
    kind: 'evaluation',
    model: spec.name,
    ...found,
    rows: { test: counts.test, used: counts.used, unlabelled: counts.unlabelled },
    candidate: summary,
    ...(environment.headSha !== undefined && { commit: environment.headSha }),
    createdAt: new Date().toISOString(),
    tool: `mlops-actions ${toolVersion()}`,
  };
}

interface Answers {
  readonly predictions: Predictions;
  /** What the worst slices are searched in. */
  readonly table: Table;
  /** Absent for predictions of a file. */
  readonly cost?: ModelCost;
  readonly summary: ModelSummary;
}

async function answersOf(
  resolved: Evaluated,
  { dataset, labels, rows, directory }: { dataset: Dataset; labels: Labels; rows: Uint32Array; directory: string },
): Promise<Answers> {
  const { spec } = dataset;
  if (resolved.kind === 'predictions') {
    const file = await openPredictionFile(resolve(directory, resolved.path), resolved.path, {
      dataset,
      labels,
      input: 'predictions',
    });
    return {
      predictions: await file.of(rows),
      table: await dataset.table(await searchableColumns(dataset), rows),
      summary: unknownModel(basename(resolved.path), { digest: file.digest, sizeBytes: file.bytes, features: [] }),
    };
  }
  const graph =
    resolved.kind === 'onnx' ? await adoptForeign(resolved, { dataset, rows, labels, spec }) : modelFileOf(resolved.bundle);
  const model = await (resolved.kind === 'bundle' ? openBundle(resolved.bundle, dataset, rows) : openModel(graph!));
  const names = model.signature.inputs.map(({ name }) => name);
  const table = await dataset.table(names, rows);
  const predictions = await predictAndClose(model, table, {
    task: spec.task,
    classes: labels.task === 'regression' ? [] : labels.classes,
  });
  const [cost] = graph === undefined ? [] : await measureCosts([{ model: graph, table }]);
  return { predictions, table, ...(cost && { cost }), summary: summaryOf(resolved, names, cost) };
}

/** Undefined for a bundle that holds predictions alone. */
function modelFileOf(bundle: Bundle): string | undefined {
  return bundle.predictionsOnly ? undefined : bundle.modelFile;
}

async function predictAndClose(model: BundleScorer, table: Table, context: PredictContext): Promise<Predictions> {
  try {
    return await model.predict(table, context);
  } finally {
    await model.close();
  }
}

/** Rows that a graph made elsewhere is tried on before it is evaluated. */
const TRIED_ROWS = 2_000;

/** A graph made elsewhere, in our form, as it comes: with ZipMap or without, one input a column or one for all of `features.use`. */
async function adoptForeign(
  { file, shown }: Extract<ResolvedModel, { kind: 'onnx' }>,
  { dataset, rows, labels, spec }: { dataset: Dataset; rows: Uint32Array; labels: Labels; spec: Spec },
): Promise<Uint8Array> {
  const { use } = spec.features;
  const columns = (use ?? dataset.schema.map(({ name }) => name)).flatMap((wanted, index) => {
    const { name } = dataset.column(wanted, dataset.locate(['features', 'use', index]));
    return dataset.schema.filter((column) => column.name === name);
  });
  const { model } = await adoptModel(readFileSync(file), {
    what: shown,
    name: spec.name,
    task: spec.task,
    classes: labels.task === 'regression' ? [] : labels.classes,
    columns,
    named: {
      columns: use ? 'features.use' : 'the data (features.use is not given)',
      classes: 'a model of another target cannot be evaluated here',
    },
    rows: await dataset.table(
      columns.map(({ name }) => name),
      rows.slice(0, TRIED_ROWS),
    ),
  });
  return model;
}

/** What there is to say of a model; of a graph made elsewhere only what its file shows. */
function summaryOf(resolved: ResolvedModel, inputs: readonly string[], cost: ModelCost | undefined): ModelSummary {
  if (resolved.kind === 'bundle')
    return summarizeModel(resolved.bundle.manifest, {
      importance: resolved.bundle.importance,
      ...(cost && { cost }),
    });
  const bytes = readFileSync(resolved.file);
  return {
    ...unknownModel(basename(resolved.file), { digest: sha256(bytes), sizeBytes: bytes.byteLength, features: inputs }),
    ...cost,
  };
}

function unknownModel(algorithm: string, known: Pick<ModelSummary, 'digest' | 'sizeBytes' | 'features'>): ModelSummary {
  return {
    ...known,
    ...{ algorithm, params: {}, iterations: 0, trainingSeconds: 0, trainingRows: 0, dataRows: 0, importance: [] },
  };
}
