import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, forest } from '../../../shared/report/bars.js';
import { fitSections } from '../../../shared/report/budget.js';
import { curvePicture, learningCurve } from '../../../shared/report/curve.js';
import { resample, roundRange } from '../../../shared/report/mermaid.js';
import { better } from './fixtures.js';

const shown = (picture: string): string => picture.replaceAll('\u00a0', '.');

describe('bar', () => {
  it('is exact to half a character and never empty for a value above 0', () => {
    expect(shown(bar(0.5, 10))).toBe('`━━━━━.....`');
    expect(shown(bar(0.26, 10))).toBe('`━━╸.......`');
    expect(shown(bar(1e-9, 4))).toBe('`╸...`');
    expect(shown(bar(0, 4))).toBe('`....`');
    expect(shown(bar(7, 4))).toBe('`━━━━`');
    expect(shown(bar(Number.NaN, 4))).toBe('`....`');
  });
});

describe('forest', () => {
  it('places the interval, the difference and zero on the scale', () => {
    expect(shown(forest(0.5, 0.25, 0.75, 1, 9))).toBe('`....┊─●─.`');
    expect(shown(forest(-0.25, -0.75, 0.25, 1, 9))).toBe('`.──●┼─...`');
  });

  it('marks what lies beyond the scale', () => {
    expect(shown(forest(3, -2, 4, 1, 9))).toBe('`◂───┼───●`');
    expect(shown(forest(0.5, 0.25, 4, 1, 9))).toBe('`....┊─●─▸`');
  });

  it('has one width for every interval', () => {
    const value = fc.double({ min: -9, max: 9, noNaN: true });
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const [low, middle, high] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
        const picture = forest(middle, low, high, 3, 15);
        expect(Array.from(picture)).toHaveLength(17);
        expect(picture).toContain('●');
      }),
    );
  });
});

describe('resample', () => {
  it('reads a straight line at even distances', () => {
    expect(resample([0, 1, 4], [0, 2, 8], 5)).toEqual([0, 2, 4, 6, 8]);
  });

  it('keeps what is even already', () => {
    expect(resample([0, 1, 2], [5, 9, 1], 41)).toEqual([5, 9, 1]);
  });

  it('keeps the ends and stays within the values', () => {
    const points = fc.uniqueArray(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(points, fc.integer({ min: 2, max: 50 }), (x, count) => {
        const ascending = [...x].sort((a, b) => a - b);
        const y = ascending.map((value) => Math.sin(value));
        const read = resample(ascending, y, count);
        expect(read[0]).toBeCloseTo(y[0]!, 9);
        expect(read.at(-1)).toBeCloseTo(y.at(-1)!, 9);
        expect(Math.max(...read)).toBeLessThanOrEqual(Math.max(...y) + 1e-9);
        expect(Math.min(...read)).toBeGreaterThanOrEqual(Math.min(...y) - 1e-9);
      }),
    );
  });
});

describe('roundRange', () => {
  it('holds all values', () => {
    expect(roundRange([0.31, 0.78])).toEqual({ from: 0.3, to: 0.8 });
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const { from, to } = roundRange(values);
        const slack = 1e-9 * Math.max(1, Math.abs(from), Math.abs(to));
        expect(from).toBeLessThanOrEqual(Math.min(...values) + slack);
        expect(to).toBeGreaterThanOrEqual(Math.max(...values) - slack);
        expect(to).toBeGreaterThan(from);
      }),
    );
  });
});

describe('curvePicture', () => {
  it('draws nothing of what is no curve', () => {
    const curve = better.curve!;
    expect(curvePicture(undefined, 'production')).toBe('');
    expect(curvePicture({ ...curve, candidate: [1] }, 'production')).toBe('');
    expect(curvePicture({ ...curve, x: curve.x.map(() => 0) }, 'production')).toBe('');
    expect(curvePicture({ ...curve, x: [...curve.x].reverse() }, 'production')).toBe('');
    expect(learningCurve([{ step: 1, value: 2 }], 'rmse')).toBe('');
  });

  it('writes numbers to a thousandth of the axis, and never with an exponent', () => {
    const at = (values: number[]): string =>
      learningCurve(
        values.map((value, step) => ({ step, value })),
        'rmse',
      );
    expect(at([4123.41, 4123.52])).toContain('[4123.41, 4123.52]');
    expect(at([1.5e-8, 2e-8])).toContain('[0.000000015, 0.00000002]');
    expect(at([1e22, 2e22])).not.toMatch(/e\+?22/);
  });

  it('keeps the last point of a learning curve', () => {
    const drawn = learningCurve(
      Array.from({ length: 7 }, (_, index) => ({ step: index, value: 8 - index })),
      'rmse',
    );
    expect(drawn).toContain('line "rmse" [8, 7, 6, 5, 4, 3, 2]');
    expect(drawn).toContain('x-axis "step" 0 --> 6');
  });
});

describe('fitSections', () => {
  const sections = [
    { name: 'a', variants: ['aaaa'] },
    { name: 'b', variants: ['bbbbbbbb', 'bb', ''] },
    { name: 'c', variants: ['cccc', ''] },
  ];

  it('gives up one length at a time, in the order given', () => {
    expect(fitSections(sections, ['b', 'c', 'b'], 100)).toEqual({ text: 'aaaa\n\nbbbbbbbb\n\ncccc', shortened: [] });
    expect(fitSections(sections, ['b', 'c', 'b'], 16)).toEqual({ text: 'aaaa\n\nbb\n\ncccc', shortened: ['b'] });
    expect(fitSections(sections, ['b', 'c', 'b'], 8)).toEqual({ text: 'aaaa\n\nbb', shortened: ['b', 'c'] });
    expect(fitSections(sections, ['b', 'c', 'b'], 4)).toEqual({ text: 'aaaa', shortened: ['b', 'c'] });
  });

  it('throws when nothing is left to give', () => {
    expect(() => fitSections(sections, ['b', 'c', 'b'], 3)).toThrow(RangeError);
  });
});
