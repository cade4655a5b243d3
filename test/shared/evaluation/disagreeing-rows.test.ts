import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Predictions } from '../../../shared/data/predictions.js';
import { pickDisagreeing } from '../../../shared/evaluation/disagreeing-rows.js';

const values = (scores: readonly number[]): Predictions => ({
  ...{ task: 'regression', rows: scores.length, scores: Float64Array.from(scores) },
});
const labels = (values: readonly number[]) => ({ task: 'regression' as const, values: Float64Array.from(values) });

describe('the rows on which two models disagree', () => {
  test('are half gains and half losses, and more of one where the other has too few', () => {
    const truth = labels([0, 0, 0, 0, 0, Number.NaN, 0]);
    const picked = pickDisagreeing(truth, values([1, 2, 3, 9, 5, 6, 7]), values([4, 4, 4, 4, 4, 99, 7]), 3);
    // Row 5 has no label, and on row 6 both say the same.
    expect(picked.map(({ row, gain }) => [row, gain])).toEqual([
      [0, 3],
      [1, 2],
      [3, -5],
    ]);
    const all = pickDisagreeing(truth, values([1, 2, 3, 9, 5, 6, 7]), values([4, 4, 4, 4, 4, 99, 7]), 4);
    expect(all.map(({ row }) => row)).toEqual([0, 1, 4, 3]);
    expect(pickDisagreeing(labels([0, 0]), values([9, 8]), values([1, 1]), 5).map(({ row }) => row)).toEqual([1, 0]);
  });

  test('classes are told apart by name, whatever the order of the scores', () => {
    const truth = { task: 'binary' as const, classes: ['no', 'yes'], values: Int32Array.of(1, 0) };
    const model = (classes: readonly string[], scores: readonly number[]): Predictions => ({
      ...{ task: 'binary', classes, rows: 2, scores: Float64Array.from(scores) },
    });
    const [gain, loss] = pickDisagreeing(
      truth,
      model(['no', 'yes'], [0.2, 0.8, 0.4, 0.6]),
      model(['yes', 'no'], [0.5, 0.5, 0.3, 0.7]),
      2,
    );
    expect(gain).toMatchObject({ row: 0, candidate: 0.8, champion: 0.5 });
    expect(gain!.gain).toBeCloseTo(0.3, 12);
    expect(loss).toMatchObject({ row: 1, candidate: 0.6, champion: 0.3 });
    expect(loss!.gain).toBeCloseTo(-0.3, 12);
  });

  test('no row twice, never more than asked for, and none left out that differs by more on its side', () => {
    const row = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (rows, count) => {
        const column = (index: 0 | 1 | 2): number[] => rows.map((cells) => cells[index]);
        const picked = pickDisagreeing(labels(column(0)), values(column(1)), values(column(2)), count);
        expect(new Set(picked.map(({ row: at }) => at)).size).toBe(picked.length);
        const gains = rows.map(([label, now, before]) => Math.abs(label - before) - Math.abs(label - now));
        expect(picked.length).toBe(Math.min(count, gains.filter((gain) => gain !== 0).length));
        const left = gains.filter((_, at) => !picked.some(({ row: taken }) => taken === at));
        const smallest = Math.min(...picked.filter(({ gain }) => gain > 0).map(({ gain }) => gain));
        const taken = picked.filter(({ gain }) => gain > 0).length;
        if (taken > 0) expect(left.filter((gain) => gain > smallest)).toEqual([]);
      }),
    );
  });
});
