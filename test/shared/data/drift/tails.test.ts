import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { benjaminiHochberg, chiSquareTail, studentTails } from '../../../../shared/data/drift/tails.js';

const golden = JSON.parse(readFileSync(new URL('../golden/drift.json', import.meta.url), 'utf8')) as {
  chi2: [number, number, number][];
  student: [number, number, number][];
  bh: { p: number[]; adjusted: number[] };
};

describe('tails', () => {
  test('of χ² are those of scipy, far out as well', () => {
    for (const [x, degrees, expected] of golden.chi2) {
      const found = chiSquareTail(x, degrees);
      expect(Math.abs(found - expected), `${x}, ${degrees}: ${found}`).toBeLessThanOrEqual(1e-14 + 1e-9 * expected);
    }
  });

  test("of Student's t are those of scipy", () => {
    for (const [t, degrees, expected] of golden.student) {
      const found = studentTails(t, degrees);
      expect(Math.abs(found - expected), `${t}, ${degrees}: ${found}`).toBeLessThanOrEqual(1e-14 + 1e-9 * expected);
      expect(studentTails(-t, degrees)).toBe(found);
    }
  });

  test('are 1 where nothing was found', () => {
    expect(chiSquareTail(0, 3)).toBe(1);
    expect(studentTails(0, 3)).toBeCloseTo(1, 12);
  });
});

describe('the adjustment of Benjamini and Hochberg', () => {
  test('is that of scipy', () => {
    const adjusted = benjaminiHochberg(golden.bh.p);
    for (const [index, expected] of golden.bh.adjusted.entries()) expect(adjusted[index]).toBeCloseTo(expected, 12);
    expect(adjusted.filter((p) => p < 0.05)).toHaveLength(1);
  });

  test('does not depend on the order, and never makes a p-value smaller', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (pValues) => {
        const adjusted = benjaminiHochberg(pValues);
        expect(adjusted.every((p, index) => p >= pValues[index]! - 1e-15 && p <= 1)).toBe(true);
        expect(benjaminiHochberg([...pValues].reverse()).reverse()).toEqual(adjusted);
      }),
    );
  });
});
