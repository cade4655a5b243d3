import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, partFeatures, searchCost, widthOf } from '../../../../shared/training/gbdt/histogram.js';

describe('layoutOf', () => {
  it('gives each feature a pair a bin and one for missing values, and the padding a place of its own', () => {
    const { offsets, size } = layoutOf([{ valueBins: 3 }, { valueBins: 10 }]);
    expect([...offsets]).toEqual([0, 8, 30, 30, 30, 30, 30, 30]);
    expect(size).toBe(32);
    expect(widthOf(2)).toBe(8);
    expect(widthOf(17)).toBe(24);
    expect(widthOf(0)).toBe(8);
  });
});

describe('partFeatures', () => {
  it('deals out every feature once, in order, none of the parts taking much longer than its share', () => {
    const feature = fc.record({
      kind: fc.constantFrom<'numeric' | 'categorical'>('numeric', 'categorical'),
      valueBins: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(feature, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (features, parts) => {
        const edges = partFeatures(features, parts);
        expect(edges.length).toBe(parts + 1);
        expect([edges[0], edges.at(-1)]).toEqual([0, features.length]);
        expect(edges.every((edge, index) => index === 0 || edge >= edges[index - 1]!)).toBe(true);
        const costs = features.map(searchCost);
        const sum = (numbers: number[]): number => numbers.reduce((total, own) => total + own, 0);
        for (let part = 0; part < parts; part++) {
          const own = sum(costs.slice(edges[part], edges[part + 1]));
          expect(own).toBeLessThanOrEqual(sum(costs) / parts + Math.max(...costs));
        }
      }),
    );
  });

  it('counts a category for more than a threshold', () => {
    const categorical = { kind: 'categorical', valueBins: 200 } as const;
    const numeric = { kind: 'numeric', valueBins: 200 } as const;
    expect(partFeatures([numeric, numeric, numeric, categorical, categorical], 2)).toEqual([0, 4, 5]);
  });
});
