import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../../shared/bundle/read.js';
import { readBundle } from '../../../shared/bundle/read.js';
import { readPredictions } from '../../../shared/data/read-predictions.js';
import { askPredictions, compareAnswers, comparisonText } from '../../../shared/deployment/answers.js';
import { cellOf, compareRecorded, drawGoldenRows, type GoldenRows } from '../../../shared/deployment/golden-rows.js';
import { type OnnxModel, openModel } from '../../../shared/onnx/session.js';
import { customers, Project, spec as specText } from '../../actions/project.js';
import { cleanUp, open, workspace } from '../data/workspace.js';
import { moment, tableOf } from '../features/tables.js';

cleanUp();
let project: Project;
let bundle: Bundle;
let model: OnnxModel;
beforeAll(async () => {
  project = await Project.create({ 'mlops.yaml': specText(), 'data.csv': customers({ rows: 900 }) });
  await project.run('train', { champion: 'none' });
  bundle = await readBundle(join(project.directory, '.mlops-actions/bundle'), 'the bundle');
  model = await openModel(bundle.modelFile);
});
afterAll(async () => {
  await model.close();
  await project.remove();
});

const sections = { data: { path: 'data.csv', key: 'id' }, target: { column: 'churned' } };
const drawFrom = async (csv: string, count?: number): Promise<GoldenRows> => {
  const dataset = await open(workspace({ 'data.csv': csv }), sections);
  return drawGoldenRows({ dataset, manifest: bundle.manifest, model, ...(count !== undefined && { count }) });
};

test('are held-out rows with the answers that were recorded, the same for the same data in any order', async () => {
  const csv = customers({ rows: 900 });
  const golden = await drawFrom(csv);
  expect(golden.rows).toHaveLength(64);
  expect(golden.notices).toEqual([]);
  expect(Object.keys(golden.rows[0]!).sort()).toEqual(['plan', 'usage']);
  expect(golden.ids.every((id, at) => id === `mlops-smoke-${golden.rowIds[at]}`)).toBe(true);
  const recorded = await readPredictions(join(bundle.directory, 'predictions.parquet'), golden.rowIds);
  // predictions.parquet holds the held-out rows alone: all of these are among them.
  expect(recorded.size).toBe(64);
  expect(compareRecorded(golden, recorded)).toMatchObject({ rows: 64, worst: expect.closeTo(0, 7) });

  const [header, ...lines] = csv.trimEnd().split('\n');
  expect(await drawFrom(`${[header, ...lines.toReversed()].join('\n')}\n`)).toEqual(golden);
});

test('a model that answers otherwise than it was recorded is found', async () => {
  const golden = await drawFrom(customers({ rows: 900 }));
  const [id = ''] = golden.rowIds;
  expect(compareRecorded(golden, new Map([[id, [0.9, 0.1]]])).rows).toBe(1);
  expect(compareRecorded(golden, new Map([[id, [0.9, 0.1]]])).worst).toBeGreaterThan(1e-3);
  expect(() => compareRecorded(golden, new Map([[id, [1]]]))).toThrow('have 1 scores a row, the model 2');
});

test('columns that the data does not have any more, or has in another type, are asked for as missing', async () => {
  const gone = await drawFrom(customers({ rows: 900 }).replace('id,usage,plan', 'id,used,plan'));
  expect(gone.rows.every((row) => row.usage === null)).toBe(true);
  expect(gone.notices).toEqual(['column "usage" is not in the data: the rows are asked for without it']);
  const other = await drawFrom(customers({ rows: 900, row: (id) => [id, 'much', 'pro', id % 2 === 0 ? 'yes' : 'no'] }));
  expect(other.notices).toEqual([
    'column "usage" is string in the data, and number for the model: the rows are asked for without it',
  ]);
});

test('rows that JSON cannot hold are passed over', async () => {
  const row = (id: number): (string | number)[] => [id, id % 3 === 0 ? 'inf' : id / 10, 'pro', id % 2 === 0 ? 'yes' : 'no'];
  const golden = await drawFrom(customers({ rows: 300, row }), 16);
  expect(golden.rows).toHaveLength(16);
  expect(golden.rows.every(({ usage }) => typeof usage === 'number')).toBe(true);
  await expect(
    drawFrom(customers({ rows: 300, row: (id) => [id, 'inf', 'pro', id % 2 === 0 ? 'yes' : 'no'] })),
  ).rejects.toThrow('None of the held-out rows can be sent as JSON');
});

test('cells are written as JSON has them', () => {
  const table = tableOf({
    text: ['string', ['a', null]],
    whole: ['integer', [7, null]],
    number: ['number', [0.1, null]],
    flag: ['boolean', [true, null]],
    day: ['date', [moment('2024-02-29'), null]],
    time: ['timestamp', [moment('1969-12-31T23:59:59.250Z') + 1n, null]],
  });
  const cells = (row: number) => [...table.columns.values()].map((column) => cellOf(column, row));
  expect(cells(0)).toEqual(['a', 7, 0.1, true, '2024-02-29', '1969-12-31T23:59:59.250001Z']);
  expect(cells(1)).toEqual(Array(6).fill(null));
});

const classes: GoldenRows = {
  rows: [{ a: 1 }, { a: 2 }],
  ids: ['mlops-smoke-x', 'mlops-smoke-y'],
  rowIds: ['x', 'y'],
  expected: { task: 'binary', classes: ['no', 'yes'], rows: 2, scores: Float64Array.of(0.25, 0.75, 0.5, 0.5) },
  labels: ['yes', undefined],
  notices: [],
};

test('answers are the same up to 1e-5, with the same label where it is certain', () => {
  const answers = (rows: readonly { label?: string; scores: number[] }[]) => ({ version: 'v1', rows });
  const compare = (...rows: { label?: string; scores: number[] }[]) => compareAnswers(classes, answers(rows), [0, 1]);
  const good = { label: 'yes', scores: [0.250001, 0.749999] };
  expect(compare(good, { label: 'no', scores: [0.5, 0.5] })).toMatchObject({
    wrong: 0,
    rows: 2,
    worst: expect.closeTo(1e-6, 9),
  });
  const off = compare({ label: 'yes', scores: [0.2501, 0.7499] }, { scores: [0.5, 0.5] });
  expect(comparisonText(off)).toBe(
    '1 of 2 rows differ by more than 0.00001; row mlops-smoke-x: [0.2501, 0.7499], the model itself says [0.25, 0.75]',
  );
  expect(compare({ label: 'no', scores: [0.25, 0.75] }, { scores: [0.5, 0.5] }).example).toBe(
    'row mlops-smoke-x: label "no", the model itself says "yes"',
  );
  expect(compare({ scores: [Number.NaN, 0.75] }, { scores: [0.5, 0.5] })).toMatchObject({
    wrong: 1,
    worst: Number.POSITIVE_INFINITY,
  });
  // Asked for by itself, the second golden row is the first of the answers.
  expect(compareAnswers(classes, answers([{ scores: [0.5, 0.5] }]), [1])).toMatchObject({ wrong: 0, rows: 1 });
});

test('large values of a regression are compared by their digits', () => {
  const golden: GoldenRows = { ...classes, expected: { task: 'regression', rows: 2, scores: Float64Array.of(1e9, 0) } };
  const compare = (first: number, second: number) =>
    compareAnswers(golden, { version: 'v1', rows: [{ scores: [first] }, { scores: [second] }] }, [0, 1]).wrong;
  expect(compare(1e9 + 100, 1e-6)).toBe(0);
  expect(compare(1.001e9, 0)).toBe(1);
  expect(compare(1e9, 1e-4)).toBe(1);
});

test('a service that is busy is asked again; everything else that is no prediction is told', async () => {
  const answers = [
    { status: 429, text: '{"error": "busy"}' },
    {
      status: 200,
      text: JSON.stringify({
        model: 'm',
        version: 'v1',
        predictions: [{ id: 'x', label: 'yes', probabilities: { yes: 0.75, no: 0.25 } }],
      }),
    },
  ];
  const bodies: string[] = [];
  const send = async ({ body }: { body?: string | Uint8Array }) => {
    bodies.push(String(body));
    return answers.shift()!;
  };
  expect(await askPredictions(send, '/models/m/predict', classes, [0])).toEqual({
    version: 'v1',
    rows: [{ label: 'yes', scores: [0.25, 0.75] }],
  });
  expect(bodies).toEqual(Array(2).fill('{"rows":[{"a":1}],"ids":["mlops-smoke-x"]}'));
  const said = (status: number, text: string) => askPredictions(async () => ({ status, text }), '/predict', classes, [0]);
  await expect(said(500, '{"error": "the model fails"}')).rejects.toThrow('/predict answers 500: the model fails');
  await expect(said(200, '<html>')).rejects.toThrow('answers with something that is no prediction (<html>)');
  await expect(said(200, '{"model": "m", "version": "v1", "predictions": []}')).rejects.toThrow('0 predictions for 1 rows');
});
