import { filled } from '../core/filled.js';
import { isMetric, type MetricName } from '../spec/metrics.js';
import { type ClassSample, predictedClasses } from './sample.js';
import { type Blocks, type Slots, type Statistic, unitOf, type Weights } from './statistic.js';

/** Counts by true class and decision: `cells[label * classes + decision]`, with the sums of rows and columns. */
export interface Confusion {
  readonly classes: number;
  readonly cells: Float64Array;
  readonly labelSums: Float64Array;
  readonly decisionSums: Float64Array;
  total: number;
}

/** Undefined (division by 0) without rows. */
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
export function thresholdStatistic(
  sample: ClassSample,
  slots: Slots,
  threshold?: number,
  blocks?: Blocks,
): Statistic | undefined {
  const wanted = [...slots].flatMap(([name, slot]) => {
    const formula = decisionFormula(name);
    return formula ? [{ formula, slot }] : [];
  });
  if (wanted.length === 0) return undefined;
  const { classes, labels } = sample;
  const decisions = predictedClasses(sample, threshold);
  const runs = runsOf(
    filled(new Uint32Array(sample.rows), (row) => labels[row]! * classes + decisions[row]!),
    classes * classes,
    blocks,
  );
  const confusion = emptyConfusion(classes);
  return {
    visits: runs.units.length,
    evaluate(weights, out) {
      sumRuns(runs, weights, confusion.cells);
      addUp(confusion);
      for (const { formula, slot } of wanted) out[slot] = confusion.total > 0 ? formula(confusion) : Number.NaN;
    },
  };
}

/** A metric of decided classes as a function of its counts; undefined for a metric of another kind. */
export function decisionFormula(name: string): Formula | undefined {
  return isMetric(name) ? FORMULAS[name] : undefined;
}

/** Without rows. Whoever fills its cells calls addUp. */
export function emptyConfusion(classes: number): Confusion {
  return {
    classes,
    cells: new Float64Array(classes * classes),
    labelSums: new Float64Array(classes),
    decisionSums: new Float64Array(classes),
    total: 0,
  };
}

/** The units of each cell one after the other, each with its rows: a plain sum a cell is faster than adding row by row. */
interface Runs {
  readonly units: Uint32Array;
  readonly rows: Float64Array;
  /** Where each cell's units end. */
  readonly ends: Uint32Array;
}

function runsOf(cellOf: Uint32Array, cells: number, blocks: Blocks | undefined): Runs {
  if (blocks && cells * blocks.count <= cellOf.length) return tabledRuns(cellOf, cells, blocks);
  const rowsInOrder = filled(new Uint32Array(cellOf.length), (row) => row);
  const byUnit = blocks ? sortedBy(blocks.of, blocks.count, rowsInOrder) : rowsInOrder;
  const order = sortedBy(cellOf, cells, byUnit);
  const units = new Uint32Array(order.length);
  const rows = new Float64Array(order.length);
  const ends = new Uint32Array(cells);
  let length = 0;
  for (let at = 0; at < order.length; at++) {
    const cell = cellOf[order[at]!]!;
    const unit = unitOf(order[at]!, blocks);
    if (at === 0 || cellOf[order[at - 1]!] !== cell || units[length - 1] !== unit) units[length++] = unit;
    rows[length - 1]!++;
    ends[cell] = length;
  }
  for (let cell = 1; cell < cells; cell++) ends[cell] = Math.max(ends[cell]!, ends[cell - 1]!);
  return { units: units.subarray(0, length), rows: rows.subarray(0, length), ends };
}

/** The same by counting each cell's rows of each block at once: nothing has to be sorted. */
function tabledRuns(cellOf: Uint32Array, cells: number, { of, count }: Blocks): Runs {
  const table = new Float64Array(cells * count);
  for (let row = 0; row < cellOf.length; row++) table[cellOf[row]! * count + of[row]!]!++;
  const units = new Uint32Array(table.length);
  const rows = new Float64Array(table.length);
  const ends = new Uint32Array(cells);
  let length = 0;
  for (let cell = 0; cell < cells; cell++) {
    for (let block = 0; block < count; block++) {
      const found = table[cell * count + block]!;
      if (found === 0) continue;
      units[length] = block;
      rows[length++] = found;
    }
    ends[cell] = length;
  }
  return { units: units.subarray(0, length), rows: rows.subarray(0, length), ends };
}

/** The rows by a small whole number that each has, those with the same one in the order given. */
function sortedBy(keys: Uint32Array, limit: number, rows: Uint32Array): Uint32Array {
  const starts = new Uint32Array(limit + 1);
  for (const row of rows) starts[keys[row]! + 1]!++;
  for (let key = 0; key < limit; key++) starts[key + 1]! += starts[key]!;
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) sorted[starts[keys[row]!]!++] = row;
  return sorted;
}

function sumRuns({ units, rows, ends }: Runs, weights: Weights, sums: Float64Array): void {
  let at = 0;
  for (let run = 0; run < ends.length; run++) {
    let sum = 0;
    for (const end = ends[run]!; at < end; at++) sum += weights[units[at]!]! * rows[at]!;
    sums[run] = sum;
  }
}

/** Fills the sums from the cells. */
export function addUp(confusion: Confusion): void {
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
