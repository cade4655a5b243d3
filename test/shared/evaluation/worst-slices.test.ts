import { describe, expect, test } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import { type ClassSample, takeSample } from '../../../shared/evaluation/sample.js';
import { findWorstSlices, type SearchGroups } from '../../../shared/evaluation/worst-slices.js';
import { binaryDuel, binaryPredictions } from './sample-data.js';

const ROWS = 3000;

/** Six columns of five groups each, which say nothing of the rows. */
function columnsOf(seed: number): SearchGroups[] {
  const random = new Random(seed, 9);
  return Array.from({ length: 6 }, (_, at) => ({
    column: `c${at}`,
    names: Array.from({ length: 5 }, (_, group) => `c${at} = ${group}`),
    of: Int32Array.from({ length: ROWS }, () => random.integer(5)),
  }));
}

function samples(seed: number, harmed: (row: number) => boolean = () => false) {
  const duel = binaryDuel(ROWS, seed, { candidate: 0.7, champion: 0.7 });
  const wrong = binaryPredictions(
    Array.from({ length: ROWS }, (_, row) =>
      harmed(row) ? 1 - duel.labels.values[row]! * 0.98 - 0.01 : duel.candidate.scores[row * 2 + 1]!,
    ),
  );
  return {
    candidate: takeSample(duel.labels, wrong).sample as ClassSample,
    champion: takeSample(duel.labels, duel.champion).sample as ClassSample,
  };
}

const options = { minRows: 50, confidence: 0.95 };

describe('the search for the worst slices', () => {
  test('finds harm that is there, a pair of groups by both its names', () => {
    const columns = columnsOf(1);
    const harmed = (row: number): boolean => columns[2]!.of[row] === 3 && columns[4]!.of[row] === 1;
    const { searched, found, loss } = findWorstSlices({ ...samples(1, harmed), columns, ...options });
    expect([searched, loss]).toEqual([6 * 5 + 15 * 25, 'squared error']);
    expect(found[0]!.parts).toEqual(['c2 = 3', 'c4 = 1']);
    expect(found[0]!.interval.low).toBeGreaterThan(0.3);
    expect(found[0]!.adjustedP).toBeLessThan(1e-6);
    const alone = findWorstSlices({ candidate: samples(1, harmed).candidate, columns, ...options });
    expect(alone.found[0]!.parts).toEqual(['c2 = 3', 'c4 = 1']);
  });

  test('rarely finds any where there is none, also in rows that depend on each other', () => {
    let [independent, dependent] = [0, 0];
    for (let trial = 0; trial < 100; trial++) {
      const columns = columnsOf(trial);
      if (findWorstSlices({ ...samples(trial), columns, ...options }).found.length > 0) independent++;
      // 60 days of 50 rows; on some days all of a group's rows go wrong, on others those of the champion.
      const random = new Random(trial, 4);
      const days = Array.from({ length: 60 }, () => random.integer(3));
      const day = (row: number): number => Math.floor(row / 50);
      const { candidate } = samples(trial, (row) => days[day(row)] === 1);
      const { candidate: champion } = samples(trial, (row) => days[day(row)] === 2);
      const blocks = { of: Uint32Array.from({ length: ROWS }, (_, row) => day(row)), count: 60 };
      if (findWorstSlices({ candidate, champion, columns, blocks, ...options }).found.length > 0) dependent++;
    }
    // A 5 % procedure stays at or below 11 of 100 trials in 99 % of the cases.
    expect(independent).toBeLessThanOrEqual(11);
    expect(dependent).toBeLessThanOrEqual(11);
  });
});
