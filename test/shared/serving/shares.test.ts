import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Shares, withoutAbsent } from '../../../shared/serving/shares.js';

const versions = new Map(['a', 'b', 'c'].map((name) => [name, name]));

test('requests are divided by the shares', () => {
  const share = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(fc.tuple(share, share, share), (weights) => {
      const sum = weights[0] + weights[1] + weights[2];
      fc.pre(sum > 0);
      const shares = new Map(['a', 'b', 'c'].map((name, at) => [name, (weights[at]! * 100) / sum]));
      const divided = new Shares(shares, versions);
      const draws = 3000;
      const counts = new Map<string | undefined, number>();
      for (let draw = 0; draw < draws; draw++) {
        const picked = divided.pick(() => (draw + 0.5) / draws);
        counts.set(picked, (counts.get(picked) ?? 0) + 1);
      }
      for (const [name, part] of shares)
        expect(Math.abs((counts.get(name) ?? 0) - (part / 100) * draws)).toBeLessThanOrEqual(1);
      expect(shares.get(divided.main()!)).toBe(Math.max(...shares.values()));
    }),
  );
});

test('a version without a share is never picked, and without any there is none', () => {
  const divided = new Shares(
    new Map([
      ['a', 0],
      ['b', 100],
      ['c', 0],
    ]),
    versions,
  );
  expect([0, 0.5, 0.999_999].map((random) => divided.pick(() => random))).toEqual(['b', 'b', 'b']);
  expect(new Shares(new Map([['a', 0]]), versions).pick()).toBeUndefined();
  expect(new Shares(new Map([['a', 0]]), versions).main()).toBeUndefined();
});

test('what absent versions had goes to the others', () => {
  const shares = new Map([
    ['a', 60],
    ['b', 30],
    ['c', 10],
  ]);
  expect([...withoutAbsent(shares, (name) => name !== 'a')]).toEqual([
    ['b', 75],
    ['c', 25],
  ]);
  expect([
    ...withoutAbsent(
      new Map([
        ['a', 100],
        ['b', 0],
      ]),
      (name) => name !== 'a',
    ),
  ]).toEqual([['b', 0]]);
});
