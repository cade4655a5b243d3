import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandMatrix, MAX_MATRIX_JOBS, matrixLabel } from './matrix.js';

describe('expandMatrix', () => {
  it('gives the product in the order of the file', () => {
    expect(expandMatrix({ os: ['a', 'b'], node: [20, 24] }).map(matrixLabel)).toEqual(['a, 20', 'a, 24', 'b, 20', 'b, 24']);
  });

  it('excludes by part and includes as GitHub documents it', () => {
    const matrix = {
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    };
    expect(expandMatrix(matrix)).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
    expect(expandMatrix({ a: [1, 2], b: [1, 2], exclude: [{ a: 1 }, { a: 2, b: 2 }] })).toEqual([{ a: 2, b: 1 }]);
    expect(expandMatrix({ include: [{ a: 1 }, { a: 2 }] })).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('labels nested values by their leaves', () => {
    expect(matrixLabel({ pack: { id: 3, trials: [1, 2] }, os: 'x' })).toBe('3, 1, 2, x');
  });

  it('refuses what makes no job, and too many', () => {
    expect(() => expandMatrix({ a: [] })).toThrow("Matrix vector 'a' does not contain any values");
    expect(() => expandMatrix({ include: [] })).toThrow('at least one vector');
    expect(() => expandMatrix({ a: 'x' })).toThrow("'a' is not a list");
    expect(() => expandMatrix({ a: [1], exclude: [{ b: 1 }] })).toThrow("exclude key 'b'");
    const side = Array.from({ length: 17 }, (_, index) => index);
    expect(() => expandMatrix({ a: side, b: side })).toThrow('289 jobs');
    expect(expandMatrix({ a: side.slice(1), b: side.slice(1) })).toHaveLength(MAX_MATRIX_JOBS);
  });

  it('makes as many jobs as the lists have combinations, all different', () => {
    const values = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const combinations = expandMatrix({ a, b, c });
        expect(combinations).toHaveLength(a.length * b.length * c.length);
        expect(new Set(combinations.map(matrixLabel)).size).toBe(combinations.length);
      }),
    );
  });
});
