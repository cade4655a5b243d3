import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleKernels } from '../../../../build-kernels.mjs';
import { Random } from '../../../../shared/core/random.js';
import { Arena, NODE_BYTES } from '../../../../shared/training/gbdt/arena.js';
import { kernelsOn } from '../../../../shared/training/gbdt/kernels.js';

const seeds = fc.integer();

/** An arena with random bins and gradients, and the ids of some of its rows in the stretch [0, count) of side 0. */
function arenaOf(seed: number, width: number) {
  const random = new Random(seed);
  const rows = 40 + random.integer(60);
  const histogram = 2 * 256 * width + 2;
  const arena = new Arena({ rows, heldOut: 0, width, outputs: 1, histogram, slots: 3, leaves: 4, shards: 1 });
  for (let at = 0; at < arena.bins.length; at++) arena.bins[at] = random.integer(256);
  for (let at = 0; at < 2 * rows; at++) arena.gradients[0]![at] = random.integer(2 ** 31) - 2 ** 30;
  for (let position = 0; position < width; position++) arena.bases[position] = 16 * 256 * position;
  const chosen = [...new Array(rows).keys()].filter(() => random.uniform() < 0.7);
  arena.ids[0].set(chosen);
  const kernels = kernelsOn(arena.memory);
  const { at, stride } = arena;
  kernels.load(at.ids[0], at.ids[0] + 4 * chosen.length, at.gradients, at.bins, width, at.records[0], stride);
  return { arena, kernels, chosen, random, rows };
}

/** The record at a place: its two integers and its bins. */
function recordAt(arena: Arena, side: 0 | 1, place: number): { numbers: number[]; bins: number[] } {
  const from = arena.at.records[side] + place * arena.stride;
  return {
    numbers: [...new Int32Array(arena.memory.buffer, from, 2)],
    bins: [...new Uint8Array(arena.memory.buffer, from + 8, arena.shape.width)],
  };
}

function recordOf(arena: Arena, row: number): { numbers: number[]; bins: number[] } {
  const { width } = arena.shape;
  return {
    numbers: [...arena.gradients[0]!.subarray(2 * row, 2 * row + 2)],
    bins: [...arena.bins.subarray(row * width, (row + 1) * width)],
  };
}

describe('kernels-binary.ts', () => {
  it('is what kernels.wat says (npm run kernels)', async () => {
    const path = fileURLToPath(new URL('../../../../shared/training/gbdt/kernels-binary.ts', import.meta.url));
    expect(readFileSync(path, 'utf8')).toBe(await assembleKernels());
  });
});

describe('number', () => {
  it('writes ids from the first on, and nothing beside them', () => {
    const { arena, kernels } = arenaOf(1, 8);
    const [own] = arena.ids;
    own.fill(-1);
    kernels.number(arena.at.ids[0] + 4 * 3, arena.at.ids[0] + 4 * 7, 11);
    kernels.number(arena.at.ids[0] + 4 * 8, arena.at.ids[0] + 4 * 8, 11);
    expect([...own.subarray(0, 10)]).toEqual([-1, -1, -1, 11, 12, 13, 14, -1, -1, -1]);
  });
});

describe.each([8, 16, 24, 40])('with %i bytes of bins a row', (width) => {
  it('load: makes records of the rows that are asked for', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { arena, chosen } = arenaOf(seed, width);
        chosen.forEach((row, place) => {
          expect(recordAt(arena, 0, place)).toEqual(recordOf(arena, row));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('histogram: sums both numbers by bin, exactly', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { arena, kernels, chosen } = arenaOf(seed, width);
        const { at, stride } = arena;
        const begin = Math.floor(chosen.length / 3);
        for (let group = 0; group < width; group += 8) {
          const first = at.records[0] + begin * stride;
          const end = at.records[0] + chosen.length * stride;
          kernels.histogram(first, end, stride, 8 + group, arena.slot(1), at.bases + 4 * group, 2 ** -20, 2 ** -31);
        }
        const expected = new Float64Array(arena.shape.histogram);
        for (const row of chosen.slice(begin)) {
          const { numbers, bins } = recordOf(arena, row);
          bins.forEach((bin, position) => {
            expected[2 * (256 * position + bin)]! += numbers[0]! * 2 ** -20;
            expected[2 * (256 * position + bin) + 1]! += numbers[1]! * 2 ** -31;
          });
        }
        // Thousands of numbers: compared as a whole, since an array's own comparison takes seconds.
        expect(arena.histogram(1).every((sum, at) => sum === expected[at])).toBe(true);
        expect(arena.histogram(0).every((sum) => sum === 0)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('partition: brings left rows to the front in order, the others to the back, ids beside', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { arena, kernels, chosen, random } = arenaOf(seed, width);
        const { at, stride } = arena;
        const position = random.integer(width);
        for (let bin = 0; bin < 256; bin++) arena.goesLeft[bin] = random.integer(2);
        const begin = Math.floor(chosen.length / 4);
        const end = chosen.length;
        const leftEnd = kernels.partition(
          at.records[0] + begin * stride,
          at.records[0] + end * stride,
          stride,
          8 + position,
          at.goesLeft,
          at.records[1] + begin * stride,
          at.records[1] + (end - 1) * stride,
          at.ids[0] + 4 * begin,
          at.ids[1] + 4 * begin,
          at.ids[1] + 4 * (end - 1),
        );
        const goes = (row: number): boolean => arena.goesLeft[arena.bins[row * width + position]!] === 1;
        const left = chosen.slice(begin).filter(goes);
        const right = chosen.slice(begin).filter((row) => !goes(row));
        expect((leftEnd - at.ids[1]) / 4 - begin).toBe(left.length);
        expect([...arena.ids[1].subarray(begin, end)]).toEqual([...left, ...right.reverse()]);
        arena.ids[1].subarray(begin, end).forEach((row, index) => {
          expect(recordAt(arena, 1, begin + index)).toEqual(recordOf(arena, row));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('walk and score: give each row the value of its leaf', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { arena, kernels, chosen, random } = arenaOf(seed, width);
        const { at } = arena;
        // Three nodes in a row: each sends its left rows to a leaf, the others on.
        const features = [0, 1, 2].map(() => random.integer(width));
        const sets = features.map(() => Uint8Array.from({ length: 256 }, () => random.integer(2)));
        sets.forEach((set, node) => {
          const words = (node * NODE_BYTES) / 4;
          arena.nodes.set([features[node]!, ~node, node === 2 ? ~3 : node + 1], words);
          set.forEach((flag, bin) => {
            arena.nodes[words + 4 + (bin >> 5)]! |= flag << (bin & 31);
          });
        });
        arena.leafValues.set([1.5, -2, 0.25, 8]);
        kernels.walk(at.ids[0], at.ids[0] + 4 * chosen.length, at.bins, width, at.scores, at.nodes, at.leafValues);
        kernels.score(at.ids[0], at.ids[0] + 4 * chosen.length, at.scores, 100);
        arena.scores[0]!.forEach((score, row) => {
          const leaf = sets.findIndex((set, node) => set[arena.bins[row * width + features[node]!]!] === 1);
          expect(score).toBe(chosen.includes(row) ? 100 + arena.leafValues[leaf < 0 ? 3 : leaf]! : 0);
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('add and subtract', () => {
  it('take pairs up to the end and no further', () => {
    const { arena, kernels } = arenaOf(1, 8);
    arena.histogram(0).fill(5);
    arena.histogram(1).fill(2);
    kernels.add(arena.slot(0) + 16, arena.slot(0) + 64, arena.slot(1) + 16);
    expect([...arena.histogram(0).subarray(0, 10)]).toEqual([5, 5, 7, 7, 7, 7, 7, 7, 5, 5]);
    kernels.subtract(arena.slot(0), arena.slot(0) + 32, arena.slot(1));
    expect([...arena.histogram(0).subarray(0, 10)]).toEqual([3, 3, 5, 5, 7, 7, 7, 7, 5, 5]);
  });
});

describe('logistic', () => {
  it('equals the formula to the last unit or two, for any score, weighted and not', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: -800, max: 800, noNaN: true }),
            fc.integer({ min: 0, max: 1 }),
            fc.double({ min: 0, max: 1, noNaN: true }),
          ),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        fc.boolean(),
        (rows, weighted) => {
          const arena = new Arena({
            rows: rows.length,
            heldOut: 0,
            width: 8,
            outputs: 1,
            histogram: 2,
            slots: 3,
            leaves: 2,
            shards: 1,
          });
          arena.scores[0]!.set(rows.map(([score]) => score));
          arena.targets.set(rows.map(([, target]) => target));
          arena.weights.set(rows.map(([, , weight]) => weight));
          const { at } = arena;
          const scale = 2 ** 30;
          kernelsOn(arena.memory).logistic(
            at.scores,
            at.scores + 8 * rows.length,
            at.targets,
            weighted ? at.weights : 0,
            at.gradients,
            scale,
            4 * scale,
          );
          rows.forEach(([score, target, given], row) => {
            const probability = 1 / (1 + Math.exp(-score));
            const weight = weighted ? given : 1;
            expect(Math.abs(arena.gradients[0]![2 * row]! - (probability - target) * weight * scale)).toBeLessThan(0.6);
            expect(
              Math.abs(arena.gradients[0]![2 * row + 1]! - probability * (1 - probability) * weight * 4 * scale),
            ).toBeLessThan(0.6);
          });
        },
      ),
    );
  });
});
