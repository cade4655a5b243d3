import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { readSettings, type SplitSettings } from '../../../../shared/training/gbdt/settings.js';
import { emptySplit, leafGain, leafValue, readSplit, type Split, writeSplit } from '../../../../shared/training/gbdt/split.js';
import { Splitter } from '../../../../shared/training/gbdt/splitter.js';
import { type Binned, binned, histogramOf } from './binned.js';
import { matrixOf } from './matrices.js';

/** Second derivatives of 1, so that the counts that a splitter estimates are exact. */
interface Case {
  readonly binned: Binned;
  readonly gradients: Float64Array;
  readonly leaf: { rows: number; gradient: number; hessian: number };
}

function caseOf(columns: readonly (readonly number[])[], levels: Record<number, number>, gradient: readonly number[]): Case {
  const rows = gradient.length;
  const matrix = matrixOf(
    Array.from({ length: rows }, (_, row) => columns.map((column) => column[row]!)),
    levels,
  );
  return {
    binned: binned(matrix),
    gradients: Float64Array.from(gradient.flatMap((value) => [value, 1])),
    leaf: { rows, gradient: gradient.reduce((sum, value) => sum + value, 0), hessian: rows },
  };
}

function bestOf({ binned, gradients, leaf }: Case, settings: SplitSettings): Split {
  const { features, layout } = binned;
  const best = emptySplit();
  const all = new Uint8Array(features.length).fill(1);
  new Splitter(features, layout, settings).find(histogramOf(binned, gradients), leaf, all, best, 0, features.length);
  return best;
}

const settingsOf = (params: Record<string, number>): SplitSettings => readSettings(params).settings.tree.split;

/** The gain of sending exactly these rows left. */
function gainOf({ gradients, leaf }: Case, settings: SplitSettings, left: readonly number[], extraL2: number): number {
  const rightRows = leaf.rows - left.length;
  if (Math.min(left.length, rightRows) < Math.max(1, settings.minDataInLeaf)) return Number.NEGATIVE_INFINITY;
  if (Math.min(left.length, rightRows) < settings.minSumHessianInLeaf) return Number.NEGATIVE_INFINITY;
  const gradient = left.reduce((sum, row) => sum + gradients[2 * row]!, 0);
  const { lambdaL1, lambdaL2, minGainToSplit } = settings;
  return (
    leafGain(gradient, left.length, lambdaL1, lambdaL2 + extraL2) +
    leafGain(leaf.gradient - gradient, rightRows, lambdaL1, lambdaL2 + extraL2) -
    leafGain(leaf.gradient, leaf.rows, lambdaL1, lambdaL2) -
    minGainToSplit
  );
}

/** The best gain over every threshold and both directions of missing values, by trying them all. */
function exhaustiveNumeric(subject: Case, settings: SplitSettings): number {
  let best = 0;
  subject.binned.features.forEach((feature, position) => {
    const bins = subject.binned.columns[position]!;
    const rows = [...bins.keys()];
    for (let bin = 0; bin < feature.valueBins; bin++) {
      const present = rows.filter((row) => bins[row]! <= bin);
      const missing = rows.filter((row) => bins[row] === feature.valueBins);
      best = Math.max(best, gainOf(subject, settings, present, 0), gainOf(subject, settings, [...present, ...missing], 0));
    }
  });
  return best;
}

describe('numeric splits', () => {
  const value = fc.oneof(
    { arbitrary: fc.integer({ min: -6, max: 6 }), weight: 5 },
    { arbitrary: fc.constant(Number.NaN), weight: 1 },
  );
  const row = fc.tuple(value, value, fc.integer({ min: -64, max: 64 }));
  const params = fc.record({
    min_data_in_leaf: fc.integer({ min: 0, max: 5 }),
    min_sum_hessian_in_leaf: fc.constantFrom(0, 1e-3, 4),
    lambda_l1: fc.constantFrom(0, 0.5),
    lambda_l2: fc.constantFrom(0, 2),
    min_gain_to_split: fc.constantFrom(0, 1),
  });

  it('equal an exhaustive search', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 4, maxLength: 60 }), params, (rows, given) => {
        const subject = caseOf(
          [rows.map(([a]) => a), rows.map(([, b]) => b)],
          {},
          rows.map(([, , gradient]) => gradient / 16),
        );
        const settings = settingsOf(given);
        expect(bestOf(subject, settings).gain).toBeCloseTo(exhaustiveNumeric(subject, settings), 9);
      }),
      { numRuns: 300 },
    );
  });

  it('say what they send left', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 4, maxLength: 60 }), params, (rows, given) => {
        const subject = caseOf(
          [rows.map(([a]) => a), rows.map(([, b]) => b)],
          {},
          rows.map(([, , gradient]) => gradient / 16),
        );
        const best = bestOf(subject, settingsOf(given));
        if (best.gain === 0) return;
        const bins = subject.binned.columns[best.feature]!;
        const { valueBins } = subject.binned.features[best.feature]!;
        const left = [...bins.keys()].filter((at) => (bins[at] === valueBins ? best.missingLeft : bins[at]! <= best.bin));
        expect(best.leftHessian).toBe(left.length);
        expect(best.leftGradient).toBeCloseTo(
          left.reduce((sum, at) => sum + subject.gradients[2 * at]!, 0),
          9,
        );
        expect(best.leftGradient + best.rightGradient).toBeCloseTo(subject.leaf.gradient, 9);
      }),
    );
  });

  it('find no split where every value is the same, or nothing is gained', () => {
    expect(bestOf(caseOf([[1, 1, 1, 1, 1, 1]], {}, [1, 2, 3, 4, 5, 6]), settingsOf({ min_data_in_leaf: 1 })).gain).toBe(0);
    expect(bestOf(caseOf([[1, 1, 1, 2, 2, 2]], {}, [1, 1, 1, 1, 1, 1]), settingsOf({ min_data_in_leaf: 1 })).gain).toBe(0);
  });

  it('take no rounding for a gain', () => {
    for (let repeat = 0; repeat < 50; repeat++) {
      const column = Array.from({ length: 90 }, (_, row) => row % (3 + repeat));
      const same = new Array<number>(90).fill(0.1 + repeat / 7);
      expect(bestOf(caseOf([column], {}, same), settingsOf({ min_data_in_leaf: 1 })).gain).toBe(0);
    }
  });
});

describe('categorical splits', () => {
  const random = new Random(11);

  function categories(levels: number, rows: number, missing = 0): { subject: Case; column: number[] } {
    const effect = Array.from({ length: levels + 1 }, () => random.normal());
    const column = Array.from({ length: rows }, () => (random.uniform() < missing ? Number.NaN : random.integer(levels)));
    const gradient = column.map((level) => effect[Number.isNaN(level) ? levels : level]! + random.normal() * 0.3);
    return { subject: caseOf([column], { 0: levels }, gradient), column };
  }

  /** The best gain over every set of categories that goes left; missing values are one more category. */
  function exhaustive(
    { subject, column }: ReturnType<typeof categories>,
    settings: SplitSettings,
    levels: number,
    extraL2: number,
    largest: number,
  ): number {
    const groups = Array.from({ length: levels + 1 }, (_, level) =>
      [...column.keys()].filter((row) => (level === levels ? Number.isNaN(column[row]!) : column[row] === level)),
    ).filter((rows) => rows.length > 0);
    let best = 0;
    for (let set = 1; set < 2 ** groups.length - 1; set++) {
      const members = groups.filter((_, group) => (set >> group) & 1);
      if (members.length <= largest) best = Math.max(best, gainOf(subject, settings, members.flat(), extraL2));
    }
    return best;
  }

  it('one against the rest: equal an exhaustive search over single categories', () => {
    for (let repeat = 0; repeat < 30; repeat++) {
      const made = categories(4, 80, repeat % 2 === 0 ? 0.2 : 0);
      const settings = settingsOf({ min_data_in_leaf: 2 });
      expect(bestOf(made.subject, settings).gain).toBeCloseTo(exhaustive(made, settings, 4, 0, 1), 9);
    }
  });

  it('sorted: equal an exhaustive search over all sets where nothing is smoothed', () => {
    for (let repeat = 0; repeat < 30; repeat++) {
      const made = categories(8, 200, repeat % 2 === 0 ? 0.2 : 0);
      const settings = settingsOf({ min_data_in_leaf: 1, cat_smooth: 0, cat_l2: 0, min_data_per_group: 1 });
      expect(bestOf(made.subject, settings).gain).toBeCloseTo(exhaustive(made, settings, 8, 0, 8), 9);
    }
  });

  it('keep to the largest set, and to the smallest group', () => {
    const made = categories(12, 600);
    const params = { min_data_in_leaf: 1, cat_smooth: 0, cat_l2: 0, min_data_per_group: 1 };
    const bits = (split: Split): number =>
      split.leftSet.reduce((sum, word) => sum + word.toString(2).replaceAll('0', '').length, 0);
    expect(bits(bestOf(made.subject, settingsOf({ ...params, max_cat_threshold: 2 })))).toBeLessThanOrEqual(2);
    const grouped = bestOf(made.subject, settingsOf({ ...params, min_data_per_group: 150 }));
    expect(Math.min(grouped.leftHessian, grouped.rightHessian)).toBeGreaterThanOrEqual(150);
  });

  it('put the penalty of categories on their leaves', () => {
    const made = categories(8, 200);
    const split = bestOf(made.subject, settingsOf({ min_data_in_leaf: 1, min_data_per_group: 1, lambda_l2: 1, cat_l2: 7 }));
    expect(split.lambdaL2).toBe(8);
  });
});

describe('a part of the features', () => {
  it('gives the best split of that part, and parts together that of all', () => {
    const random = new Random(17);
    const columns = Array.from({ length: 9 }, (_, column) =>
      Array.from({ length: 200 }, () => (column % 3 === 0 ? random.integer(12) : random.normal())),
    );
    const subject = caseOf(
      columns,
      { 0: 12, 3: 12, 6: 12 },
      columns[0]!.map(() => random.normal()),
    );
    const settings = settingsOf({ min_data_per_group: 5, cat_smooth: 1 });
    const whole = bestOf(subject, settings);
    const { features, layout } = subject.binned;
    const splitter = new Splitter(features, layout, settings);
    const histogram = histogramOf(subject.binned, subject.gradients);
    const gains = [0, 2, 5].map((from, part) => {
      const best = emptySplit();
      const to = [2, 5, 9][part]!;
      splitter.find(histogram, subject.leaf, new Uint8Array(9).fill(1), best, from, to);
      expect(best.feature >= from && best.feature < to).toBe(true);
      return best.gain;
    });
    expect(Math.max(...gains)).toBe(whole.gain);
  });

  it('is told to other threads in shared numbers without loss', () => {
    const numbers = new Float64Array(40);
    const split: Split = {
      gain: 0.1,
      feature: 3,
      categorical: true,
      bin: 0,
      missingLeft: true,
      leftSet: Uint32Array.from([1, 0xffffffff, 0, 5, 6, 7, 8, 0x80000000]),
      leftGradient: -1 / 3,
      leftHessian: 2 / 3,
      rightGradient: 1e-300,
      rightHessian: 7,
      lambdaL2: 10,
    };
    writeSplit(split, numbers, 18);
    const read = emptySplit();
    readSplit(read, numbers, 18);
    expect(read).toEqual(split);
    writeSplit({ ...split, gain: 0 }, numbers, 0);
    readSplit(read, numbers, 0);
    expect(read.gain).toBe(0);
  });
});

describe('leafValue', () => {
  it('shrinks by L1 and L2, and is 0 without weight', () => {
    expect(leafValue(-6, 2, 0, 0)).toBe(3);
    expect(leafValue(-6, 2, 2, 0)).toBe(2);
    expect(leafValue(-6, 2, 2, 2)).toBe(1);
    expect(leafValue(-1, 2, 2, 0)).toBeCloseTo(0);
    expect(leafValue(5, 0, 0, 0)).toBe(0);
  });
});
