import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { featureColumns } from '../../../shared/data/default-features.js';
import { cleanUp, locate, open, openCsv, REAL, userError, workspace } from './workspace.js';

cleanUp();

const CSV = 'id,day,grp,w,Delay,"odd ""name""",origin,y\n1,2001-01-01,a,1,20,3,ORD,0\n2,2001-01-02,b,1,5,4,JFK,1\n';
const features = async (sections: { readonly [key: string]: unknown }) => {
  const dataset = await openCsv(CSV, sections);
  return featureColumns(dataset, dataset.spec, locate);
};
const late = { column: 'late', sql: 'DELAY > 15 AND "odd ""name""" > 2' };

describe('default features', () => {
  it('are all but target, time, key, group, weight and dates', async () => {
    expect(await features({})).toEqual(['id', 'grp', 'w', 'Delay', 'odd "name"', 'origin']);
    const data = { path: 'data.csv', key: 'ID', time: 'day', weight: 'w' };
    expect(await features({ data, split: { by: { group: 'grp' } } })).toEqual(['Delay', 'odd "name"', 'origin']);
  });

  it('never have a column that target.sql reads', async () => {
    expect(await features({ target: late })).toEqual(['id', 'grp', 'w', 'origin', 'y']);
    const named = { column: 'y', sql: 'Delay > 15' };
    expect(await features({ target: named })).toEqual(['id', 'grp', 'w', 'odd "name"', 'origin']);
  });

  it('of flights do not have delay', async () => {
    const data = { path: join(REAL, 'flights-3m.parquet'), time: 'date', where: "date < TIMESTAMP '2001-01-02'" };
    const dataset = await open(workspace(), { data, target: { column: 'late', sql: 'delay > 15' } });
    expect(await featureColumns(dataset, dataset.spec, locate)).toEqual(['distance', 'origin', 'destination']);
  });

  it('follow use and exclude, in the order of the data', async () => {
    expect(await features({ features: { use: ['origin', 'delay'] } })).toEqual(['Delay', 'origin']);
    expect(await features({ features: { exclude: ['id', 'Grp', 'day', 'y'] } })).toEqual([
      'w',
      'Delay',
      'odd "name"',
      'origin',
    ]);
  });
});

describe('features that are named and cannot be', () => {
  it.each([
    [{ features: { use: ['y'] } }, /#features\.use\.0: column "y" cannot be a feature: it is the target/],
    [{ target: late, features: { use: ['origin', 'delay'] } }, /#features\.use\.1: .* target\.sql reads it/],
    [{ target: late, features: { use: ['late'] } }, /it is the target/],
    [{ data: { path: 'data.csv', key: ['id'] }, features: { use: ['id'] } }, /it is the key/],
    [{ data: { path: 'data.csv', weight: 'w' }, features: { use: ['w'] } }, /it is the weight/],
    [{ data: { path: 'data.csv', time: 'day' }, features: { use: ['day'] } }, /it is the time/],
    [{ split: { by: { group: 'grp' } }, features: { use: ['grp'] } }, /it is the group/],
    [{ features: { use: ['day'] } }, /"day" is a date and no feature by itself; derive its parts/],
    [{ features: { use: ['orign'] } }, /#features\.use\.0: there is no column "orign"; did you mean "origin"\?/],
    [{ features: { exclude: ['dellay'] } }, /#features\.exclude\.0: there is no column "dellay"; did you mean "Delay"\?/],
    [
      { features: { derive: [{ from: 'dy', parts: ['month'] }] } },
      /#features\.derive\.0\.from: there is no column "dy"; did you mean "day"\?/,
    ],
    [
      { features: { derive: [{ from: ['id', 'y'], ratio: true }] } },
      /#features\.derive\.0\.from\.1: .* cannot be the source of a feature: it is the target/,
    ],
    [{ target: late, features: { derive: [{ from: 'delay', log: true }] } }, /target\.sql reads it/],
    [
      { features: { derive: [{ from: ['id', 'origin'], log: true }] } },
      /#features\.derive\.0\.from\.1: features\.derive: log needs a number or boolean, but column "origin" is of type string/,
    ],
    [
      { features: { derive: [{ from: 'day', length: true }] } },
      /#features\.derive\.0\.from: features\.derive: length needs text, but column "day" is of type date/,
    ],
    [
      { features: { derive: [{ from: ['day', 'day'], difference: true }] } },
      /"day" is of type date; since gives the days between two dates/,
    ],
    [
      { features: { derive: [{ from: 'day', since: 'grpp' }] } },
      /#features\.derive\.0\.since: there is no column "grpp"; did you mean "grp"\?/,
    ],
    [
      { features: { derive: [{ from: 'day', since: 'origin' }] } },
      /#features\.derive\.0\.since: .* since needs a date or timestamp, but column "origin" is of type string/,
    ],
    [
      { target: { column: 'x', sql: "day > DATE '2001-01-01'" }, features: { derive: [{ from: 'w', since: 'day' }] } },
      /#features\.derive\.0\.since: .* target\.sql reads it/,
    ],
  ])('%j', async (sections, reason) => {
    expect(await userError(features(sections))).toMatch(reason);
  });

  it('are all told at once', async () => {
    const message = await userError(features({ features: { use: ['y', 'nothing'], exclude: ['none'] } }));
    expect(message.split('\n')).toHaveLength(3);
  });
});
