import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { COMMAND } from '../../../../shared/training/gbdt/commands.js';
import type { Crew } from '../../../../shared/training/gbdt/crew.js';
import { crewOf } from './crews.js';
import { mixedMatrix, mixedSignal, regression } from './matrices.js';

// Several blocks of rows for each of three threads.
const matrix = mixedMatrix(33_000, 3);
const labels = regression([...mixedSignal(matrix, 3)]);
const crews: Crew[] = [];

async function growOn(threads: number) {
  const made = await crewOf(matrix, labels, { threads, params: { num_leaves: 200, min_data_in_leaf: 5 } });
  crews.push(made.crew);
  expect(made.crew.arena.shape.shards).toBe(threads);
  return made;
}

afterEach(async () => {
  await Promise.all(crews.splice(0).map((crew) => crew.end()));
});

describe('a crew', () => {
  it('grows the same tree on one, two and three threads, to the last bit, and scores the same', async () => {
    const results = [];
    for (const threads of [1, 2, 3]) {
      const { crew, grower, features } = await growOn(threads);
      const random = new Random(8);
      for (let row = 0; row < matrix.rows; row++) crew.arena.inside[row] = random.integer(2);
      const all = new Uint8Array(features.length).fill(1);
      const whole = grower.grow(0, false, all);
      const bagged = grower.grow(0, true, all);
      grower.addToScores(0, bagged);
      results.push({ whole, bagged, scores: crew.arena.scores[0]!.slice() });
    }
    expect(results[0]!.whole.values.length).toBe(200);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it.each([
    ['in a command', COMMAND.histogram, [0, 0]],
    ['before the others go on to search', COMMAND.split, [0, 1, 0, 1, 0, 1]],
  ])('says what a thread died of: %s', async (_, command, args) => {
    const { crew } = await growOn(2);
    // A leaf of which only the second shard has a stretch, in a memory that does not exist.
    const { stretches, shape } = crew.arena;
    stretches.set([0, 0, 0], 0);
    stretches.set([0, 2 ** 30, 1], 3 * shape.leaves);
    crew.arena.allowed.fill(1);
    expect(() => crew.run(command, args)).toThrow(/^a thread of the training failed: .*memory access out of bounds/);
  });
});
