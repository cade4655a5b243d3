import { collapsed } from '../distribution/build.js';
import type { ColumnDistribution, LevelDistribution, NumberDistribution } from '../distribution/distribution.js';
import { inBuckets } from '../distribution/hash.js';
import { commonBins, evenCuts, fewestTogether, mostGroups, sum } from './groups.js';

/** Rows of each block, by group: the same groups for both sides, chosen by the rows of both together (see groups.ts). */
type BlockTable = readonly Float64Array[];

const MOST_RANGES = 10;

/** @returns undefined when the sides count different things */
export function blockTables(
  reference: ColumnDistribution,
  current: ColumnDistribution,
): readonly [reference: BlockTable, current: BlockTable] | undefined {
  if (reference.kind === 'numbers' && current.kind === 'numbers') return numberTables(reference, current);
  if (reference.kind === 'levels' && current.kind === 'levels') return levelTables(reference, current);
  throw new Error(`column ${reference.name} is of two kinds`);
}

function numberTables(reference: NumberDistribution, current: NumberDistribution): [BlockTable, BlockTable] {
  const sides = [reference.blocks, current.blocks];
  const totals = sides.map(({ resolution, keys, counts }) => ({
    ...{ resolution, keys },
    counts: keys.map((_, bin) => counts.reduce((total, row) => total + row[bin]!, 0)),
  }));
  const common = commonBins(totals[0]!, totals[1]!);
  const together = common.reference.map((count, bin) => count + common.current[bin]!);
  const cuts = evenCuts(together, mostGroups(sum(common.reference), sum(common.current), MOST_RANGES));
  const groupOf = new Map(
    cuts.flatMap(([from, to], group) => common.keys.slice(from, to + 1).map((key) => [key, group] as const)),
  );
  const [before, after] = sides.map((side) =>
    side.counts.map((row, block) => {
      const groups = new Float64Array(cuts.length + 1);
      const bins = collapsed({ ...side, counts: row }, common.resolution);
      for (const [bin, key] of bins.keys.entries()) groups[groupOf.get(key)!]! += bins.counts[bin]!;
      groups[cuts.length] = side.missing[block]!;
      return groups;
    }),
  );
  return [before!, after!];
}

function levelTables(reference: LevelDistribution, current: LevelDistribution): [BlockTable, BlockTable] | undefined {
  let [before, after] = [reference.blocks, current.blocks];
  const buckets = [before.bins, after.bins].find((bins) => typeof bins === 'number');
  if (buckets !== undefined) {
    // Rows whose values were not counted by name cannot be put into buckets afterwards.
    const isLost = [before, after].some(({ bins, other }) => typeof bins === 'object' && sum(other) > 0);
    if (isLost) return undefined;
    [before, after] = [inBuckets(before, buckets), inBuckets(after, buckets)];
  }
  const names =
    typeof before.bins === 'number' || typeof after.bins === 'number'
      ? undefined
      : [...new Set([...before.bins, ...after.bins])];
  const width = names?.length ?? buckets ?? 0;
  const places = [before, after].map(({ bins }) =>
    typeof bins === 'number' ? undefined : bins.map((value) => names!.indexOf(value)),
  );
  const tables = [before, after].map(({ counts, other, missing }, side) =>
    counts.map((row, block) => {
      const groups = new Float64Array(width + 2);
      for (const [bin, count] of row.entries()) groups[places[side]?.[bin] ?? bin]! += count;
      groups[width] = other[block]!;
      groups[width + 1] = missing[block]!;
      return groups;
    }),
  );
  // Buckets hold every value, whether it has a name or not.
  const folded: readonly [number, number] = names ? [reference.other.most, current.other.most] : [0, 0];
  return joinRare(tables as [Float64Array[], Float64Array[]], width, folded);
}

/** Puts bins of few rows to those of "other". */
function joinRare(
  [before, after]: [Float64Array[], Float64Array[]],
  width: number,
  folded: readonly [number, number],
): [BlockTable, BlockTable] {
  const total = (table: readonly Float64Array[], group: number): number =>
    table.reduce((rows, groups) => rows + groups[group]!, 0);
  const bins = Array.from({ length: width }, (_, bin) => bin);
  const rows = [before, after].map((table) => [...bins, width].reduce((all, group) => all + total(table, group), 0)) as [
    number,
    number,
  ];
  const fewest = fewestTogether(rows, folded);
  const isKept = bins.map((bin) => total(before, bin) + total(after, bin) >= fewest);
  const join = (groups: Float64Array): Float64Array => {
    const kept = bins.filter((bin) => isKept[bin]).map((bin) => groups[bin]!);
    const other = bins.filter((bin) => !isKept[bin]).reduce((all, bin) => all + groups[bin]!, groups[width]!);
    return Float64Array.from([...kept, other, groups[width + 1]!]);
  };
  return [before.map(join), after.map(join)];
}
