import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blobs } from './results/blobs.js';

describe('block blobs', () => {
  it('are joined as the list says, in whatever order the blocks came', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(parts, fc.infiniteStream(fc.nat()), fc.array(fc.nat(), { maxLength: 5 }), (blocks, ranks, again) => {
        const blobs = new Blobs(() => 0);
        blobs.create('a/b');
        const put = (query: Record<string, string>, body: Uint8Array): number => {
          const signed = new URL(blobs.sign('http://x', 'a/b', 'w', 60)).searchParams;
          for (const [name, value] of Object.entries(query)) signed.set(name, value);
          return blobs.answer('PUT', 'a/b', signed, {}, Buffer.from(body)).status;
        };
        const id = (index: number): string => Buffer.from(`block ${index}`).toString('base64');
        const order = blocks.map((_, index) => ({ index, rank: ranks.next().value ?? 0 })).sort((a, b) => a.rank - b.rank);
        for (const { index } of order) expect(put({ comp: 'block', blockid: id(index) }, blocks[index]!)).toBe(201);
        // A client may send a block once more.
        for (const index of again.map((number) => number % blocks.length)) {
          put({ comp: 'block', blockid: id(index) }, blocks[index]!);
        }
        const list = blocks.map((_, index) => `<Latest>${id(index)}</Latest>`).join('');
        put({ comp: 'blocklist' }, Buffer.from(`<?xml version="1.0"?><BlockList>${list}</BlockList>`));
        expect(blobs.content('a/b')?.equals(Buffer.concat(blocks))).toBe(true);
      }),
      { numRuns: 100, seed: 42 },
    );
  });

  it('are read whole or in part, while the address is fresh', () => {
    let now = 0;
    const blobs = new Blobs(() => now);
    blobs.create('a/b');
    const write = new URL(blobs.sign('http://x', 'a/b', 'w', 60)).searchParams;
    blobs.answer(
      'PUT',
      'a/b',
      write,
      { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' },
      Buffer.from('0123456789'),
    );
    const read = new URL(blobs.sign('http://x', 'a/b', 'r', 60, 'a "b".txt')).searchParams;
    const get = (range?: string) => blobs.answer('GET', 'a/b', read, { range }, Buffer.alloc(0));
    expect(get()).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/plain' } });
    expect(get().headers['Content-Disposition']).toBe("attachment; filename*=UTF-8''a%20%22b%22.txt");
    expect(get('bytes=2-4')).toMatchObject({ status: 206, headers: { 'Content-Range': 'bytes 2-4/10' } });
    expect(get('bytes=8-').bytes?.toString()).toBe('89');
    expect(() => get('bytes=10-')).toThrow('past the end');
    expect(() => blobs.answer('PUT', 'a/b', read, {}, Buffer.alloc(0))).toThrow('authenticate');
    expect(() => blobs.answer('GET', 'a/c', read, {}, Buffer.alloc(0))).toThrow('authenticate');
    now = 61_000;
    expect(() => get()).toThrow('authenticate');
  });
});
