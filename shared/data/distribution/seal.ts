import { fittingResolution } from './bins.js';
import { collapsed, withoutTail } from './build.js';
import type { ColumnDistribution, Distribution, LevelDistribution, NumberDistribution } from './distribution.js';

/** Values of fewer rows are not named, as in the explorative profile. */
export const SMALLEST_GROUP = 5;

/** Bins hold so many rows on average, so that a histogram of few rows does not list them. */
const ROWS_A_BIN = 10;
const FEWEST_BINS = 8;

/** Values that are named in a file. */
const MOST_NAMED = 500;

/**
 * A distribution as it may be published: values that few rows have are counted together, and histograms are no finer than
 * the rows allow. What days have in common stays.
 */
export function sealed(distribution: Distribution, smallestGroup = SMALLEST_GROUP): Distribution {
  const columns = distribution.columns.map((column) =>
    column.kind === 'numbers' ? sealedNumbers(column) : sealedLevels(column, smallestGroup),
  );
  return { ...distribution, columns };
}

function sealedNumbers(column: NumberDistribution): ColumnDistribution {
  const rows = column.counts.reduce((sum, count) => sum + count, 0);
  const most = Math.max(FEWEST_BINS, Math.floor(rows / ROWS_A_BIN));
  const resolution = fittingResolution(column.keys, column.resolution, most);
  const { blocks } = column;
  const common = Math.min(blocks.resolution, resolution);
  const { keys } = collapsed({ ...blocks, counts: blocks.keys.map(() => 0) }, common);
  const counts = blocks.counts.map((row) => collapsed({ ...blocks, counts: row }, common).counts);
  return {
    ...column,
    ...collapsed(column, resolution),
    blocks: { resolution: common, keys, counts, missing: blocks.missing },
  };
}

function sealedLevels(column: LevelDistribution, smallestGroup: number): ColumnDistribution {
  const large = column.levels.filter(({ count }) => count >= smallestGroup).length;
  const levels = { ...column, ...withoutTail(column.levels, Math.min(large, MOST_NAMED), column.other) };
  const { blocks } = column;
  if (typeof blocks.bins === 'number') return levels;
  const named = new Set(levels.levels.map(({ value }) => value));
  const isKept = blocks.bins.map((value) => named.has(value));
  return {
    ...levels,
    blocks: {
      ...blocks,
      bins: blocks.bins.filter((_, bin) => isKept[bin]),
      counts: blocks.counts.map((row) => row.filter((_, bin) => isKept[bin])),
      other: blocks.other.map((count, block) =>
        blocks.counts[block]!.reduce((sum, rows, bin) => (isKept[bin] ? sum : sum + rows), count),
      ),
    },
  };
}
