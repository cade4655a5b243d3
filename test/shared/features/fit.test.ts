import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import { fitFeatures, MAX_LEVELS } from '../../../shared/features/fit.js';
import { moment, schemaOf, tableOf } from './tables.js';

const train = tableOf({
  at: ['timestamp', [moment('2001-01-01')]],
  distance: ['integer', [3n]],
  origin: ['string', ['ORD']],
  share: ['number', [0.5]],
});
const schema = schemaOf(train);

describe('fitFeatures', () => {
  it('takes dates only through derive, and names derived features after column and part', () => {
    const derive = [{ from: 'at', parts: ['hour' as const, 'weekday' as const] }];
    const plan = fitFeatures({ schema, use: ['at', 'distance', 'origin'], derive, train, task: 'binary' });
    expect(plan.features.map((feature) => feature.name)).toEqual(['distance', 'origin', 'at_hour', 'at_weekday']);
  });

  it('takes the given name for one part, and as a stem for several', () => {
    const derive = [
      { from: 'at', name: 'departure', parts: ['hour' as const] },
      { from: 'at', name: 'day', parts: ['month' as const, 'day' as const] },
    ];
    const plan = fitFeatures({ schema, use: [], derive, train, task: 'binary' });
    expect(plan.features.map((feature) => feature.name)).toEqual(['departure', 'day_month', 'day_day']);
  });

  it('orders levels by rows and then by text, and keeps at most 254', () => {
    const cells = Array.from({ length: 300 }, (_, level) =>
      Array<string>(5 + (level === 299 ? 1 : 0)).fill(`l${1000 + level}`),
    ).flat();
    const many = tableOf({ name: ['string', cells] });
    const plan = fitFeatures({ schema: schemaOf(many), use: ['name'], derive: undefined, train: many, task: 'binary' });
    const [feature] = plan.features;
    expect(feature?.kind === 'categorical' && feature.levels.length).toBe(MAX_LEVELS);
    expect(feature?.kind === 'categorical' && feature.levels.slice(0, 3)).toEqual(['l1299', 'l1000', 'l1001']);
  });

  it('reports every problem at once', () => {
    const derive = [
      { from: 'distance', parts: ['hour' as const] },
      { from: 'nowhere', parts: ['hour' as const] },
      { from: ['distance', 'origin'], log: true as const },
      { from: 'distance', ratio: true as const },
      { from: 'at', since: 'yesterday' },
      { from: ['origin', 'share'], interaction: true as const },
      { from: 'origin', target_encoding: true as const },
    ];
    const problems = catchProblems(() =>
      fitFeatures({ schema, use: ['distnace', 'distance', 'distance'], derive, train, task: 'binary' }),
    );
    expect(problems).toEqual([
      'features.use: the data has no column "distnace"; did you mean "distance"?',
      'features.derive: parts need a date or timestamp, but column "distance" is of type integer',
      'features.derive: the data has no column "nowhere"; it has: at, distance, origin, share',
      'features.derive: log needs a number or boolean, but column "origin" is of type string',
      'features.derive: ratio is made of exactly 2 columns, but from names 1: from: [first, second]',
      'features.derive: since is "yesterday"; accepted are a date such as 2001-01-31 or 2001-01-31T12:00:00, or the name of a date or timestamp column',
      'features.derive: interaction joins categories with each other or multiplies numbers, but column "share" is of type number beside text; bin it into a whole-number column first, or leave it out',
      'features.derive: target_encoding needs the labels of the training rows',
      'two features are named "distance": give one of them another `name` in features.derive',
    ]);
  });

  it('says so when no feature is left', () => {
    expect(() => fitFeatures({ schema, use: ['at'], derive: undefined, train, task: 'binary' })).toThrow(
      /no column is left as a feature/,
    );
  });
});

function catchProblems(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.problems.map((problem) => problem.message);
    throw error;
  }
  return [];
}
