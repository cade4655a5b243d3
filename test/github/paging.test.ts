import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paginate } from './paging.js';

describe('pages', () => {
  it('together are the list, once each and in order, when the links are followed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 250 }), fc.nat({ max: 120 }), (length, perPage) => {
        const all = Array.from({ length }, (_, index) => index);
        const url = 'http://127.0.0.1/list';
        let next: string | undefined = `${url}?per_page=${perPage}&name=a+b`;
        const seen: number[] = [];
        for (let pages = 0; next !== undefined; pages++) {
          expect(pages).toBeLessThanOrEqual(length);
          const query: URLSearchParams = new URL(next).searchParams;
          expect(query.get('name')).toBe('a b');
          const page = paginate(all, url, query);
          expect(page.items.length).toBeLessThanOrEqual(100);
          seen.push(...page.items);
          next = /<([^>]+)>; rel="next"/.exec(page.link ?? '')?.[1];
        }
        expect(seen).toEqual(all);
      }),
      { numRuns: 100, seed: 42 },
    );
  });
});
