import type { Importance } from '../bundle/manifest.js';
import type { FeatureSelection } from '../bundle/selection.js';
import { UserError } from '../core/errors.js';
import type { Progress } from '../core/progress.js';
import type { Predictions } from '../data/predictions.js';
import type { ColumnSchema, Table } from '../data/table.js';
import { fitFeatures } from '../features/fit.js';
import { buildMatrix, buildTrainingMatrix } from '../features/matrix.js';
import type { FeaturePlan } from '../features/plan.js';
import { addFeatures } from '../features/to-graph.js';
import type { Signature } from '../onnx/signature.js';
import { createGraph, type GraphWriter } from '../onnx/write.js';
import { type Algorithm, resolveParams } from '../spec/params.js';
import type { Spec, Task } from '../spec/schema.js';
import { keepLabelled, type LabelledRows } from './labelled.js';
import { type SelectOptions, selectFeatures } from './selection/select.js';
import type { TrainedModel, Trainer, TrainingInput } from './trainer.js';

/** Everything that one training needs. */
export interface FitRequest {
  /** The model's name; kept in the ONNX file. */
  readonly name: string;
  readonly task: Task;
  readonly algorithm: Algorithm;
  /** As the user gave them: aliases are understood, defaults are filled in. */
  readonly params: Readonly<Record<string, string | number | boolean>>;
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
  readonly progress: Progress;
}

/** A model that is ready for its bundle. */
export interface FittedModel {
  /**
   * The ONNX file, from raw columns to `label` [N] (text) and `probabilities` [N, classes], or to `prediction` [N, 1].
   * The label is the class with the largest probability, the first of equals: of two classes the positive one when its
   * probability is above 0.5.
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
  const { rows: train, dropped: droppedTrain } = keepLabelled(request.train, 'train');
  const { rows: validation, dropped: droppedValidation } = keepLabelled(request.validation, 'validation');
  if (train.table.rows === 0) {
    throw new UserError(`no row of the train part has a label (${droppedTrain} rows without): check target.column and split`);
  }
  const { schema, use, derive, task, seed, progress } = request;
  const offered = fitFeatures({ schema, use, derive, train: train.table, labels: train.labels, weights: train.weights, task });
  const trainer = await trainerOf(request.algorithm);
  const input: TrainingInput = {
    train: buildTrainingMatrix(offered, train, seed),
    trainLabels: train.labels,
    validation: buildMatrix(offered, validation.table),
    validationLabels: validation.labels,
    ...(train.weights && { trainWeights: train.weights }),
    ...(validation.weights && { validationWeights: validation.weights }),
    params,
    seed,
    ...(request.threads !== undefined && { threads: request.threads }),
    progress,
  };
  const selected = request.select && (await selectFeatures(request.select, offered, input, (own) => trainer.train(own)));
  const plan = selected?.plan ?? offered;
  const trained = await trainer.train({
    ...input,
    ...(selected && { train: selected.train, validation: selected.validation }),
  });
  const classes = train.labels.task === 'regression' ? [] : train.labels.classes;
  const graph = createGraph(request.name);
  const { features, inputs } = addFeatures(plan, schema, graph);
  const outputs = addOutputs(graph, trained.toGraph(graph, features), classes);
  return {
    model: graph.toModel(),
    signature: { inputs, outputs },
    plan,
    classes,
    params: trained.params,
    iterations: trained.iterations,
    curve: trained.curve,
    curveMetric: trained.curveMetric,
    importance: sharesOf(trained.importance, plan),
    ...(selected && { selection: selected.record(trained) }),
    seconds: (performance.now() - started) / 1000,
    dropped: { train: droppedTrain, validation: droppedValidation },
    predict: (table) => trained.predict(buildMatrix(plan, table)),
  };
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
function addOutputs(graph: GraphWriter, scores: string, classes: readonly string[]): Signature['outputs'] {
  const name = (value: string, wanted: string): string =>
    graph.node('Identity', [value], {}, { output: graph.freeName(wanted) });
  const outputs: Signature['outputs'][number][] = [];
  if (classes.length === 0) {
    outputs.push({ name: name(scores, 'prediction'), tensor: 'float32', shape: ['N', 1] });
  } else {
    const best = graph.node('ArgMax', [scores], { axis: { int: 1 }, keepdims: { int: 0 } });
    const texts = graph.constant({ type: 'string', shape: [classes.length], values: classes }, 'classes');
    outputs.push({ name: name(graph.node('Gather', [texts, best]), 'label'), tensor: 'string', shape: ['N'] });
    outputs.push({ name: name(scores, 'probabilities'), tensor: 'float32', shape: ['N', classes.length] });
  }
  for (const { name: output, tensor, shape } of outputs) graph.output(output, tensor, shape);
  return outputs;
}

/** Largest first, ties by name; they add up to 1, or all are 0. */
function sharesOf(importance: Float64Array, plan: FeaturePlan): Importance {
  const total = importance.reduce((sum, value) => sum + value, 0);
  return plan.features
    .map((feature, index) => ({ feature: feature.name, importance: total > 0 ? importance[index]! / total : 0 }))
    .sort((a, b) => b.importance - a.importance || (a.feature < b.feature ? -1 : 1));
}
