import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../core/errors.js';
import { formatCount, formatNumber } from '../core/format.js';
import type { Predictions } from '../data/predictions.js';
import type { OutputLayout } from './discover.js';
import type { PredictContext } from './session.js';

/** Collects the outputs of runs into predictions. */
export interface OutputReader {
  /** The outputs that the run of the rows from `start` on must give. */
  fetches(start: number): readonly string[];
  read(outputs: InferenceSession.OnnxValueMapType, start: number, end: number): void;
  predictions(): Predictions;
}

/** Rows whose labels are read to check the order of the classes; texts are slow to read. */
export const CHECKED_ROWS = 4096;

/** Names that well-known converters give, for a graph with several outputs of one shape. */
const SCORE_NAMES = ['probabilities', 'output_probability', 'prediction', 'variable', 'scores'];

/**
 * @param order the row that each place of the runs belongs to; default the same
 * @throws UserError when no output fits the task, or several do and no name decides
 */
export function createReader(layout: OutputLayout, context: PredictContext, rows: number, order?: Uint32Array): OutputReader {
  const regression = context.task === 'regression';
  const width = regression ? 1 : context.classes.length;
  const score = chooseScore(layout, context, width);
  const label = regression ? undefined : layout.label;
  const scores = new Float64Array(rows * width);
  const labelCheck = label === undefined ? undefined : createOrderCheck(context.classes);
  return {
    fetches: (start) => (label === undefined || start >= CHECKED_ROWS ? [score] : [score, label]),
    read(outputs, start, end) {
      const { data, dims } = outputs[score] as Tensor;
      const values = data as Float32Array | Float64Array;
      const count = end - start;
      if (values.length === count * width) scores.set(values, start * width);
      else if (width === 2 && values.length === count) {
        for (let row = 0; row < count; row++) {
          scores[(start + row) * 2] = 1 - values[row]!;
          scores[(start + row) * 2 + 1] = values[row]!;
        }
      } else {
        throw new UserError(
          `the model's output ${JSON.stringify(score)} has shape [${dims.join(', ')}] for ${count} rows; ` +
            `${context.task} with ${width} ${regression ? 'value a row' : 'classes'} takes [${count}, ${width}]`,
        );
      }
      const labels = label === undefined ? undefined : outputs[label];
      if (labels) labelCheck?.add((labels as Tensor).data as ArrayLike<unknown>, scores, start);
    },
    predictions() {
      const byRow = order ? putBack(scores, width, order) : scores;
      if (!regression) assertProbabilities(byRow, width, score);
      labelCheck?.assertSame();
      return context.task === 'regression'
        ? { task: 'regression', rows, scores: byRow }
        : { task: context.task, classes: context.classes, rows, scores: byRow };
    },
  };
}

function putBack(scores: Float64Array, width: number, order: Uint32Array): Float64Array {
  const byRow = new Float64Array(scores.length);
  for (let at = 0; at < order.length; at++) {
    for (let column = 0; column < width; column++) byRow[order[at]! * width + column] = scores[at * width + column]!;
  }
  return byRow;
}

/** Rounding of float32 may leave a probability so far outside. */
const ROUNDING = 1e-5;

/** Logits and votes rank rows as probabilities do, but the log loss, the threshold and what serves would take them for probabilities. */
function assertProbabilities(scores: Float64Array, width: number, output: string): void {
  const at = scores.findIndex((value) => value < -ROUNDING || value > 1 + ROUNDING);
  if (at < 0) return;
  throw new UserError(
    `the model's output ${JSON.stringify(output)} is ${formatNumber(scores[at]!)} in row ${formatCount(Math.floor(at / width) + 1)}; ` +
      'probabilities are between 0 and 1: export the model with its probabilities, not with a decision function or logits',
  );
}

/**
 * The output that holds the scores.
 * @param width scores a row
 * @throws UserError when no output fits the task, or several do and no name decides
 */
export function chooseScore(layout: OutputLayout, context: PredictContext, width: number): string {
  const fits = layout.scores.filter((output) => output.width === undefined || output.width === width);
  // One column of a binary model is the probability of the positive class.
  const candidates = fits.length === 0 && width === 2 ? layout.scores.filter((output) => output.width === 1) : fits;
  if (candidates.length === 1) return candidates[0]!.name;
  const named = SCORE_NAMES.find((name) => candidates.some((candidate) => candidate.name === name));
  if (named !== undefined) return named;
  const wanted =
    context.task === 'regression' ? 'a float output [N, 1]' : `a float output [N, ${width}] with the probabilities`;
  if (candidates.length > 1) {
    throw new UserError(
      `the model has several outputs that could be ${wanted}: ${candidates.map((output) => output.name).join(', ')}; ` +
        `name the right one ${context.task === 'regression' ? 'prediction' : 'probabilities'}`,
    );
  }
  if (layout.zipMap !== undefined && context.task !== 'regression') {
    throw new UserError(
      `the model's output ${JSON.stringify(layout.zipMap)} is a list of maps; convert the model with options={"zipmap": False} so that it gives ${wanted}`,
    );
  }
  const found = layout.scores.map((output) => `${output.name} [N, ${output.width ?? '?'}]`).join(', ');
  throw new UserError(`${context.task} needs ${wanted}; the model's float outputs are: ${found || 'none'}`);
}

/**
 * A graph does not say which class a column of its probabilities belongs to, but its labels do: where the largest
 * probability's class and the label disagree on most rows, the order is another one.
 */
function createOrderCheck(classes: readonly string[]): {
  add(labels: ArrayLike<unknown>, scores: Float64Array, start: number): void;
  assertSame(): void;
} {
  const indexOf = new Map(classes.map((text, index) => [text, index]));
  let rows = 0;
  let same = 0;
  let example: { readonly label: string; readonly scored: string } | undefined;
  return {
    add(labels, scores, start) {
      for (let row = 0; row < labels.length; row++) {
        const text = String(labels[row]);
        // Whole numbers that are no classes by themselves count the classes.
        const given = indexOf.get(text) ?? (/^\d+$/.test(text) ? Number(text) : -1);
        const best = argMax(scores, (start + row) * classes.length, classes.length);
        rows++;
        if (given === best) same++;
        else example ??= { label: text, scored: classes[best]! };
      }
    },
    assertSame() {
      if (!example || same * 2 >= rows) return;
      throw new UserError(
        `the model's labels and the classes (${classes.join(', ')}) do not go together: on ${rows - same} of ${rows} rows its label is another ` +
          `class than its largest probability's (${JSON.stringify(example.label)} where ${JSON.stringify(example.scored)} scores highest); ` +
          "give target.classes in the order of the model's probabilities",
      );
    },
  };
}

function argMax(scores: Float64Array, from: number, width: number): number {
  let best = 0;
  for (let index = 1; index < width; index++) if (scores[from + index]! > scores[from + best]!) best = index;
  return best;
}
