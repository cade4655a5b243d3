import type { Task } from './schema.js';

/** Which direction of a number is the better one. */
export type Better = 'higher' | 'lower';

export interface MetricInfo {
  readonly better: Better;
  /** The tasks that know the metric. */
  readonly tasks: readonly Task[];
  /** For people: tables, cards, charts. */
  readonly title: string;
  /** The smallest and the largest value that it can take. */
  readonly range: readonly [low: number, high: number];
}

const ALL_CLASSIFICATION = ['binary', 'multiclass'] as const;
const SHARE = [0, 1] as const;
const NOT_NEGATIVE = [0, Number.POSITIVE_INFINITY] as const;

/**
 * Every metric that the project computes. `auc` of more than two classes is one-vs-rest, averaged over the classes;
 * the `_macro` ones are averages over the classes; `brier` sums the squared error over the classes when there are more than two.
 * `pinball_10` judges predictions that are meant as the 10 % quantile, and so on; twice `pinball_50` is `mae`.
 */
export const METRICS = {
  auc: { better: 'higher', tasks: ALL_CLASSIFICATION, title: 'ROC AUC', range: SHARE },
  pr_auc: { better: 'higher', tasks: ['binary'], title: 'Average precision', range: SHARE },
  log_loss: { better: 'lower', tasks: ALL_CLASSIFICATION, title: 'Log loss', range: NOT_NEGATIVE },
  brier: { better: 'lower', tasks: ALL_CLASSIFICATION, title: 'Brier score', range: [0, 2] },
  ece: { better: 'lower', tasks: ALL_CLASSIFICATION, title: 'Calibration error', range: SHARE },
  accuracy: { better: 'higher', tasks: ALL_CLASSIFICATION, title: 'Accuracy', range: SHARE },
  balanced_accuracy: { better: 'higher', tasks: ALL_CLASSIFICATION, title: 'Balanced accuracy', range: SHARE },
  precision: { better: 'higher', tasks: ['binary'], title: 'Precision', range: SHARE },
  recall: { better: 'higher', tasks: ['binary'], title: 'Recall', range: SHARE },
  f1: { better: 'higher', tasks: ['binary'], title: 'F1', range: SHARE },
  precision_macro: { better: 'higher', tasks: ['multiclass'], title: 'Precision (macro)', range: SHARE },
  recall_macro: { better: 'higher', tasks: ['multiclass'], title: 'Recall (macro)', range: SHARE },
  f1_macro: { better: 'higher', tasks: ['multiclass'], title: 'F1 (macro)', range: SHARE },
  mcc: { better: 'higher', tasks: ALL_CLASSIFICATION, title: 'Matthews correlation', range: [-1, 1] },
  top_3_accuracy: { better: 'higher', tasks: ['multiclass'], title: 'Accuracy of the three likeliest', range: SHARE },
  top_5_accuracy: { better: 'higher', tasks: ['multiclass'], title: 'Accuracy of the five likeliest', range: SHARE },
  rmse: { better: 'lower', tasks: ['regression'], title: 'RMSE', range: NOT_NEGATIVE },
  mae: { better: 'lower', tasks: ['regression'], title: 'Mean absolute error', range: NOT_NEGATIVE },
  median_ae: { better: 'lower', tasks: ['regression'], title: 'Median absolute error', range: NOT_NEGATIVE },
  mape: { better: 'lower', tasks: ['regression'], title: 'Mean absolute percentage error', range: NOT_NEGATIVE },
  r2: { better: 'higher', tasks: ['regression'], title: 'R²', range: [Number.NEGATIVE_INFINITY, 1] },
  pinball_10: { better: 'lower', tasks: ['regression'], title: 'Pinball loss of the 10 % quantile', range: NOT_NEGATIVE },
  pinball_50: { better: 'lower', tasks: ['regression'], title: 'Pinball loss of the median', range: NOT_NEGATIVE },
  pinball_90: { better: 'lower', tasks: ['regression'], title: 'Pinball loss of the 90 % quantile', range: NOT_NEGATIVE },
  poisson_deviance: { better: 'lower', tasks: ['regression'], title: 'Poisson deviance', range: NOT_NEGATIVE },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof METRICS;

/** How differently a model treats the groups of `evaluate.protected`: the largest difference between two of them. */
export const FAIRNESS = {
  demographic_parity_difference: { better: 'lower', tasks: ['binary'], title: 'Demographic parity difference', range: SHARE },
  equal_opportunity_difference: { better: 'lower', tasks: ['binary'], title: 'Equal opportunity difference', range: SHARE },
  calibration_difference: {
    better: 'lower',
    tasks: ['binary', 'regression'],
    title: 'Calibration difference',
    range: NOT_NEGATIVE,
  },
} as const satisfies Record<string, MetricInfo>;

export type FairnessName = keyof typeof FAIRNESS;

/**
 * What gates can ask of a model besides its metrics. Milliseconds a row, milliseconds a batch (of 256 rows), megabytes (10^6 bytes) of
 * model.onnx and of memory, test rows.
 */
export const MEASUREMENTS = {
  latency_p50_ms: { better: 'lower', title: 'Latency, median (ms)', range: NOT_NEGATIVE },
  latency_p99_ms: { better: 'lower', title: 'Latency, 99th percentile (ms)', range: NOT_NEGATIVE },
  latency_batch_p50_ms: { better: 'lower', title: 'Latency of a batch, median (ms)', range: NOT_NEGATIVE },
  latency_batch_p99_ms: { better: 'lower', title: 'Latency of a batch, 99th percentile (ms)', range: NOT_NEGATIVE },
  memory_mb: { better: 'lower', title: 'Memory (MB)', range: NOT_NEGATIVE },
  size_mb: { better: 'lower', title: 'Size (MB)', range: NOT_NEGATIVE },
  rows: { better: 'higher', title: 'Test rows', range: NOT_NEGATIVE },
} as const satisfies Record<string, Omit<MetricInfo, 'tasks'>>;

export type MeasurementName = keyof typeof MEASUREMENTS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];
export const MEASUREMENT_NAMES = Object.keys(MEASUREMENTS) as readonly MeasurementName[];

/** The metric of the verdict when the spec names none. */
export const DEFAULT_PRIMARY: Readonly<Record<Task, MetricName>> = {
  binary: 'auc',
  multiclass: 'log_loss',
  regression: 'rmse',
};

/** What is computed when the spec lists no metrics. */
export const DEFAULT_METRICS: Readonly<Record<Task, readonly MetricName[]>> = {
  binary: ['auc', 'pr_auc', 'log_loss', 'brier', 'accuracy', 'f1'],
  multiclass: ['log_loss', 'auc', 'brier', 'accuracy', 'balanced_accuracy', 'f1_macro'],
  regression: ['rmse', 'mae', 'median_ae', 'r2'],
};

/** What people from other libraries call our metrics, so that a wrong name gets the right advice. */
const OTHER_NAMES: Readonly<Record<string, MetricName>> = {
  roc_auc: 'auc',
  auroc: 'auc',
  average_precision: 'pr_auc',
  auprc: 'pr_auc',
  logloss: 'log_loss',
  cross_entropy: 'log_loss',
  binary_logloss: 'log_loss',
  multi_logloss: 'log_loss',
  neg_log_loss: 'log_loss',
  brier_score: 'brier',
  acc: 'accuracy',
  f1_score: 'f1',
  matthews_corrcoef: 'mcc',
  l2: 'rmse',
  mse: 'rmse',
  l1: 'mae',
  r2_score: 'r2',
  top_k_accuracy: 'top_3_accuracy',
  top_k_accuracy_score: 'top_3_accuracy',
  mean_pinball_loss: 'pinball_50',
  quantile: 'pinball_50',
  mean_poisson_deviance: 'poisson_deviance',
  poisson: 'poisson_deviance',
};

export function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

export function isFairness(name: string): name is FairnessName {
  return Object.hasOwn(FAIRNESS, name);
}

/** The measures of fairness that a task has. */
export function fairnessOfTask(task: Task): readonly FairnessName[] {
  return (Object.keys(FAIRNESS) as FairnessName[]).filter((name) => (FAIRNESS[name].tasks as readonly Task[]).includes(task));
}

export function isMeasurement(name: string): name is MeasurementName {
  return Object.hasOwn(MEASUREMENTS, name);
}

/** Whether the task has the metric. */
export function fitsTask(metric: MetricName, task: Task): boolean {
  return (METRICS[metric].tasks as readonly Task[]).includes(task);
}

/** The metrics of a task, in the table's order. */
export function metricsOfTask(task: Task): readonly MetricName[] {
  return METRIC_NAMES.filter((name) => fitsTask(name, task));
}

/** Our metric for a name of another library (`roc_auc`), also for the macro forms of more than two classes. */
export function metricByOtherName(name: string, task?: Task): MetricName | undefined {
  const plain = name.toLowerCase().replaceAll('-', '_');
  const metric = isMetric(plain) ? plain : Object.hasOwn(OTHER_NAMES, plain) ? OTHER_NAMES[plain] : undefined;
  if (metric === undefined || task === undefined || fitsTask(metric, task)) return metric;
  const macro = `${metric}_macro`;
  const single = metric.replace(/_macro$/, '');
  return [macro, single].filter(isMetric).find((other) => fitsTask(other, task));
}

/** Which direction is better, of a metric or a measurement; undefined for a name that is neither. */
export function betterOf(name: string): Better | undefined {
  if (isMetric(name)) return METRICS[name].better;
  if (isFairness(name)) return FAIRNESS[name].better;
  return isMeasurement(name) ? MEASUREMENTS[name].better : undefined;
}

/** The values that a metric or a measurement can take; undefined for a name that is neither. */
export function rangeOf(name: string): readonly [low: number, high: number] | undefined {
  if (isMetric(name)) return METRICS[name].range;
  if (isFairness(name)) return FAIRNESS[name].range;
  return isMeasurement(name) ? MEASUREMENTS[name].range : undefined;
}
