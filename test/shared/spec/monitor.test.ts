import { describe, expect, test } from 'vitest';
import { formatProblem, UserError } from '../../../shared/core/errors.js';
import { parseSpec } from '../../../shared/spec/load.js';

const spec = (monitor: string, data = '{ path: a.csv, time: t }'): string =>
  `name: m\ntask: binary\ndata: ${data}\ntarget: { column: y }\nmonitor: ${monitor}\n`;

function problems(text: string): string[] {
  try {
    return parseSpec(text, 'm.yaml').notices.map(formatProblem);
  } catch (error) {
    if (error instanceof UserError) return error.problems.map(formatProblem);
    throw error;
  }
}

describe('the section monitor', () => {
  test('is built, and takes every key', () => {
    const text =
      '{ traffic: log, labels: { path: l.csv, key: id, delay: 2d }, window: 7d, min_rows: 100, breaches: 3, reference: same_season, metrics_url: "http://s/metrics", min_effect: 0.05, alpha: 0.01, block: hour }';
    expect(problems(spec(text))).toEqual([]);
  });

  test.each([
    [
      '{ metrics_url: "file:///etc/passwd" }',
      '5:25: monitor.metrics_url: found "file:///etc/passwd"; an address begins with http:// or https://',
    ],
    ['{ alpha: 0 }', '5:19: monitor.alpha: with 0 nothing is ever drift; usual is 0.05'],
    ['{ window: 10s }', '5:20: monitor.window: 10s is shorter than a minute; a window is such as 7d, 1d or 6h'],
    ['{ labels: { path: l.csv, key: y } }', '5:40: monitor.labels.key: y is the target; the key names the row, such as an id'],
    [
      '{ labels: { path: l.csv, key: [id, y] } }',
      '5:45: monitor.labels.key: y is the target; the key names the row, such as an id',
    ],
  ])('refuses %s', (text, message) => {
    expect(problems(spec(text))).toEqual([`m.yaml:${message}`]);
  });

  test('needs a time for the season', () => {
    expect(problems(spec('{ reference: same_season }', '{ path: a.csv }'))).toEqual([
      'm.yaml:5:23: monitor.reference: same_season needs data.time, the column with the time of the event',
    ]);
  });

  test('says when a window is too short for its blocks', () => {
    expect(problems(spec('{ window: 1d }'))).toEqual([
      'm.yaml:5:20: monitor.window: 1d has 1 day, and rows of one day count together: drift is hard to tell from an ordinary day; take a longer window, or a smaller block, such as block: hour',
    ]);
    expect(problems(spec('{ window: 1d, block: hour }'))).toEqual([]);
    expect(problems(spec('{ window: 7d, block: week }'))[0]).toContain('7d has 1 week');
  });
});
