import type { Explanation } from '../bundle/explanation.js';
import type { Importance } from '../bundle/manifest.js';
import type { FeatureSelection } from '../bundle/selection.js';
import { UserError } from '../core/errors.js';
import { canonicalJson, type Json } from '../core/json.js';
import { memoryBytes } from '../core/memory.js';
import type { Progress } from '../core/progress.js';
import type { Locate } from '../data/dataset.js';
import type { Predictions } from '../data/predictions.js';
import type { ColumnSchema, Table } from '../data/table.js';
import { fitFeatures } from '../features/fit.js';
import { buildMatrix, buildTrainingMatrix } from '../features/matrix.js';
import { checkRoom } from '../features/memory.js';
import type { FeaturePlan, Matrix } from '../features/plan.js';
import { addFeatures } from '../features/to-graph.js';
import type { Signature } from '../onnx/signature.js';
import { createGraph, type GraphWriter } from '../onnx/write.js';
import { type Algorithm, resolveParams } from '../spec/params.js';
import type { Spec, Task } from '../spec/schema.js';
import type { Calibrator } from './calibration.js';
import { type ClassWeight, classWeights, weighClasses } from './class-weight.js';
import { explainRows, rowsToExplain } from './explain.js';
import { keepLabelled, type LabelledRows } from './labelled.js';
import { type Monotone, monotoneColumns } from './monotone.js';
import { type SelectOptions, selectFeatures } from './selection/select.js';
import type { SpecialObjective, TrainedModel, Trainer, TrainingInput } from './trainer.js';

/** ONNX's number of the type. */
const INT64 = 7;

/** Everything that one training needs. */
export interface FitRequest {
  /** The model's name; kept in the ONNX file. */
  readonly name: string;
  readonly task: Task;
  readonly algorithm: Algorithm;
  /** As the user gave them: aliases are understood, defaults are filled in. */
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Another loss than that of the task. */
  readonly objective?: SpecialObjective;
  /** Multiplies the weights of rows, in training and where validation rows choose. */
  readonly classWeight?: ClassWeight;
  /** Features that may only raise (1) or lower (-1) the prediction. */
  readonly monotone?: Monotone;
  readonly seed: number;
  readonly schema: readonly ColumnSchema[];
  /** The raw columns that are features. */
  readonly use: readonly string[];
  readonly derive: Spec['features']['derive'];
  /** Keep the features that matter; absent: all. */
  readonly select?: SelectOptions;
  /** Rows that fit. Rows without a label are left out, here and in validation. */
  readonly train: LabelledRows;
  /** Rows that choose (early stopping, L2); with the same classes as train. */
  readonly validation: LabelledRows;
  /** Threads that the training may use; absent: what the machine has. The model does not depend on it. */
  readonly threads?: number;
  /** Asked once the model is trained, with its scores of raw rows: what comes between them and the answer. */
  readonly finish?: (predict: (table: Table) => Predictions) => Finish;
  readonly progress: Progress;
  /** Where a key of the spec stands; absent: mistakes have no place. */
  readonly locate?: Locate;
}

/** What is done with the probabilities of a classification. */
export interface Finish {
  readonly calibrator?: Calibrator;
  /** Positive from this probability on (binary); a 32-bit float. */
  readonly threshold?: number;
}

/** A model that is ready for its bundle. */
export interface FittedModel {
  /**
   * The ONNX file, from raw columns to `label` [N] (text) and `probabilities` [N, classes], or to `prediction` [N, 1].
   * The label is the class with the largest probability, the first of equals: of two classes the positive one when its
   * probability is above 0.5, or, where a threshold was chosen, at least that.
   */
  readonly model: Uint8Array;
  readonly signature: Signature;
  readonly plan: FeaturePlan;
  /** The classes in the order of the probabilities; empty for regression. */
  readonly classes: readonly string[];
  readonly params: TrainedModel['params'];
  readonly iterations: number;
  readonly curve: TrainedModel['curve'];
  readonly curveMetric: string;
  readonly importance: Importance;
  /** What `select` did. */
  readonly selection?: FeatureSelection;
  readonly seconds: number;
  /** Rows that were left out because their label is missing. */
  readonly dropped: { readonly train: number; readonly validation: number };
  /** Explains raw rows, before calibration, of which there may be so many; absent where the trainer cannot. */
  readonly explain?: { readonly rows: number; of(table: Table, ids: readonly string[]): Explanation };
  /** Scores raw rows with the trainer's own arithmetic, not with the graph. */
  predict(table: Table): Predictions;
}

/**
 * Fits features and model on the training rows, and writes both as one ONNX graph. The same request gives the same bytes.
 * @throws UserError for features that cannot be, wrong parameters, wrong weights, and when no training row has a label
 */
export async function fitModel(request: FitRequest): Promise<FittedModel> {
  const started = performance.now();
  const params = resolveParams(request.algorithm, request.params);
  const { rows: allTrain, dropped: droppedTrain } = keepLabelled(request.train, 'train');
  const { rows: allValidation, dropped: droppedValidation } = keepLabelled(request.validation, 'validation');
  if (allTrain.table.rows === 0) {
    throw new UserError(`no row of the train part has a label (${droppedTrain} rows without): check target.column and split`);
  }
  const byClass = request.classWeight && classWeights(request.classWeight, allTrain.labels);
  const train = byClass ? weighClasses(allTrain, byClass, 'train') : allTrain;
  const validation = byClass ? weighClasses(allValidation, byClass, 'validation') : allValidation;
  const { schema, use, derive, task, seed, progress } = request;
  const { labels, weights } = train;
  const { locate } = request;
  const offered = fitFeatures({ schema, use, derive, train: train.table, labels, weights, task, locate });
  checkRoom(offered, train.table.rows + validation.table.rows, memoryBytes(), locate);
  const trainer = await trainerOf(request.algorithm);
  const matrix = buildTrainingMatrix(offered, train, seed);
  // Mistakes are told of all features, also of those that a selection drops.
  monotoneColumns(request.monotone, matrix);
  const input: TrainingInput = {
    train: matrix,
    trainLabels: train.labels,
    validation: buildMatrix(offered, validation.table),
    validationLabels: validation.labels,
    ...(train.weights && { trainWeights: train.weights }),
    ...(validation.weights && { validationWeights: validation.weights }),
    params,
    ...(request.objective && { objective: request.objective }),
    seed,
    ...(request.threads !== undefined && { threads: request.threads }),
    progress,
  };
  const learn = (own: TrainingInput) => trainer.train({ ...own, ...constraintsOn(own.train, request.monotone) });
  const selected = request.select && (await selectFeatures(request.select, offered, input, learn));
  const plan = selected?.plan ?? offered;
  const trained = await learn({ ...input, ...(selected && { train: selected.train, validation: selected.validation }) });
  const classes = train.labels.task === 'regression' ? [] : train.labels.classes;
  const score = (table: Table): Predictions => trained.predict(buildMatrix(plan, table));
  const { calibrator, threshold } = request.finish?.(score) ?? {};
  const graph = createGraph(request.name);
  const { features, inputs } = addFeatures(plan, schema, graph);
  const scores = trained.toGraph(graph, features, calibrator !== undefined);
  const outputs = addOutputs(graph, calibrator?.addTo(graph, scores) ?? scores, classes, threshold);
  return {
    model: graph.toModel(),
    signature: { inputs, outputs },
    plan,
    classes,
    params: { ...trained.params, ...optionsOf(request) },
    iterations: trained.iterations,
    curve: trained.curve,
    curveMetric: trained.curveMetric,
    importance: sharesOf(trained.importance, plan),
    ...(selected && { selection: selected.record(trained) }),
    seconds: (performance.now() - started) / 1000,
    dropped: { train: droppedTrain, validation: droppedValidation },
    ...(trained.explain && { explain: explainer(trained.explain, plan, classes) }),
    predict: (table) => (calibrator ? calibrator.apply(score(table)) : score(table)),
  };
}

/** The constraints on the features that are there. */
function constraintsOn(matrix: Matrix, given: Monotone | undefined): Pick<TrainingInput, 'monotone'> {
  const names = new Set(matrix.columns.map(({ name }) => name));
  const monotone = monotoneColumns(Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => names.has(name))), matrix);
  return monotone ? { monotone } : {};
}

/** Of a manifest's params those of the trainer itself, without the options of the spec that stand among them. */
export function trainerParams(params: TrainedModel['params']): TrainedModel['params'] {
  const options = new Set(['objective', 'class_weight', 'monotone', 'calibrate']);
  return Object.fromEntries(Object.entries(params).filter(([name]) => !options.has(name)));
}

/** What the spec asked for beyond params: it stands among them in the manifest, since it makes another model. */
function optionsOf({ objective, classWeight, monotone }: FitRequest): TrainedModel['params'] {
  return {
    ...(objective && { objective: objective.name }),
    ...(objective?.name === 'quantile' && { alpha: objective.alpha }),
    ...(classWeight !== undefined && {
      class_weight: classWeight === 'balanced' ? classWeight : canonicalJson(classWeight as Json),
    }),
    ...(monotone && { monotone: canonicalJson(monotone) }),
  };
}

function explainer(
  explain: NonNullable<TrainedModel['explain']>,
  plan: FeaturePlan,
  classes: readonly string[],
): NonNullable<FittedModel['explain']> {
  return { rows: rowsToExplain(explain), of: (table, ids) => explainRows(explain, buildMatrix(plan, table), ids, classes) };
}

async function trainerOf(algorithm: Algorithm): Promise<Trainer> {
  switch (algorithm) {
    case 'gbdt':
      return (await import('./gbdt/gbdt.js')).gbdt;
    case 'linear':
      return (await import('./linear.js')).linear;
    case 'baseline':
      return (await import('./baseline.js')).baseline;
  }
}

/** Names the outputs; a raw column of the same name keeps it, and the output gets a number. */
function addOutputs(
  graph: GraphWriter,
  scores: string,
  classes: readonly string[],
  threshold: number | undefined,
): Signature['outputs'] {
  const name = (value: string, wanted: string): string =>
    graph.node('Identity', [value], {}, { output: graph.freeName(wanted) });
  const outputs: Signature['outputs'][number][] = [];
  if (classes.length === 0) {
    outputs.push({ name: name(scores, 'prediction'), tensor: 'float32', shape: ['N', 1] });
  } else {
    const best =
      threshold === undefined
        ? graph.node('ArgMax', [scores], { axis: { int: 1 }, keepdims: { int: 0 } })
        : addDecision(graph, scores, threshold);
    const texts = graph.constant({ type: 'string', shape: [classes.length], values: classes }, 'classes');
    outputs.push({ name: name(graph.node('Gather', [texts, best]), 'label'), tensor: 'string', shape: ['N'] });
    outputs.push({ name: name(scores, 'probabilities'), tensor: 'float32', shape: ['N', classes.length] });
  }
  for (const { name: output, tensor, shape } of outputs) graph.output(output, tensor, shape);
  return outputs;
}

/** 1 where the second probability is at least the threshold, else 0. */
function addDecision(graph: GraphWriter, scores: string, threshold: number): string {
  const second = graph.constant({ type: 'int64', shape: [], values: [1n] });
  const positive = graph.node('Gather', [scores, second], { axis: { int: 1 } });
  const least = graph.constant({ type: 'float32', shape: [1], values: [threshold] }, 'threshold');
  return graph.node('Cast', [graph.node('GreaterOrEqual', [positive, least])], { to: { int: INT64 } });
}

/** Largest first, ties by name; they add up to 1, or all are 0. */
function sharesOf(importance: Float64Array, plan: FeaturePlan): Importance {
  const total = importance.reduce((sum, value) => sum + value, 0);
  return plan.features
    .map((feature, index) => ({ feature: feature.name, importance: total > 0 ? importance[index]! / total : 0 }))
    .sort((a, b) => b.importance - a.importance || (a.feature < b.feature ? -1 : 1));
}
