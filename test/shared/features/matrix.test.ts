import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import { datePartOf } from '../../../shared/features/calendar.js';
import { fitFeatures } from '../../../shared/features/fit.js';
import { buildMatrix } from '../../../shared/features/matrix.js';
import { schemaOf, tableOf } from './tables.js';

describe('buildMatrix', () => {
  it('keeps missing as NaN and rounds to 32 bits', () => {
    const table = tableOf({
      number: ['number', [0.1, null, 1e300]],
      whole: ['integer', [16_777_217n, null, -5n]],
      flag: ['boolean', [true, false, null]],
    });
    const plan = fitFeatures({
      schema: schemaOf(table),
      use: ['number', 'whole', 'flag'],
      derive: undefined,
      train: table,
      task: 'binary',
    });
    const { columns } = buildMatrix(plan, table);
    expect([...columns[0]!.values]).toEqual([Math.fround(0.1), Number.NaN, Number.POSITIVE_INFINITY]);
    expect([...columns[1]!.values]).toEqual([16_777_216, Number.NaN, -5]);
    expect([...columns[2]!.values]).toEqual([1, 0, Number.NaN]);
  });

  it('gives rare and unseen levels one index and missing none', () => {
    const train = tableOf({ city: ['string', [...Array(6).fill('Rome'), ...Array(7).fill('Oslo'), 'Bonn', 'Bonn', null]] });
    const plan = fitFeatures({ schema: schemaOf(train), use: ['city'], derive: undefined, train, task: 'binary' });
    expect(plan.features[0]).toMatchObject({ kind: 'categorical', levels: ['Oslo', 'Rome'] });
    const matrix = buildMatrix(plan, tableOf({ city: ['string', ['Oslo', 'Rome', 'Bonn', 'Paris', '', null]] }));
    expect(matrix.columns[0]!.levels).toBe(3);
    expect([...matrix.columns[0]!.values]).toEqual([0, 1, 2, 2, Number.NaN, Number.NaN]);
  });

  it('refuses a column whose type has changed', () => {
    const train = tableOf({ size: ['number', [1, 2]] });
    const plan = fitFeatures({ schema: schemaOf(train), use: ['size'], derive: undefined, train, task: 'binary' });
    expect(() => buildMatrix(plan, tableOf({ size: ['string', ['1', '2']] }))).toThrow(UserError);
  });
});

describe('datePartOf', () => {
  it('agrees with the calendar of JavaScript from 1600 to 2400', () => {
    const date = fc.date({ min: new Date('1600-01-01T00:00:00Z'), max: new Date('2400-12-31T23:59:59Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (value) => {
        const at = BigInt64Array.of(BigInt(value.getTime()) * 1000n + 999n);
        const weekday = (value.getUTCDay() + 6) % 7;
        expect(datePartOf('year', at)[0]).toBe(value.getUTCFullYear());
        expect(datePartOf('quarter', at)[0]).toBe(Math.floor(value.getUTCMonth() / 3) + 1);
        expect(datePartOf('month', at)[0]).toBe(value.getUTCMonth() + 1);
        expect(datePartOf('day', at)[0]).toBe(value.getUTCDate());
        expect(datePartOf('weekday', at)[0]).toBe(weekday);
        expect(datePartOf('is_weekend', at)[0]).toBe(weekday >= 5 ? 1 : 0);
        expect(datePartOf('hour', at)[0]).toBe(value.getUTCHours());
        expect(datePartOf('minute', at)[0]).toBe(value.getUTCMinutes());
      }),
      { numRuns: 2000 },
    );
  });

  it('knows the last microsecond before 1970, and missing', () => {
    const at = BigInt64Array.of(-1n, 0n, MISSING_INTEGER);
    expect([...datePartOf('year', at)]).toEqual([1969, 1970, Number.NaN]);
    expect([...datePartOf('hour', at)]).toEqual([23, 0, Number.NaN]);
    expect([...datePartOf('weekday', at)]).toEqual([2, 3, Number.NaN]);
  });
});
