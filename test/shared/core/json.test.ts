import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, type Json, sha256 } from '../../../shared/core/json.js';

test('keys are sorted by code unit at every depth and undefined members are left out', () => {
  expect(canonicalJson({ b: [1, { z: null, a: 'x' }], a: undefined, Z: true })).toBe('{"Z":true,"b":[1,{"a":"x","z":null}]}');
});

test('the text does not depend on the order in which keys were set, and reads back as the value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(reversed as Json)).toBe(canonicalJson(value as Json));
      expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('numbers that JSON does not know are refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => canonicalJson({ value })).toThrow(TypeError);
});

test('sha256 has the value of FIPS 180-4', () => {
  expect(sha256('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
