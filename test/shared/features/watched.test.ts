import { expect, test } from 'vitest';
import { watchedInputs } from '../../../shared/features/watched.js';

test('raw columns are watched as they are, dates by the parts that are features, the calendar not at all', () => {
  const inputs = [
    { name: 'distance', column: 'integer', tensor: 'int64' },
    { name: 'origin', column: 'string', tensor: 'string' },
    { name: 'date', column: 'timestamp', tensor: 'int64' },
    { name: 'born', column: 'date', tensor: 'int64' },
    { name: 'seen', column: 'date', tensor: 'int64' },
  ] as const;
  const features = [
    { name: 'distance', kind: 'numeric', from: 'distance' },
    { name: 'date_hour', kind: 'date_part', from: 'date', part: 'hour' },
    { name: 'date_month', kind: 'date_part', from: 'date', part: 'month' },
    { name: 'born_year', kind: 'date_part', from: 'born', part: 'year' },
  ] as const;
  expect(watchedInputs({ inputs }, { features }, 'date')).toEqual({
    watched: [
      { name: 'distance', from: 'distance', type: 'integer' },
      { name: 'origin', from: 'origin', type: 'string' },
      { name: 'date_hour', from: 'date', type: 'timestamp', part: 'hour' },
      // Another date than the event's does not go on with time by itself.
      { name: 'born_year', from: 'born', type: 'date', part: 'year' },
    ],
    left: ['date_month', 'seen'],
  });
});

test('the part behind a sine and a cosine is watched once, days since a date not at all', () => {
  const inputs = [
    { name: 'at', column: 'timestamp', tensor: 'int64' },
    { name: 'born', column: 'date', tensor: 'int64' },
  ] as const;
  const features = [
    { name: 'at_hour_sin', kind: 'cyclic', from: 'at', part: 'hour', wave: 'sin' },
    { name: 'at_hour_cos', kind: 'cyclic', from: 'at', part: 'hour', wave: 'cos' },
    { name: 'at_month_sin', kind: 'cyclic', from: 'at', part: 'month', wave: 'sin' },
    { name: 'age', kind: 'days_between', from: ['at', 'born'] },
  ] as const;
  expect(watchedInputs({ inputs }, { features }, 'at')).toEqual({
    watched: [{ name: 'at_hour', from: 'at', type: 'timestamp', part: 'hour' }],
    left: ['at_month', 'born'],
  });
});
