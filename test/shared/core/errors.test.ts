import { expect, test } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';

test('the message names every problem at its place', () => {
  const error = new UserError([
    { message: 'no such key', location: { file: 'mlops.yaml', line: 3, column: 5 } },
    { message: 'no such file', location: { file: 'data.csv' } },
    { message: 'no token' },
  ]);
  expect(error.message).toBe('mlops.yaml:3:5: no such key\ndata.csv: no such file\nno token');
  expect(error.problems).toHaveLength(3);
});
