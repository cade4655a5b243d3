import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLogArtifact, logArtifact, partArtifact, reportArtifact, wholeOf } from '../../../shared/tuning/artifacts.js';
import { type Pack, packText, readPack } from '../../../shared/tuning/pack.js';

const pack: Pack = {
  study: 'default-0123456789ab',
  round: 1,
  job: 2,
  trials: [{ number: 3, params: { a: 1, b: 'x', c: true } }],
};

describe('a pack', () => {
  it('is read as it was written', () => {
    expect(readPack(packText(pack))).toEqual(pack);
    expect(readPack(packText({ ...pack, seconds: 60 }))).toEqual({ ...pack, seconds: 60 });
  });

  it.each([
    ['', /is not JSON \(""\)/],
    ['trials', /is not JSON/],
    ['[]', /is no pack/],
    [JSON.stringify({ ...pack, trials: [] }), /"trials" is wrong/],
    [JSON.stringify({ ...pack, trials: [{ number: 0, params: {} }] }), /"trials\.0\.number" is wrong/],
    [JSON.stringify({ ...pack, trials: [{ number: 1, params: { a: [1] } }] }), /"trials\.0\.params\.a" is wrong/],
  ])('%s is refused in one line that says what is accepted', (text, message) => {
    expect(() => readPack(text)).toThrow(message);
    expect(() => readPack(text)).toThrow(/^Input "trials" is .*; accepted: a pack that tune-plan wrote[^\n]*$/);
  });

  it('of any text is accepted or refused, nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readPack(text)).toThrow(/^Input "trials" is /);
      }),
    );
  });
});

describe('names of artifacts', () => {
  it('are told apart from those of other models and studies', () => {
    const name = logArtifact('m', 'a', { round: 2, job: 11, attempt: 3 });
    expect(name).toBe('m-study-a-r2-j11-a3');
    expect(isLogArtifact('m', 'a', name)).toBe(true);
    expect(isLogArtifact('m', 'a', reportArtifact('m', 'a', 1))).toBe(true);
    expect(isLogArtifact('m', 'a', partArtifact(name, 12))).toBe(true);
    expect([wholeOf(name), wholeOf(partArtifact(name, 12))]).toEqual([name, name]);
    for (const other of ['m-study-ab-r2-j11-a3', 'm-study-a-b-r1-j1-a1', 'n-study-a-r2-j11-a3', 'm-study-a', 'm-candidate']) {
      expect(isLogArtifact('m', 'a', other), other).toBe(false);
    }
  });
});
