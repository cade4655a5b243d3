import { sha256 } from '../core/json.js';
import type { BootstrapOptions } from './bootstrap.js';
import type { SliceComparison } from './comparison.js';
import { compareMetrics } from './metric-comparison.js';
import { type PairInput, pairSamples } from './pair.js';
import { holm } from './statistics.js';
import { type TailTest, twoSidedP } from './tail-test.js';

/** A part of the judged rows that is looked at by itself; slices may overlap. */
export interface Slice {
  /** For people: `origin = ORD`. Names of one comparison differ. */
  readonly name: string;
  /** Indices into the judged rows. */
  readonly rows: Uint32Array;
  /** Instead of the comparison's own smallest number of rows. */
  readonly minRows?: number;
}

export interface TestedSlice {
  readonly comparison: SliceComparison;
  /** Of the difference; absent where it has no interval. */
  readonly tails?: TailTest;
}

/**
 * Compares the models on each slice that has enough labelled rows, each with resamples of its own. The sign of a slice
 * follows its p-value after Holm over the slices of the same metric, not the interval, which is of this slice alone.
 * @param identical the champion is the same model; `input` then has the candidate alone
 */
export function compareSlices(
  slices: readonly Slice[],
  input: Omit<PairInput, 'rows'>,
  identical: boolean,
  options: BootstrapOptions & { readonly minRows: number },
): { readonly slices: readonly TestedSlice[]; readonly leftOut: number } {
  const tested: TestedSlice[] = [];
  let leftOut = 0;
  for (const slice of slices) {
    const pair = pairSamples({ ...input, rows: slice.rows });
    if (pair.rows < (slice.minRows ?? options.minRows)) {
      leftOut++;
      continue;
    }
    const { metrics } = compareMetrics(pair, identical, { ...options, stream: streamOf(slice.name) });
    for (const { comparison, tails } of metrics) {
      tested.push({
        comparison: { ...comparison, slice: slice.name, rows: pair.rows },
        ...(tails && { tails }),
      });
    }
  }
  return { slices: adjust(tested, options), leftOut };
}

/** Fills in adjusted p-values and the signs that follow, metric by metric. */
function adjust(tested: readonly TestedSlice[], options: Pick<BootstrapOptions, 'metrics' | 'confidence'>): TestedSlice[] {
  const results = [...tested];
  for (const metric of options.metrics) {
    const family = [...results.keys()].filter((at) => {
      const { comparison, tails } = results[at]!;
      return comparison.name === metric && tails && comparison.difference !== undefined;
    });
    const adjusted = holm(family.map((at) => twoSidedP(results[at]!.tails!)));
    for (const [index, at] of family.entries()) {
      const result = results[at]!;
      const { better, difference, sign } = result.comparison;
      const adjustedP = adjusted[index]!;
      const isHigher = difference! > 0;
      const judged = isHigher === (better === 'higher') ? 'better' : 'worse';
      results[at] = {
        ...result,
        comparison: {
          ...result.comparison,
          adjustedP,
          sign: adjustedP < 1 - options.confidence ? judged : sign === 'identical' ? sign : 'no evidence',
        },
      };
    }
  }
  return results;
}

/** Slices draw apart from each other and from the whole, whatever their order is. */
function streamOf(name: string): number {
  return Number.parseInt(sha256(name).slice('sha256:'.length, 'sha256:'.length + 8), 16) || 1;
}
