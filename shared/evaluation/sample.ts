import { filled } from '../core/filled.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import type { Better } from '../spec/metrics.js';
import type { Groups } from './fairness.js';

/** Labelled rows with one model's scores, packed without gaps: what every metric reads. */
export type Sample = ClassSample | ValueSample;

/** What every sample may have beside its scores. */
export interface Extras {
  /** The spec's own metrics, by name. */
  readonly custom?: ReadonlyMap<string, CustomValues>;
  /** The columns of `evaluate.protected`. */
  readonly groups?: readonly Groups[];
}

/** A metric of the spec's own: the mean of a number a row. Rows with NaN do not count. */
export interface CustomValues {
  readonly better: Better;
  readonly values: Float64Array;
}

export interface ClassSample extends Extras {
  readonly task: 'binary' | 'multiclass';
  readonly rows: number;
  /** How many classes there are; the scores have so many columns. */
  readonly classes: number;
  /** Class index of each row, never missing. */
  readonly labels: Int32Array;
  /** `scores[row * classes + class]`, classes in the order of the labels. */
  readonly scores: Float64Array;
}

export interface ValueSample extends Extras {
  readonly task: 'regression';
  readonly rows: number;
  readonly labels: Float64Array;
  readonly scores: Float64Array;
}

/** Whether the row has a label that can judge: a known class, or a finite number. */
export function isLabelled(labels: Labels, row: number): boolean {
  return labels.task === 'regression' ? Number.isFinite(labels.values[row]) : labels.values[row]! >= 0;
}

/**
 * Packs rows for the metrics. Score columns are put into the labels' class order by name.
 * @param rows indices into labels and predictions, in any order, repeats allowed; default all rows
 * @param given what stands beside the scores, by row of `labels`
 * @returns only the labelled rows, and where each came from
 */
export function takeSample(
  labels: Labels,
  predictions: Predictions,
  rows?: ArrayLike<number>,
  given: Extras = {},
): { sample: Sample; origin: Uint32Array } {
  if (labels.values.length !== predictions.rows) {
    throw new Error(`${labels.values.length} labels cannot judge ${predictions.rows} predictions`);
  }
  const origin = labelledRows(labels, rows);
  const extras = takeExtras(given, origin);
  if (labels.task === 'regression' || predictions.task === 'regression') {
    if (labels.task !== 'regression' || predictions.task !== 'regression') {
      throw new Error(`${labels.task} labels cannot judge ${predictions.task} predictions`);
    }
    const packed = new Float64Array(origin.length);
    const scores = new Float64Array(origin.length);
    for (let at = 0; at < origin.length; at++) {
      packed[at] = labels.values[origin[at]!]!;
      scores[at] = predictions.scores[origin[at]!]!;
    }
    return { sample: { task: 'regression', rows: origin.length, labels: packed, scores, ...extras }, origin };
  }
  const columns = scoreColumns(labels.classes, predictions.classes);
  const width = columns.length;
  const packed = new Int32Array(origin.length);
  const scores = new Float64Array(origin.length * width);
  for (let at = 0; at < origin.length; at++) {
    const row = origin[at]!;
    packed[at] = labels.values[row]!;
    for (let column = 0; column < width; column++) {
      scores[at * width + column] = predictions.scores[row * width + columns[column]!]!;
    }
  }
  return { sample: { task: labels.task, rows: origin.length, classes: width, labels: packed, scores, ...extras }, origin };
}

/** The sample's rows in another order (`order[new] = old`), or some of them. */
export function reorderSample(sample: Sample, order: Uint32Array): Sample {
  const rows = order.length;
  const extras = takeExtras(sample, order);
  if (sample.task === 'regression') {
    const labels = new Float64Array(rows);
    const scores = new Float64Array(rows);
    for (let at = 0; at < rows; at++) {
      labels[at] = sample.labels[order[at]!]!;
      scores[at] = sample.scores[order[at]!]!;
    }
    return { task: 'regression', rows, labels, scores, ...extras };
  }
  const width = sample.classes;
  const labels = new Int32Array(rows);
  const scores = new Float64Array(rows * width);
  for (let at = 0; at < rows; at++) {
    const row = order[at]!;
    labels[at] = sample.labels[row]!;
    for (let column = 0; column < width; column++) scores[at * width + column] = sample.scores[row * width + column]!;
  }
  return { task: sample.task, rows, classes: width, labels, scores, ...extras };
}

function takeExtras({ custom, groups }: Extras, order: Uint32Array): Extras {
  const take = ({ better, values }: CustomValues): CustomValues => ({
    better,
    values: filled(new Float64Array(order.length), (at) => values[order[at]!]!),
  });
  return {
    ...(custom && { custom: new Map([...custom].map(([name, metric]) => [name, take(metric)])) }),
    ...(groups && {
      groups: groups.map((column) => ({
        ...column,
        of: filled(new Int32Array(order.length), (at) => column.of[order[at]!]!),
      })),
    }),
  };
}

/** Rows for which the model gives no finite number. */
export function unscoredRows(sample: Sample): number {
  const width = sample.task === 'regression' ? 1 : sample.classes;
  let count = 0;
  for (let row = 0; row < sample.rows; row++) {
    for (let column = 0; column < width; column++) {
      if (!Number.isFinite(sample.scores[row * width + column])) {
        count++;
        break;
      }
    }
  }
  return count;
}

/** How many rows each class has. */
export function classCounts(sample: ClassSample): Uint32Array {
  const counts = new Uint32Array(sample.classes);
  for (const label of sample.labels) counts[label]!++;
  return counts;
}

/**
 * The class that the model decides for, row by row: binary, the positive (last) one from the threshold on;
 * more classes, the most probable one, the first of equals.
 */
export function predictedClasses(sample: ClassSample, threshold = 0.5): Int32Array {
  const { rows, classes, scores } = sample;
  const predicted = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    if (sample.task === 'binary') {
      predicted[row] = scores[row * classes + 1]! >= threshold ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let column = 1; column < classes; column++) {
      if (scores[row * classes + column]! > scores[row * classes + best]!) best = column;
    }
    predicted[row] = best;
  }
  return predicted;
}

function labelledRows(labels: Labels, rows?: ArrayLike<number>): Uint32Array {
  const count = rows ? rows.length : labels.values.length;
  const kept = new Uint32Array(count);
  let length = 0;
  for (let at = 0; at < count; at++) {
    const row = rows ? rows[at]! : at;
    if (row >= labels.values.length) throw new Error(`row ${row} of ${labels.values.length} rows`);
    if (isLabelled(labels, row)) kept[length++] = row;
  }
  return kept.subarray(0, length);
}

function scoreColumns(wanted: readonly string[], given: readonly string[]): number[] {
  if (wanted.length !== given.length) throw new Error(`${given.length} scores a row for ${wanted.length} classes`);
  return wanted.map((name) => {
    const column = given.indexOf(name);
    if (column < 0) throw new Error(`the predictions have no class ${JSON.stringify(name)}`);
    return column;
  });
}
