import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directionNumbers, SOBOL_DIMENSIONS, sobol, sobolPoint } from '../../../shared/tuning/sobol.js';
import { space } from './spaces.js';

const golden = JSON.parse(readFileSync(new URL('./golden/sobol.json', import.meta.url), 'utf8')) as number[][];

describe('sobol', () => {
  it('is the sequence of Joe and Kuo, by scipy', () => {
    expect(golden[0]).toHaveLength(SOBOL_DIMENSIONS);
    for (const [index, point] of golden.entries()) {
      for (const [dimension, value] of point.entries()) {
        expect(sobolPoint(directionNumbers(dimension), index) / 2 ** 32).toBe(value);
      }
    }
  });

  it('keeps a point in each of 16 equal parts along every dimension, also when it is scrambled', () => {
    const one = space(
      Object.fromEntries(Array.from({ length: SOBOL_DIMENSIONS }, (_, index) => [`x${index}`, { low: 0, high: 1 }])),
    );
    for (const seed of [0, 1, 42]) {
      const points = Array.from({ length: 16 }, (_, index) =>
        Object.values(sobol.propose({ space: one, seed, better: 'lower', history: [] }, index + 1, 0)!).map(Number),
      );
      for (let dimension = 0; dimension < SOBOL_DIMENSIONS; dimension++) {
        expect(new Set(points.map((point) => Math.floor(point[dimension]! * 16))).size).toBe(16);
      }
    }
  });
});
