import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutsOf, piecesOfShard, rowsOf } from '../../../../shared/data/shards/division.js';
import type { SourceFile } from '../../../../shared/data/sources.js';
import { userError } from '../workspace.js';

const file = (at: number): SourceFile => ({ path: `/${at}.parquet`, display: `${at}.parquet`, format: 'parquet' });

describe('files that go whole', () => {
  test('go to neighbours in their order, at least one to each shard', () => {
    const sizes = fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.nat(29), (all, more) => {
        const count = (more % all.length) + 1;
        const cuts = cutsOf(all, count);
        expect([cuts[0], cuts.at(-1), cuts.length]).toEqual([0, all.length, count + 1]);
        expect(cuts.every((cut, at) => at === 0 || cut > cuts[at - 1]!)).toBe(true);
      }),
    );
  });

  test('are divided as evenly as their sizes allow', () => {
    expect(cutsOf([10, 10, 10, 10], 2)).toEqual([0, 2, 4]);
    expect(cutsOf([100, 1, 1, 1, 1, 1, 90], 2)).toEqual([0, 1, 7]);
    expect(cutsOf([1, 1, 1, 1, 1, 100], 2)).toEqual([0, 5, 6]);
    expect(cutsOf([0, 0, 0], 3)).toEqual([0, 1, 2, 3]);
  });
});

describe('rows of Parquet files', () => {
  test('are in one shard each, and shards differ by a row at most', () => {
    const sizes = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 }).filter((all) => all.some((rows) => rows > 0));
    fc.assert(
      fc.property(sizes, fc.nat(100), (counts, more) => {
        const total = counts.reduce((sum, rows) => sum + rows, 0);
        const count = (more % Math.min(total, 256)) + 1;
        const shards = Array.from({ length: count }, (_, at) =>
          piecesOfShard(
            counts.map((_, index) => file(index)),
            counts,
            { index: at + 1, count },
          ),
        );
        const rows = shards.flatMap((pieces) =>
          pieces.flatMap((piece) => {
            if (!piece.rows)
              return piece.files.flatMap(({ path }, at) =>
                Array.from({ length: piece.counts[at]! }, (_, row) => `${path} ${row}`),
              );
            const { from, to } = piece.rows;
            return Array.from({ length: to - from }, (_, row) => `${piece.files[0]!.path} ${from + row}`);
          }),
        );
        expect(rows).toEqual(
          counts.flatMap((size, index) => Array.from({ length: size }, (_, row) => `${file(index).path} ${row}`)),
        );
        const sizesOfShards = shards.map((pieces) => pieces.reduce((sum, piece) => sum + rowsOf(piece), 0));
        expect(Math.max(...sizesOfShards) - Math.min(...sizesOfShards)).toBeLessThanOrEqual(1);
        for (const pieces of shards) {
          let next = 0;
          for (const piece of pieces) {
            expect(piece.start).toBe(next);
            next += rowsOf(piece);
          }
        }
      }),
    );
  });

  test('that are fewer than the shards are refused', async () => {
    expect(await userError(() => piecesOfShard([file(0)], [2], { index: 1, count: 3 }))).toBe(
      'Input "shard" is 1/3, and the data has 2 rows: use at most as many shards as there are rows.',
    );
  });
});
