import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import type { Labels } from '../../../shared/data/table.js';
import { openModel } from '../../../shared/onnx/session.js';
import { type FitRequest, fitModel } from '../../../shared/training/fit.js';
import { type Cell, moment, schemaOf, tableOf } from '../features/tables.js';

const rows = 120;
const cells = <T extends Cell>(value: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => value(row));

/** Raw columns whose names are those of the outputs. */
const table = tableOf({
  label: ['string', cells((row) => ['north', 'south', null][row % 3]!)],
  probabilities: ['number', cells((row) => (row * 37) % 101)],
  prediction: ['boolean', cells((row) => row % 2 === 0)],
  at: ['timestamp', cells((row) => moment('2001-01-31T22:00:00Z') + BigInt(row) * 3_600_000_000n)],
});
const classes = ['no', 'yes'];
const binary: Labels = {
  task: 'binary',
  classes,
  values: Int32Array.from({ length: rows }, (_, row) => ((row * 37) % 101 > 50 ? 1 : 0)),
};

function request(change: Partial<FitRequest> = {}): FitRequest {
  return {
    name: 'clash',
    task: 'binary',
    algorithm: 'linear',
    params: {},
    seed: 42,
    schema: schemaOf(table),
    use: ['label', 'probabilities', 'prediction'],
    derive: [{ from: 'at', parts: ['hour', 'month'] }],
    train: { table, labels: binary },
    validation: { table, labels: binary },
    progress: () => {},
    ...change,
  };
}

describe('fitModel', () => {
  it('keeps raw columns that are named like outputs', async () => {
    const fitted = await fitModel(request());
    expect(fitted.signature.inputs.map(({ name, column, tensor }) => [name, column, tensor])).toEqual([
      ['label', 'string', 'string'],
      ['probabilities', 'number', 'float64'],
      ['prediction', 'boolean', 'float32'],
      ['at', 'timestamp', 'int64'],
    ]);
    expect(fitted.signature.outputs).toEqual([
      { name: 'label_1', tensor: 'string', shape: ['N'] },
      { name: 'probabilities_1', tensor: 'float32', shape: ['N', 2] },
    ]);
    const model = await openModel(fitted.model);
    const { scores } = await model.predict(table, { task: 'binary', classes });
    expect(model.signature.outputs).toEqual(fitted.signature.outputs);
    await model.close();
    const own = fitted.predict(table).scores;
    expect(Math.max(...scores.map((score, index) => Math.abs(score - own[index]!)))).toBeLessThan(1e-5);
  });

  it('labels rows with the likeliest class, and the first of equals', async () => {
    const even: Labels = { task: 'binary', classes, values: Int32Array.from({ length: rows }, (_, row) => row % 2) };
    const labelled = { table, labels: even };
    const fitted = await fitModel(request({ algorithm: 'baseline', train: labelled, validation: labelled }));
    expect([...fitted.predict(table).scores.slice(0, 2)]).toEqual([0.5, 0.5]);
    expect(await labelsOf(fitted.model)).toEqual(['no']);
    const surely = await fitModel(request());
    const { scores } = surely.predict(table);
    const expected = cells((row) => (scores[row * 2 + 1]! > 0.5 ? 'yes' : 'no'));
    expect(await labelsOf(surely.model, rows)).toEqual(expected);
  });

  it('leaves rows without a label out, and counts them', async () => {
    const values = binary.values.slice() as Int32Array;
    values.fill(-1, 0, 20);
    const validation = { table, labels: { ...binary, values: new Int32Array(rows).fill(-1) } as Labels };
    const fitted = await fitModel(request({ train: { table, labels: { ...binary, values } as Labels }, validation }));
    expect(fitted.dropped).toEqual({ train: 20, validation: rows });
    const total = fitted.importance.reduce((sum, item) => sum + item.importance, 0);
    expect(total).toBeCloseTo(1, 12);
    expect(fitted.importance[0]?.feature).toBe('probabilities');
  });

  it('weighs rows, whatever the mean of the weights', async () => {
    const share = async (yes: number, no: number): Promise<number> => {
      const weights = Float64Array.from(binary.values, (value) => (value === 1 ? yes : no));
      const labelled = { table, labels: binary, weights };
      return (await fitModel(request({ algorithm: 'baseline', train: labelled, validation: labelled }))).predict(table)
        .scores[1]!;
    };
    expect(await share(3, 1)).toBeCloseTo(await share(300, 100), 12);
    expect(await share(3, 1)).toBeGreaterThan(await share(1, 1));
    expect(await share(0, 1)).toBe(0);
  });

  it('says what is wrong with weights, labels and parameters', async () => {
    const labelled = (weight: number) => ({ table, labels: binary, weights: new Float64Array(rows).fill(weight) });
    await expect(fitModel(request({ train: labelled(-1) }))).rejects.toThrow(/row 1 of the train part weighs -1/);
    await expect(fitModel(request({ train: labelled(0) }))).rejects.toThrow(/all rows of the train part weigh 0/);
    await expect(fitModel(request({ params: { num_leaves: 3 } }))).rejects.toThrow(UserError);
    const none = { table, labels: { ...binary, values: new Int32Array(rows).fill(-1) } as Labels };
    await expect(fitModel(request({ train: none }))).rejects.toThrow(/no row of the train part has a label/);
  });
});

/** The texts of the label output. */
async function labelsOf(model: Uint8Array, count = 1): Promise<string[]> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(model);
  const column = <T>(name: string): T => table.columns.get(name) as T;
  const text = column<{ codes: Uint32Array; dictionary: string[] }>('label');
  const shape = [count, 1];
  const outputs = await session.run({
    label: new Tensor(
      'string',
      Array.from(text.codes.subarray(0, count), (code) => text.dictionary[code]!),
      shape,
    ),
    probabilities: new Tensor('float64', column<{ values: Float64Array }>('probabilities').values.slice(0, count), shape),
    prediction: new Tensor('float32', column<{ values: Float32Array }>('prediction').values.slice(0, count), shape),
    at: new Tensor('int64', column<{ values: BigInt64Array }>('at').values.slice(0, count), shape),
  });
  await session.release();
  return [...(outputs.label_1!.data as string[])];
}
