import { describe, expect, it } from 'vitest';
import { cronProblem } from './cron.js';

describe('cron', () => {
  it.each(['17 4 * * *', '*/15 0-6,22 1 JAN-mar sun', '0 0 31 12 6', '5/20 * * * MON-FRI'])('takes %s', (text) => {
    expect(cronProblem(text)).toBeUndefined();
  });

  it.each([
    ['@daily', 'has 1 fields; it needs five'],
    ['0 4 * *', 'has 4 fields'],
    ['60 4 * * *', "'60' is no minute (0 to 59)"],
    ['0 24 * * *', "'24' is no hour"],
    ['0 4 0 * *', "'0' is no day of the month"],
    ['0 4 * FEBR *', "'FEBR' is no month"],
    ['0 4 * * 7', "'7' is no day of the week"],
    ['0 4 * * 5-1', "'5-1' is no day of the week"],
    ['*/0 4 * * *', "'*/0' is no minute"],
    ['0 4 * * 1,', "'' is no day of the week"],
  ])('refuses %s', (text, problem) => {
    expect(cronProblem(text)).toContain(problem);
  });
});
