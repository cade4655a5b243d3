import type { MetricName } from '../spec/metrics.js';
import { type ClassSample, predictedClasses } from './sample.js';
import type { Slots, Statistic } from './statistic.js';

/** Counts by true class and decision: `cells[label * classes + decision]`, with the sums of rows and columns. */
interface Confusion {
  readonly classes: number;
  readonly cells: Float64Array;
  readonly labelSums: Float64Array;
  readonly decisionSums: Float64Array;
  total: number;
}

type Formula = (confusion: Confusion) => number;

const FORMULAS: Partial<Record<MetricName, Formula>> = {
  accuracy: (confusion) => hits(confusion) / confusion.total,
  balanced_accuracy: (confusion) =>
    meanOverClasses(confusion, (label) => (confusion.labelSums[label]! > 0 ? recallOf(confusion, label) : undefined)),
  precision: (confusion) => precisionOf(confusion, 1),
  recall: (confusion) => recallOf(confusion, 1),
  f1: (confusion) => f1Of(confusion, 1),
  precision_macro: (confusion) => macro(confusion, precisionOf),
  recall_macro: (confusion) => macro(confusion, recallOf),
  f1_macro: (confusion) => macro(confusion, f1Of),
  mcc: matthews,
};

/**
 * The metrics of decided classes. As in scikit-learn: a precision, recall or F1 with nothing in its denominator is 0;
 * macro averages run over the classes that a label or a decision has; balanced accuracy over those that a label has;
 * Matthews' correlation is 0 where labels or decisions are all the same.
 */
export function thresholdStatistic(sample: ClassSample, slots: Slots, threshold?: number): Statistic | undefined {
  const wanted = [...slots].flatMap(([name, slot]) => {
    const formula = FORMULAS[name];
    return formula ? [{ formula, slot }] : [];
  });
  if (wanted.length === 0) return undefined;
  const { classes, labels } = sample;
  const decisions = predictedClasses(sample, threshold);
  const cellOf = Uint32Array.from(labels, (label, row) => label * classes + decisions[row]!);
  // Rows by cell: a plain sum a cell is faster than adding every row to a cell of its own.
  const order = Uint32Array.from(cellOf, (_, row) => row).sort((a, b) => cellOf[a]! - cellOf[b]! || a - b);
  const ends = new Uint32Array(classes * classes);
  for (const cell of cellOf) ends[cell]!++;
  for (let cell = 1; cell < ends.length; cell++) ends[cell]! += ends[cell - 1]!;
  const confusion: Confusion = {
    classes,
    cells: new Float64Array(classes * classes),
    labelSums: new Float64Array(classes),
    decisionSums: new Float64Array(classes),
    total: 0,
  };
  return {
    passes: 1,
    evaluate(weights, out) {
      sumRuns(order, ends, weights, confusion.cells);
      addUp(confusion);
      for (const { formula, slot } of wanted) out[slot] = confusion.total > 0 ? formula(confusion) : Number.NaN;
    },
  };
}

function sumRuns(order: Uint32Array, ends: Uint32Array, weights: Float64Array, sums: Float64Array): void {
  let at = 0;
  for (let run = 0; run < ends.length; run++) {
    let sum = 0;
    for (const end = ends[run]!; at < end; at++) sum += weights[order[at]!]!;
    sums[run] = sum;
  }
}

function addUp(confusion: Confusion): void {
  const { classes, cells, labelSums, decisionSums } = confusion;
  labelSums.fill(0);
  decisionSums.fill(0);
  confusion.total = 0;
  for (let label = 0; label < classes; label++) {
    for (let decision = 0; decision < classes; decision++) {
      const cell = cells[label * classes + decision]!;
      labelSums[label]! += cell;
      decisionSums[decision]! += cell;
      confusion.total += cell;
    }
  }
}

function hits({ classes, cells }: Confusion): number {
  let sum = 0;
  for (let label = 0; label < classes; label++) sum += cells[label * classes + label]!;
  return sum;
}

function hitsOf({ classes, cells }: Confusion, label: number): number {
  return cells[label * classes + label]!;
}

function precisionOf(confusion: Confusion, label: number): number {
  const decided = confusion.decisionSums[label]!;
  return decided > 0 ? hitsOf(confusion, label) / decided : 0;
}

function recallOf(confusion: Confusion, label: number): number {
  const present = confusion.labelSums[label]!;
  return present > 0 ? hitsOf(confusion, label) / present : 0;
}

function f1Of(confusion: Confusion, label: number): number {
  const sum = confusion.decisionSums[label]! + confusion.labelSums[label]!;
  return sum > 0 ? (2 * hitsOf(confusion, label)) / sum : 0;
}

function macro(confusion: Confusion, metric: (confusion: Confusion, label: number) => number): number {
  return meanOverClasses(confusion, (label) =>
    confusion.labelSums[label]! + confusion.decisionSums[label]! > 0 ? metric(confusion, label) : undefined,
  );
}

function meanOverClasses(confusion: Confusion, value: (label: number) => number | undefined): number {
  let sum = 0;
  let count = 0;
  for (let label = 0; label < confusion.classes; label++) {
    const item = value(label);
    if (item === undefined) continue;
    sum += item;
    count++;
  }
  return sum / count;
}

/** Gorodkin's correlation for any number of classes; with two it is Matthews' own. */
function matthews(confusion: Confusion): number {
  const { classes, labelSums, decisionSums, total } = confusion;
  let both = 0;
  let labelSquares = 0;
  let decisionSquares = 0;
  for (let label = 0; label < classes; label++) {
    both += labelSums[label]! * decisionSums[label]!;
    labelSquares += labelSums[label]! ** 2;
    decisionSquares += decisionSums[label]! ** 2;
  }
  const spread = (total ** 2 - decisionSquares) * (total ** 2 - labelSquares);
  return spread > 0 ? (hits(confusion) * total - both) / Math.sqrt(spread) : 0;
}
