import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, partFeatures, widthOf } from '../../../../shared/training/gbdt/histogram.js';

const bins = fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 60 });

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
  it('deals out every feature once, in order, none of the parts much larger than its share', () => {
    fc.assert(
      fc.property(bins, fc.integer({ min: 1, max: 8 }), (valueBins, parts) => {
        const features = valueBins.map((count) => ({ valueBins: count }));
        const layout = layoutOf(features);
        const edges = partFeatures(features, layout, parts);
        expect(edges.length).toBe(parts + 1);
        expect([edges[0], edges.at(-1)]).toEqual([0, features.length]);
        expect(edges.every((edge, index) => index === 0 || edge >= edges[index - 1]!)).toBe(true);
        const offset = (feature: number): number => (feature < features.length ? layout.offsets[feature]! : layout.size - 2);
        for (let part = 0; part < parts; part++) {
          expect(offset(edges[part + 1]!) - offset(edges[part]!)).toBeLessThanOrEqual(layout.size / parts + 2 * 2 * 256);
        }
      }),
    );
  });
});
