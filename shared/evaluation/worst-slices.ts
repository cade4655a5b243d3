import { filled } from '../core/filled.js';
import type { SliceSearch, WorstSlice } from './comparison.js';
import { absoluteErrors } from './disagreement.js';
import type { Sample } from './sample.js';
import type { Blocks } from './statistic.js';
import { normalCdf, normalQuantile, quantileOfSorted } from './statistics.js';

/** A column cut into groups, by row of the judged ones; −1 for rows of none. */
export interface SearchGroups {
  readonly column: string;
  readonly names: readonly string[];
  readonly of: Int32Array;
}

/** Columns that are combined: the search looks at every group and at every pair of groups of two columns. */
const MOST_COLUMNS = 8;
/** Of the slices that are found, the worst. */
const MOST_FOUND = 10;
/** Differences of regression errors beyond these shares count as if they were there, so that no single row makes a slice. */
const CLIPPED = 0.01;

interface SearchInput {
  /** Rows in the order of the judged ones, all labelled. */
  readonly candidate: Sample;
  readonly champion?: Sample | undefined;
  readonly columns: readonly SearchGroups[];
  readonly blocks?: Blocks | undefined;
  readonly minRows: number;
  readonly confidence: number;
}

/**
 * Looks for the slices in which the candidate does harm: against the champion, where its loss is larger; alone, where its loss is
 * larger than over all rows. The loss is the squared error of the probabilities (bounded, so that normal tails hold),
 * of numbers the absolute error. Every group of up to 8 columns and every pair of groups of two of them with enough
 * rows is tested one-sided, and only what is left after Holm over all of them is reported: the chance of any false find
 * is at most 1 - confidence. Errors of blocks are summed first (cluster-robust standard errors, Liang and Zeger 1986).
 */
export function findWorstSlices(input: SearchInput): SliceSearch {
  const { candidate, champion, minRows, confidence } = input;
  const own = lossesOf(candidate);
  const other = champion && lossesOf(champion);
  const mean = own.reduce((sum, loss) => sum + loss, 0) / Math.max(1, own.length);
  const harm = clipped(
    own.map((loss, row) => loss - (other ? other[row]! : mean)),
    candidate.task === 'regression',
  );
  const columns = input.columns.slice(0, MOST_COLUMNS);
  const found: { names: string[]; rows: number; difference: number; error: number; p: number; isPair: boolean }[] = [];
  for (const members of membersOf(columns)) {
    for (const cell of cellsOf(members, harm, input.blocks, minRows)) {
      const p = cell.error > 0 ? normalCdf(-cell.difference / cell.error) : cell.difference > 0 ? 0 : 1;
      found.push({ ...cell, names: members.namesOf(cell.index), p, isPair: members.isPair });
    }
  }
  const ordered = found.sort((a, b) => a.p - b.p || b.difference - a.difference);
  const width = normalQuantile((1 + confidence) / 2);
  const worst: WorstSlice[] = [];
  let adjusted = 0;
  for (const [at, { names, rows, difference, error, p, isPair }] of ordered.entries()) {
    adjusted = Math.max(adjusted, Math.min(1, p * (ordered.length - at)));
    if (adjusted >= 1 - confidence || worst.length >= MOST_FOUND) break;
    // A pair says nothing new where one of its groups is there already.
    if (isPair && worst.some(({ parts }) => parts.length === 1 && names.includes(parts[0]!))) continue;
    worst.push({
      parts: names,
      rows,
      difference,
      interval: { low: difference - width * error, high: difference + width * error },
      adjustedP: adjusted,
    });
  }
  return { searched: ordered.length, loss: candidate.task === 'regression' ? 'absolute error' : 'squared error', found: worst };
}

/** A way to divide the rows into cells. */
interface Member {
  readonly cells: number;
  readonly isPair: boolean;
  /** The cell of each row; −1 for none. */
  readonly of: Int32Array;
  readonly namesOf: (cell: number) => string[];
}

function* membersOf(columns: readonly SearchGroups[]): Generator<Member> {
  for (const { names, of } of columns) {
    yield { cells: names.length, isPair: false, of, namesOf: (cell) => [names[cell]!] };
  }
  for (const [at, first] of columns.entries()) {
    for (const second of columns.slice(at + 1)) {
      const width = second.names.length;
      yield {
        cells: first.names.length * width,
        isPair: true,
        of: filled(new Int32Array(first.of.length), (row) => {
          const [own, other] = [first.of[row]!, second.of[row]!];
          return own < 0 || other < 0 ? -1 : own * width + other;
        }),
        namesOf: (cell) => [first.names[Math.floor(cell / width)]!, second.names[cell % width]!],
      };
    }
  }
}

/** The mean harm of each cell that is large enough, with its standard error. */
function cellsOf(
  { cells, of }: Member,
  harm: Float64Array,
  blocks: Blocks | undefined,
  minRows: number,
): { index: number; rows: number; difference: number; error: number }[] {
  const counts = new Uint32Array(cells);
  const sums = new Float64Array(cells);
  for (let row = 0; row < harm.length; row++) {
    const cell = of[row]!;
    if (cell < 0) continue;
    counts[cell]!++;
    sums[cell]! += harm[row]!;
  }
  const squares = new Float64Array(cells);
  const clusters = new Uint32Array(cells);
  const sizes = blocks && new Uint32Array(cells * blocks.count);
  const excesses = blocks && new Float64Array(cells * blocks.count);
  for (let row = 0; row < harm.length; row++) {
    const cell = of[row]!;
    if (cell < 0 || counts[cell]! < minRows) continue;
    const excess = harm[row]! - sums[cell]! / counts[cell]!;
    if (blocks && sizes && excesses) {
      const at = blocks.of[row]! * cells + cell;
      sizes[at]!++;
      excesses[at]! += excess;
    } else squares[cell]! += excess * excess;
  }
  for (const [at, size] of (sizes ?? []).entries()) {
    if (size === 0) continue;
    squares[at % cells]! += excesses![at]! ** 2;
    clusters[at % cells]!++;
  }
  return Array.from(counts.keys()).flatMap((index) => {
    const rows = counts[index]!;
    const units = blocks ? clusters[index]! : rows;
    // Few blocks estimate an error too badly to go far into its tail.
    if (rows < minRows || units < (blocks ? 20 : 2)) return [];
    const error = Math.sqrt((squares[index]! * units) / (units - 1)) / rows;
    return [{ index, rows, difference: sums[index]! / rows, error }];
  });
}

function lossesOf(sample: Sample): Float64Array {
  if (sample.task === 'regression') return absoluteErrors(sample);
  const { rows, classes, labels, scores } = sample;
  return filled(new Float64Array(rows), (row) => {
    const label = labels[row]!;
    let sum = 0;
    for (let column = sample.task === 'binary' ? 1 : 0; column < classes; column++) {
      sum += ((label === column ? 1 : 0) - scores[row * classes + column]!) ** 2;
    }
    return sum;
  });
}

function clipped(values: Float64Array, isNeeded: boolean): Float64Array {
  if (!isNeeded || values.length === 0) return values;
  const sorted = values.slice().sort();
  const [low, high] = [quantileOfSorted(sorted, CLIPPED), quantileOfSorted(sorted, 1 - CLIPPED)];
  return values.map((value) => Math.max(low, Math.min(high, value)));
}
