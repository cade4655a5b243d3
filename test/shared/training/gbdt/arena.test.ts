import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../shared/core/errors.js';
import { Arena, BLOCK_ROWS, shardRows, unitOf } from '../../../../shared/training/gbdt/arena.js';

const SHAPE = { rows: 5000, heldOut: 9000, width: 8, outputs: 3, histogram: 100, slots: 4, leaves: 7, shards: 2 };

describe('Arena', () => {
  it('gives every region a place of its own', () => {
    const arena = new Arena(SHAPE);
    const { at, stride } = arena;
    const regions: [number, number][] = [
      arena.control,
      arena.numbers,
      arena.bases,
      arena.allowed,
      arena.rootEnds,
      arena.goesLeft,
      arena.splits,
      arena.stretches,
      arena.leafValues,
      arena.nodes,
      arena.losses,
      arena.targets,
      arena.weights,
      arena.heldOutTargets,
      arena.heldOutWeights,
      ...arena.scores,
      ...arena.heldOutScores,
      ...arena.gradients,
      arena.inside,
      arena.heldOutIds,
      ...arena.ids,
      arena.bins,
      arena.heldOutBins,
      arena.histogram(0),
      arena.histogram(3),
    ].map((view): [number, number] => [view.byteOffset, view.byteOffset + view.byteLength]);
    regions.push([at.records[0], at.records[0] + SHAPE.rows * stride], [at.records[1], at.records[1] + SHAPE.rows * stride]);
    regions.push([arena.partial(1), arena.partial(1) + 8 * SHAPE.histogram]);
    regions.sort((a, b) => a[0] - b[0]);
    for (let index = 1; index < regions.length; index++) {
      expect(regions[index]![0]).toBeGreaterThanOrEqual(regions[index - 1]![1]);
    }
    expect(regions.at(-1)![1]).toBeLessThanOrEqual(arena.memory.buffer.byteLength);
  });

  it('is the same for a thread that is given its memory', () => {
    const mine = new Arena(SHAPE);
    const theirs = new Arena(SHAPE, mine.memory);
    mine.gradients[2]![9999] = 7;
    expect(theirs.gradients[2]![9999]).toBe(7);
  });

  it('says how much it would need where 32 bits cannot address it', () => {
    const huge = { ...SHAPE, rows: 100_000_000 };
    expect(() => new Arena(huge)).toThrow(UserError);
    expect(() => new Arena(huge)).toThrow(
      /100,000,000 rows of 8 bytes need .* GB, but the trainer can use 4 GB: .*data\.where/,
    );
  });
});

describe('shardRows', () => {
  it('covers every row once, in order, with edges at whole blocks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 9 }), (rows, shards) => {
        let next = 0;
        for (let shard = 0; shard < shards; shard++) {
          const { from, to } = shardRows(rows, shard, shards);
          expect(from).toBe(next);
          expect(to === rows || to % BLOCK_ROWS === 0).toBe(true);
          next = to;
        }
        expect(next).toBe(rows);
      }),
    );
  });
});

describe('unitOf', () => {
  it('is a power of two that keeps sizes within 30 bits and sums within 53', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-250, max: 1e250, noNaN: true }), fc.integer({ min: 1, max: 2 ** 30 }), (limit, rows) => {
        const unit = unitOf(limit, rows);
        expect(Number.isInteger(Math.log2(unit))).toBe(true);
        expect(Math.round(limit / unit)).toBeLessThanOrEqual(2 ** 30);
        expect(rows * Math.round(limit / unit)).toBeLessThanOrEqual(2 ** 53);
        // As fine as that allows, up to the two powers of two.
        expect(Math.max(limit / unit / 2 ** 28, (rows * limit) / unit / 2 ** 50)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('stays finite for sizes of nothing', () => {
    for (const limit of [0, 5e-324, 1e-300]) expect(Number.isFinite(1 / unitOf(limit, 1000))).toBe(true);
  });
});
