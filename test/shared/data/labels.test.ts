import { describe, expect, it } from 'vitest';
import { cleanUp, openCsv, userError } from './workspace.js';

cleanUp();

const column = (values: readonly unknown[], sections: { readonly [key: string]: unknown } = {}) =>
  openCsv(`id,y\n${values.map((value, id) => `${id},${value}`).join('\n')}\n`, sections);
const labelsOf = async (values: readonly unknown[], sections?: { readonly [key: string]: unknown }, classes?: string[]) => {
  const dataset = await column(values, sections);
  const labels = await dataset.labels(classes && { classes });
  const ids = await dataset.values('id', { file: 'test' });
  if (ids.type !== 'integer') throw new Error('no integers');
  const byId = Array.from({ length: values.length }, () => Number.NaN);
  ids.values.forEach((id, row) => {
    byId[Number(id)] = labels.values[row]!;
  });
  return { ...labels, values: byId };
};

describe('classes', () => {
  it.each([
    ['numbers', [1, 0, 1, ''], ['0', '1'], [1, 0, 1, -1]],
    ['booleans', ['true', 'false'], ['false', 'true'], [1, 0]],
    ['yes and no', ['yes', 'no', 'yes'], ['no', 'yes'], [1, 0, 1]],
    ['Y and N', ['N', 'Y'], ['N', 'Y'], [0, 1]],
    ['-1 and 1', [1, -1], ['-1', '1'], [1, 0]],
  ])('of %s have the positive one last', async (_, values, classes, expected) => {
    expect(await labelsOf(values)).toEqual({ task: 'binary', classes, values: expected });
  });

  it('follow positive and classes of the spec', async () => {
    const spam = ['spam', 'ham'];
    expect((await labelsOf(spam, { target: { column: 'y', positive: 'spam' } })).values).toEqual([1, 0]);
    expect((await labelsOf(spam, { target: { column: 'y', positive: 'ham' } })).values).toEqual([0, 1]);
    expect((await labelsOf(spam, { target: { column: 'y', classes: ['spam', 'ham'] } })).values).toEqual([0, 1]);
    const both = { target: { column: 'y', classes: ['spam', 'ham'], positive: 'spam' } };
    expect((await labelsOf(spam, both)).values).toEqual([1, 0]);
    expect((await labelsOf([1, 0], { target: { column: 'y', positive: 0 } })).values).toEqual([0, 1]);
    expect((await labelsOf(['true', 'false'], { target: { column: 'y', positive: false } })).values).toEqual([0, 1]);
  });

  it('of a multiclass target are sorted, numbers by size', async () => {
    expect(await labelsOf([10, 9, 2.5, ''], { task: 'multiclass' })).toEqual({
      task: 'multiclass',
      classes: ['2.5', '9', '10'],
      values: [2, 1, 0, -1],
    });
    expect(await labelsOf(['b', 'a', 'C'], { task: 'multiclass' })).toMatchObject({ classes: ['C', 'a', 'b'] });
  });

  it('of another model leave other values unlabelled', async () => {
    expect(await labelsOf(['a', 'b', 'c', ''], {}, ['c', 'a'])).toEqual({
      task: 'binary',
      classes: ['c', 'a'],
      values: [1, -1, 0, -1],
    });
    expect((await labelsOf(['a', 'a'], {}, ['a', 'b'])).values).toEqual([0, 0]);
  });

  it('come from target.sql as well', async () => {
    const target = { column: 'late', sql: 'Y > 15' };
    expect(await labelsOf([20, 10, ''], { target })).toEqual({
      task: 'binary',
      classes: ['false', 'true'],
      values: [1, 0, -1],
    });
  });
});

describe('regression', () => {
  it('has plain numbers', async () => {
    expect(await labelsOf([1, 2.5, ''], { task: 'regression' })).toEqual({ task: 'regression', values: [1, 2.5, Number.NaN] });
    const target = { column: 'half', sql: 'y / 2' };
    expect(await labelsOf([1, 3], { task: 'regression', target })).toMatchObject({ values: [0.5, 1.5] });
  });
});

describe('a target that cannot be', () => {
  it.each([
    ['is absent', ['0', '1'], { target: { column: 'yy' } }, /target\.column: there is no column "yy"; did you mean "y"\?/],
    ['is constant', ['1', '1', ''], {}, /target y is "1" in every row that has one/],
    ['is all missing', ['', ''], {}, /target y is missing in all 2 rows/],
    ['has three classes', ['a', 'b', 'c'], {}, /two classes, but target y has 3: "a", "b", "c"; use `task: multiclass`/],
    [
      'has no known positive',
      ['spam', 'ham'],
      {},
      /which value of target y is the positive class: "ham" or "spam"\? Add target\.positive/,
    ],
    ['has another positive', ['0', '1'], { target: { column: 'y', positive: 2 } }, /target\.positive: positive is "2"/],
    [
      'has a class too many',
      ['a', 'b', 'c'],
      { target: { column: 'y', classes: ['a', 'b'] } },
      /is "c" in 1 rows, which is none of classes: a, b/,
    ],
    ['is text for regression', ['a', 'b'], { task: 'regression' }, /needs a numeric target, but y is string/],
    ['is constant for regression', ['2', '2'], { task: 'regression' }, /target y is "2" in every row/],
    ['is missing for regression', ['', ''], { task: 'regression' }, /needs a numeric target|missing in all/],
    ['is infinite', ['1', 'inf'], { task: 'regression' }, /infinite/],
    [
      'has wrong SQL',
      ['0', '1'],
      { target: { column: 'l', sql: 'yy > 1' } },
      /target\.sql: SQL "yy > 1": there is no column "yy"/,
    ],
    ['fails on a value', ['a', 'b'], { target: { column: 'l', sql: 'CAST(y AS INTEGER) > 1' } }, /fails on the data/],
    [
      'fails on a value for regression',
      ['a', 'b'],
      { task: 'regression', target: { column: 'l', sql: 'CAST(y AS INTEGER)' } },
      /fails on the data/,
    ],
    ['is a list', ['0', '1'], { target: { column: 'l', sql: '[y, y]' } }, /it must be one value/],
    ['has a thousand classes', Array.from({ length: 1001 }, (_, i) => i), { task: 'multiclass' }, /task: regression/],
  ])('%s is a clear error', async (_, values, sections, reason) => {
    const message = await userError((await column(values, sections)).labels());
    expect(message).toMatch(reason);
    expect(message).toMatch(/^mlops\.yaml#target\./);
  });
});
