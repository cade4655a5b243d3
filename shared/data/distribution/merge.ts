import { rounded } from '../profile/association.js';
import { fittingResolution } from './bins.js';
import { keptBlocks, MOST_BLOCKS } from './blocks.js';
import { type Bins, byCount, collapsed, withoutTail } from './build.js';
import {
  type ColumnDistribution,
  type Distribution,
  type LevelBlocks,
  type LevelDistribution,
  MOST_BINS,
  MOST_BLOCK_BINS,
  MOST_BLOCK_LEVELS,
  MOST_LEVELS,
  type NumberBlocks,
  type NumberDistribution,
  type RowBlocks,
} from './distribution.js';
import { inBuckets } from './hash.js';

/**
 * The distribution of the rows of both. Histograms, counts and the sample of blocks are those of one run over all rows;
 * values that only one side names are inexact by at most what the other counts as "other". Blocks may be in both: a day
 * whose rows lie in two files counts as one.
 * @throws Error when they are of different columns or blocks
 */
export function mergeDistributions(a: Distribution, b: Distribution): Distribution {
  const names = (distribution: Distribution): string =>
    JSON.stringify(distribution.columns.map(({ name, kind }) => [name, kind]));
  if (names(a) !== names(b)) throw new Error('distributions of different columns cannot be added');
  if ((a.blocks === undefined) !== (b.blocks === undefined)) throw new Error('rows with and without a time cannot be added');
  const joint = a.blocks && b.blocks && jointBlocks(a.blocks, b.blocks);
  const places = joint?.places ?? [[0, 0]];
  return {
    rows: a.rows + b.rows,
    ...(joint && { blocks: joint.blocks }),
    columns: a.columns.map((column, index) => mergeColumns(column, b.columns[index]!, places)),
  };
}

/** Where each kept block of the sum stands in either part; −1: not there. */
type Places = readonly (readonly [a: number, b: number])[];

function jointBlocks(a: RowBlocks, b: RowBlocks): { readonly blocks: RowBlocks; readonly places: Places } {
  if (a.unit !== b.unit) throw new Error(`blocks of a ${a.unit} and of a ${b.unit} cannot be added`);
  const rows = new Map<number, number>();
  for (const part of [a, b]) {
    for (const [place, id] of part.ids.entries()) rows.set(id, (rows.get(id) ?? 0) + part.rows[place]!);
  }
  const kept = keptBlocks(a.unit, [...rows], MOST_BLOCKS);
  // A block that both count is known to be one when both keep it; of the others nothing is known.
  const total = a.total + b.total - (a.ids.length + b.ids.length - rows.size);
  return {
    blocks: { ...kept, total },
    places: kept.ids.map((id) => [a.ids.indexOf(id), b.ids.indexOf(id)] as const),
  };
}

function mergeColumns(a: ColumnDistribution, b: ColumnDistribution, places: Places): ColumnDistribution {
  if (a.kind === 'numbers' && b.kind === 'numbers') return mergeNumbers(a, b, places);
  if (a.kind === 'levels' && b.kind === 'levels') return mergeLevels(a, b, places);
  throw new Error(`column ${a.name} is of two kinds`);
}

function mergeNumbers(a: NumberDistribution, b: NumberDistribution, places: Places): NumberDistribution {
  return {
    kind: 'numbers',
    name: a.name,
    missing: a.missing + b.missing,
    moments: mergeMoments(a.moments, b.moments),
    ...addBins(a, b, MOST_BINS),
    blocks: mergeNumberBlocks(a.blocks, b.blocks, places),
  };
}

/** Chan, Golub and LeVeque (1979). */
function mergeMoments(a: NumberDistribution['moments'], b: NumberDistribution['moments']): NumberDistribution['moments'] {
  const count = a.count + b.count;
  if (count === 0) return a;
  const step = b.mean - a.mean;
  return {
    count,
    mean: rounded(a.mean + (step * b.count) / count),
    squares: rounded(a.squares + b.squares + (step ** 2 * a.count * b.count) / count),
  };
}

function addBins(a: Bins, b: Bins, most: number): Bins {
  const resolution = Math.min(a.resolution, b.resolution);
  const counts = new Map<number, number>();
  for (const part of [collapsed(a, resolution), collapsed(b, resolution)]) {
    for (const [bin, key] of part.keys.entries()) counts.set(key, (counts.get(key) ?? 0) + part.counts[bin]!);
  }
  const keys = [...counts.keys()].sort((x, y) => x - y);
  const sum = { resolution, keys, counts: keys.map((key) => counts.get(key)!) };
  return collapsed(sum, fittingResolution(keys, resolution, most));
}

function mergeNumberBlocks(a: NumberBlocks, b: NumberBlocks, places: Places): NumberBlocks {
  const zeros = (part: NumberBlocks): Bins => ({ ...part, counts: part.keys.map(() => 0) });
  const all = addBins(zeros(a), zeros(b), MOST_BLOCK_BINS);
  const placeOf = new Map(all.keys.map((key, place) => [key, place]));
  const counts = places.map((at) => {
    const row = new Array<number>(all.keys.length).fill(0);
    for (const [index, part] of [a, b].entries()) {
      const found = part.counts[at[index]!];
      if (!found) continue;
      const bins = collapsed({ ...part, counts: found }, all.resolution);
      for (const [bin, key] of bins.keys.entries()) row[placeOf.get(key)!]! += bins.counts[bin]!;
    }
    return row;
  });
  return { resolution: all.resolution, keys: all.keys, counts, missing: addAt(places, a.missing, b.missing) };
}

function addAt(places: Places, a: readonly number[], b: readonly number[]): number[] {
  return places.map(([inA, inB]) => (a[inA] ?? 0) + (b[inB] ?? 0));
}

function mergeLevels(a: LevelDistribution, b: LevelDistribution, places: Places): LevelDistribution {
  const totals = new Map<string, number>();
  for (const { value, count } of [...a.levels, ...b.levels]) totals.set(value, (totals.get(value) ?? 0) + count);
  const sorted = [...totals].map(([value, count]) => ({ value, count })).sort(byCount);
  const other = {
    levels: a.other.levels + b.other.levels,
    count: a.other.count + b.other.count,
    most: a.other.most + b.other.most,
  };
  return {
    kind: 'levels',
    name: a.name,
    missing: a.missing + b.missing,
    ...withoutTail(sorted, MOST_LEVELS, other),
    blocks: mergeLevelBlocks(a.blocks, b.blocks, places),
  };
}

function mergeLevelBlocks(a: LevelBlocks, b: LevelBlocks, places: Places): LevelBlocks {
  const names =
    typeof a.bins === 'number' || typeof b.bins === 'number' ? undefined : [...new Set([...a.bins, ...b.bins])].sort();
  const bins = names && names.length <= MOST_BLOCK_LEVELS ? names : MOST_BLOCK_LEVELS;
  const parts = [a, b].map((part) => (typeof bins === 'number' ? inBuckets(part, bins) : part));
  const width = typeof bins === 'number' ? bins : bins.length;
  const counts = places.map((at) => {
    const sum = new Array<number>(width).fill(0);
    for (const [index, part] of parts.entries()) {
      const row = part.counts[at[index]!] ?? [];
      for (const [bin, count] of row.entries()) {
        const place = typeof bins === 'number' ? bin : bins.indexOf((part.bins as readonly string[])[bin]!);
        sum[place]! += count;
      }
    }
    return sum;
  });
  return { bins, counts, other: addAt(places, a.other, b.other), missing: addAt(places, a.missing, b.missing) };
}
