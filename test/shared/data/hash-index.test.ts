import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HashIndex } from '../../../shared/data/hash-index.js';

it('does what a Map does, with colliding places too', () => {
  const word = fc.constantFrom(0, 1, 2, 0xffff_ffff, 0x8000_0000);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word, fc.nat(5)), { maxLength: 60 }), word, word, (entries, high, low) => {
      const index = new HashIndex(entries.length);
      const map = new Map<string, number>();
      for (const [a, b, value] of entries) {
        const known = map.get(`${a}:${b}`) ?? value;
        map.set(`${a}:${b}`, known);
        expect(index.add(a, b, value)).toBe(known);
      }
      expect(index.has(high, low)).toBe(map.has(`${high}:${low}`));
    }),
  );
});
