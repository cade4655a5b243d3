import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../../../shared/data/dataset.js';
import { openDataset } from '../../../shared/data/open-dataset.js';
import { readReference } from '../../../shared/data/reference.js';
import { parseReferenceProfile, type ReferenceProfile } from '../../../shared/data/reference-profile.js';
import { rowsOfPart } from '../../../shared/data/select.js';
import { fitSplit } from '../../../shared/data/split.js';
import { parseSpec } from '../../../shared/spec/load.js';
import { vegaDataset } from '../../projects/sample.js';

const loaded = parseSpec(
  'name: weather\ntask: multiclass\ndata: { path: w.csv, time: date }\ntarget: { column: weather }\nsplit: { by: time, validation: 0.1, test: 0.2 }\n',
  'mlops.yaml',
);
const CLASSES = ['drizzle', 'fog', 'rain', 'snow', 'sun'];

let dataset: Dataset;
let profile: ReferenceProfile;
beforeAll(async () => {
  dataset = await openDataset({
    spec: loaded.spec,
    directory: '.',
    locate: loaded.locate,
    data: [vegaDataset('seattle-weather.csv')],
  });
  const { parts } = await fitSplit(dataset, loaded.spec);
  const rows = rowsOfPart(parts, 'test');
  const scores = Float64Array.from({ length: rows.length * 5 }, (_, index) => (index % 5 === 4 ? 0.6 : 0.1));
  profile = await readReference(dataset, {
    ...{ model: 'weather', parts, unit: 'day', time: 'date' },
    inputs: [
      { name: 'wind', from: 'wind', type: 'number' },
      { name: 'date_weekday', from: 'date', type: 'date', part: 'weekday' },
    ],
    heldOut: { rows, predictions: { task: 'multiclass', classes: CLASSES, rows: rows.length, scores } },
  });
});
afterAll(() => dataset.close());

describe('the reference of a model', () => {
  test('is of the rows that trained, and of the answers on held-out ones', () => {
    const { inputs, predictions } = profile;
    expect([inputs.rows, predictions.rows]).toEqual([1023, 292]);
    expect(inputs.blocks).toMatchObject({ unit: 'day', total: 1023 });
    expect(inputs.blocks?.ids).toHaveLength(100);
    expect(inputs.columns.map(({ name, missing }) => [name, missing])).toEqual([
      ['wind', 0],
      ['date_weekday', 0],
    ]);
    const [wind, weekday] = inputs.columns;
    expect(wind).toMatchObject({ kind: 'numbers', moments: { count: 1023, mean: expect.closeTo(3.3, 0) } });
    expect(weekday?.kind === 'levels' && weekday.levels.map(({ value }) => value).sort()[0]).toBe('1 Mon');
    expect(predictions.columns).toMatchObject([
      { name: 'label', kind: 'levels', levels: [{ value: 'sun', count: 292 }] },
      { name: 'confidence', kind: 'numbers', counts: [292] },
    ]);
  });

  test('leaves nothing behind in the database', async () => {
    await expect(dataset.connection.run('SELECT * FROM __parts')).rejects.toThrow();
  });

  test('reads back as it was written', () => {
    expect(parseReferenceProfile(JSON.stringify(profile), 'x')).toEqual(profile);
  });
});

describe('a profile from elsewhere', () => {
  const complaint = (text: string): string => {
    try {
      parseReferenceProfile(text, 'profile.json of m@v1.0.0');
    } catch (error) {
      if (error instanceof Error && error.name === 'UserError') return error.message;
      throw error;
    }
    throw new Error('no complaint');
  };

  test.each([
    ['is no JSON', '{', 'it is not JSON'],
    ['is of another format', '{"kind":"reference profile","format":9}', 'it has format 9, and this version reads format 1'],
    [
      'is the report of the action profile',
      '{"kind":"profile","format":1}',
      'it is the report of the action "profile", not the profile of a model',
    ],
    ['is anything else', '[1]', 'it is no profile of a model'],
    [
      'lacks its columns',
      '{"kind":"reference profile","format":1,"model":"m","inputs":{"rows":1}}',
      'its inputs.columns is wrong',
    ],
  ])('that %s is told in one line', (_name, text, message) => {
    expect(complaint(text)).toContain(`profile.json of m@v1.0.0 cannot be the reference: ${message}`);
    expect(complaint(text)).not.toContain('\n');
  });

  test('whose lists do not belong together is refused', () => {
    const cut = structuredClone(profile) as unknown as { inputs: { columns: { counts: number[] }[] } };
    cut.inputs.columns[0]!.counts.pop();
    expect(complaint(JSON.stringify(cut))).toContain('its lists do not belong together');
  });

  test('that was changed anywhere reads as a profile or as one line', () => {
    const paths = fc.constantFrom(
      'inputs',
      'predictions',
      'columns',
      'blocks',
      'counts',
      'keys',
      '0',
      'rows',
      'kind',
      'levels',
      'bins',
    );
    fc.assert(
      fc.property(fc.array(paths, { minLength: 1, maxLength: 6 }), fc.jsonValue(), (path, value) => {
        const changed = structuredClone(profile) as unknown as Record<string, unknown>;
        let at: unknown = changed;
        for (const key of path.slice(0, -1)) {
          if (typeof at !== 'object' || at === null || !(key in at)) break;
          at = (at as Record<string, unknown>)[key];
        }
        if (typeof at === 'object' && at !== null) (at as Record<string, unknown>)[path.at(-1)!] = value;
        const text = JSON.stringify(changed);
        try {
          parseReferenceProfile(text, 'x');
        } catch (error) {
          expect(error instanceof Error && error.name).toBe('UserError');
        }
      }),
      { numRuns: 200 },
    );
  });
});
