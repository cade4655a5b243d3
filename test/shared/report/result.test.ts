import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { UserError } from '../../../shared/core/errors.js';
import type { Validation } from '../../../shared/data/validation.js';
import type { Comparison } from '../../../shared/evaluation/comparison.js';
import {
  type comparisonSchema,
  LARGEST_RESULT_BYTES,
  parseResult,
  type validationSchema,
} from '../../../shared/report/result.js';
import { anyComparison, anyValidation } from './arbitrary.js';
import * as extremes from './extreme-fixtures.js';
import * as fixtures from './fixtures.js';
import * as models from './model-fixtures.js';

/** Keys of one of the two types that the other has not. */
type Missing<A, B> = Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>;

const changed = (changes: object): string => JSON.stringify({ ...fixtures.better, ...changes });

describe('parseResult', () => {
  it.each([
    [
      'a failed gate that passes',
      { gatesOutcome: 'pass', gates: [{ ...fixtures.better.gates[0], outcome: 'fail' }] },
      'gatesOutcome',
    ],
    ['blocked without a reason', { blocked: true }, 'blocked'],
    ['better than nobody', { champion: undefined }, 'without a champion'],
    ['no metrics', { metrics: [] }, 'primary metric'],
    [
      'an interval the wrong way round',
      { metrics: [{ ...fixtures.better.metrics[0], interval: { low: 1, high: 0 } }] },
      'an interval',
    ],
    ['a curve with ends', { curve: { ...fixtures.better.curve, x: [0, 1] } }, 'the curve'],
    ['annotations elsewhere', { spec: '../../.github/workflows/x.yml' }, 'spec leads out'],
    ['annotations anywhere', { spec: '/etc/passwd' }, 'spec leads out'],
  ])('refuses %s', (_name, changes, reason) => {
    expect(() => parseResult(changed(changes))).toThrow(reason);
  });

  it('has exactly the types of the results', () => {
    expectTypeOf<z.output<typeof comparisonSchema>>().toExtend<Comparison>();
    expectTypeOf<Comparison>().toExtend<z.output<typeof comparisonSchema>>();
    expectTypeOf<z.output<typeof validationSchema>>().toExtend<Validation>();
    expectTypeOf<Validation>().toExtend<z.output<typeof validationSchema>>();
    // An optional key that one side lacks would pass the four lines above.
    expectTypeOf<Missing<Comparison, z.output<typeof comparisonSchema>>>().toBeNever();
    expectTypeOf<Missing<Validation, z.output<typeof validationSchema>>>().toBeNever();
  });

  it('gives back every result that was written', () => {
    for (const result of [
      fixtures.better,
      extremes.hostile,
      fixtures.targetChanged,
      fixtures.firstModel,
      models.validationFailed,
    ]) {
      expect(parseResult(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify(result)));
    }
    fc.assert(
      fc.property(fc.oneof(anyComparison, anyValidation), (result) => {
        const text = JSON.stringify(result);
        try {
          expect(parseResult(text)).toEqual(JSON.parse(text));
        } catch (error) {
          // Most drawn results contradict themselves; their form is right all the same.
          if (!(error instanceof UserError)) throw error;
          expect(error.message).toMatch(/^the result contradicts itself: /);
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it.each([
    ['no JSON', '{"format": 1,', /not JSON/],
    ['another file', '{"a": 1}', /kind/],
    ['another format', changed({ format: 2 }), /format/],
    ['an unknown key', changed({ surprise: 1 }), /surprise/],
    ['a number beyond all numbers', changed({}).replace('61204', '1e999'), /rows\.test/],
    ['a text in place of a number', changed({ minRows: '200' }), /minRows/],
    ['a very long name', changed({ model: 'x'.repeat(5000) }), /model/],
    ['a list without end', changed({ metrics: Array.from({ length: 5001 }, () => fixtures.better.metrics[0]) }), /metrics/],
    ['deep nesting', `{"kind":"comparison","params":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /nested deeper/],
    ['a chance above 1', changed({}).replace(/"exactP":[^,]+/, '"exactP":1.5'), /disagreement\.mcnemar\.exactP/],
    ['a prototype', changed({}).replace('"num_leaves":127', '"__proto__":127'), /./],
  ])('refuses %s in one line', (_, text, message) => {
    let caught: unknown;
    try {
      const result = parseResult(text);
      // A key of that name is kept as data at most; it must not become the prototype.
      expect(Object.getPrototypeOf((result as Comparison).candidate.params)).toBe(Object.prototype);
      return;
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(UserError);
    expect((caught as UserError).message).toMatch(message);
    expect((caught as UserError).message).not.toContain('\n');
    expect((caught as UserError).message.length).toBeLessThan(600);
  });

  it('refuses a file that is too large before it reads it', () => {
    expect(() => parseResult(`"${'x'.repeat(LARGEST_RESULT_BYTES)}"`)).toThrow(/bytes; at most/);
  });

  it('throws nothing but a UserError, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify({ kind: 'comparison', format: 1, model: value })),
        ),
        (text) => {
          try {
            parseResult(text);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
    );
  });
});
