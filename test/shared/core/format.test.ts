import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatNumber,
  formatShare,
  formatSigned,
} from '../../../shared/core/format.js';

describe('numbers', () => {
  it.each([
    [0.7406, '0.7406', '+0.7406', '0.7406'],
    [0.7, '0.7000', '+0.7000', '0.7'],
    [0, '0.0000', '+0.0000', '0'],
    [-0.0061, '−0.0061', '−0.0061', '−0.0061'],
    [0.0000321, '0.0000321', '+0.0000321', '0.0000321'],
    [334.21, '334.21', '+334.21', '334.2'],
    [61_204, '61,204.0', '+61,204.0', '61,204'],
    [1e-12, '1.00e−12', '+1.00e−12', '1.00e−12'],
    [-1.5e13, '−1.50e13', '−1.50e13', '−1.50e13'],
    [Number.NaN, 'n/a', 'n/a', 'n/a'],
    [Number.POSITIVE_INFINITY, 'n/a', 'n/a', 'n/a'],
  ])('%d', (value, plain, signed, compact) => {
    expect(formatNumber(value)).toBe(plain);
    expect(formatSigned(value)).toBe(signed);
    expect(formatCompact(value)).toBe(compact);
  });

  it('gives a value that rounds to nothing no minus', () => {
    expect(formatNumber(-0.00001, 4)).toBe('0.0000');
    expect(formatSigned(-0.00001, 4)).toBe('+0.0000');
  });

  it('is short and keeps the sign for every number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        for (const text of [formatNumber(value), formatCompact(value)]) {
          expect(text.length).toBeLessThanOrEqual(18);
          expect(text).toMatch(/^−?[\d,]+(\.\d+)?(e−?\d+)?$/);
          if (value !== 0) expect(text.startsWith('−')).toBe(value < 0);
        }
        expect(formatSigned(value)).toMatch(/^[+−]\d/);
      }),
    );
  });
});

describe('counts, shares, durations and sizes', () => {
  it('are written for people', () => {
    expect(formatCount(306_018)).toBe('306,018');
    expect(formatCount(Number.NaN)).toBe('n/a');
    expect(formatShare(0.1234)).toBe('12.3 %');
    expect(formatShare(0.95, 0)).toBe('95 %');
    expect([0.0004, 0.84, 3.14, 125, 3840].map(formatDuration)).toEqual([
      '0 ms',
      '840 ms',
      '3.1 s',
      '2 min 05 s',
      '1 h 04 min',
    ]);
    expect([-1, Number.NaN].map(formatDuration)).toEqual(['n/a', 'n/a']);
    expect([999, 12_345, 1_812_000, 2.14e9].map(formatBytes)).toEqual(['999 B', '12 kB', '1.8 MB', '2.1 GB']);
  });
});
