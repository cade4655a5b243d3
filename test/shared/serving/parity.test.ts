import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Running } from './running.js';
import { csvLine, type Row, type Trained, trainOrders } from './trained.js';

/** The scores of predictions.parquet, whichever way they are asked for. */

/** Rows a request: a run that is shared, a full one, and a body that another thread answers in several. */
const REQUESTS = [1, 64, 700];

interface Prediction {
  readonly id: string;
  readonly label: string;
  readonly prediction: number;
  readonly probabilities: Readonly<Record<string, number>>;
}

describe.each(['binary', 'multiclass', 'regression'] as const)('the scores of a %s model', (task) => {
  let trained: Trained;
  let server: Running;
  beforeAll(async () => {
    trained = await trainOrders({ task });
    server = await Running.start({ MLOPS_SERVER_BUNDLE: trained.directory });
  });
  afterAll(async () => {
    await server.remove();
    await trained.remove();
  });

  /** A request's rows: held-out ones, as many as asked for. */
  const take = (count: number): { rows: Row[]; ids: string[]; scores: number[] } => {
    const taken = Array.from({ length: count }, (_, at) => trained.heldOut[at % trained.heldOut.length]!);
    return { rows: taken.map(({ row }) => row), ids: taken.map(({ id }) => id), scores: taken.flatMap(({ scores }) => scores) };
  };
  const scoresOf = (predictions: readonly Prediction[]): number[] =>
    predictions.flatMap(({ prediction, probabilities }) =>
      task === 'regression' ? [prediction] : trained.bundle.manifest.classes.map((name) => probabilities[name]!),
    );
  const expectClose = (found: readonly number[], expected: readonly number[]): void => {
    expect(found.length).toBe(expected.length);
    const off = found.map((value, at) => Math.abs(value - expected[at]!));
    expect(Math.max(...off)).toBeLessThan(1e-5);
  };

  test.each(REQUESTS)('come from /predict, %i rows a request', async (count) => {
    const { rows, ids, scores } = take(count);
    const { status, json } = await server.post('/predict', { rows, ids });
    expect(status).toBe(200);
    const { model, predictions } = json as { model: string; predictions: Prediction[] };
    expect(model).toBe('orders');
    expect(predictions.map(({ id }) => id)).toEqual(ids);
    expectClose(scoresOf(predictions), scores);
  });

  test.each(REQUESTS)('come from the Open Inference Protocol, %i rows a request', async (count) => {
    const { rows, scores } = take(count);
    const inputs = trained.bundle.manifest.signature.inputs.map(({ name, column }) => {
      const datatypes = {
        string: 'BYTES',
        boolean: 'BOOL',
        integer: 'INT64',
        number: 'FP64',
        date: 'BYTES',
        timestamp: 'BYTES',
      };
      return { name, shape: [count, 1], datatype: datatypes[column], data: rows.map((row) => row[name]) };
    });
    const { status, json } = await server.post('/v2/models/orders/infer', { id: 'x', inputs });
    expect(status).toBe(200);
    const { id, outputs } = json as { id: string; outputs: { name: string; shape: number[]; data: (number | string)[] }[] };
    expect(id).toBe('x');
    const score = outputs.find(({ name }) => name === 'probabilities' || name === 'prediction')!;
    expect(score.shape).toEqual([count, scores.length / count]);
    expectClose(score.data as number[], scores);
    if (task !== 'regression') {
      const label = outputs.find(({ name }) => name === 'label')!;
      expect(label.shape).toEqual([count]);
      const { classes } = trained.bundle.manifest;
      const best = (row: number): string | undefined => {
        const own = scores.slice(row * classes.length, (row + 1) * classes.length);
        return classes[own.indexOf(Math.max(...own))];
      };
      expect(label.data).toEqual(rows.map((_, row) => best(row)));
    }
  });

  test.each(['dataframe_split', 'dataframe_records', 'instances', 'inputs', 'csv'])(
    'come from /invocations as %s',
    async (form) => {
      for (const count of REQUESTS) {
        const { rows, scores } = take(count);
        const names = Object.keys(rows[0]!);
        const bodies: Readonly<Record<string, unknown>> = {
          dataframe_split: { dataframe_split: { columns: names, data: rows.map((row) => names.map((name) => row[name])) } },
          dataframe_records: { dataframe_records: rows, params: { anything: 1 } },
          instances: { instances: rows.map((row) => Object.fromEntries(names.map((name) => [name, [row[name]]]))) },
          inputs: { inputs: Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])])) },
          csv: [names, ...rows.map((row) => names.map((name) => row[name]!))].map(csvLine).join(''),
        };
        const { status, json } = await server.post(
          '/invocations',
          bodies[form],
          form === 'csv' ? { 'content-type': 'text/csv' } : {},
        );
        expect(status).toBe(200);
        const { predictions } = json as { predictions: Prediction[] };
        expectClose(task === 'regression' ? (predictions as unknown as number[]) : scoresOf(predictions), scores);
      }
    },
  );
});
