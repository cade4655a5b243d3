import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refusesMore } from '../../../../shared/deployment/service/counters.js';
import { mainVersion, sameShares, sharesText, without, withShare } from '../../../../shared/deployment/service/shares.js';
import { trafficRequestSchema } from '../../../../shared/serving/admin-api.js';

const shares = fc
  .uniqueArray(fc.constantFrom('v1.0.0', 'v1.1.0', 'v1.2.0', 'v2.0.0'), { minLength: 1 })
  .chain((versions) =>
    fc.tuple(...versions.map((version) => fc.tuple(fc.constant(version), fc.double({ min: 0.01, max: 1, noNaN: true })))),
  )
  .map((parts) => {
    const sum = parts.reduce((total, [, weight]) => total + weight, 0);
    return Object.fromEntries(parts.map(([version, weight]) => [version, (weight / sum) * 100]));
  });

test('every division that a rollout sets is one that the server takes', () => {
  fc.assert(
    fc.property(shares, fc.double({ min: 0, max: 100, noNaN: true }), (before, share) => {
      const divided = withShare(before, 'v3.0.0', share);
      expect(trafficRequestSchema.safeParse({ shares: divided }).success).toBe(true);
      expect(divided['v3.0.0'] ?? 0).toBeCloseTo(share, 9);
      expect(sameShares(without(divided, 'v3.0.0'), share < 100 ? before : {})).toBe(true);
    }),
  );
});

test('words and orders', () => {
  expect(mainVersion({ a: 5, b: 95 })).toBe('b');
  expect(mainVersion({})).toBeUndefined();
  expect(sharesText({ a: 33.333333, b: 66.666667 })).toBe('a 33.33 %, b 66.67 %');
  expect(sharesText({})).toBe('none');
  expect(without({ a: 100 }, 'a')).toEqual({});
  expect(sameShares({ a: 100 }, { a: 100, b: 0 })).toBe(true);
  expect(sameShares({ a: 100 }, { a: 99.9, b: 0.1 })).toBe(false);
});

test('a share of refusals is larger only where chance does not make it so', () => {
  const count = (refused: number, requests: number) => ({ refused, requests });
  expect(refusesMore(count(40, 100), count(0, 500))).toBe(true);
  expect(refusesMore(count(1, 5), count(0, 500))).toBe(false);
  expect(refusesMore(count(50, 100), count(45, 100))).toBe(false);
  expect(refusesMore(count(0, 100), count(50, 100))).toBe(false);
  expect(refusesMore(count(9, 9), count(0, 0))).toBe(false);
});
