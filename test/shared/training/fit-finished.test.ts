import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Labels, NumberColumn, StringColumn, Table } from '../../../shared/data/table.js';
import { computeMetric } from '../../../shared/evaluation/metrics.js';
import { openModel } from '../../../shared/onnx/session.js';
import type { Algorithm } from '../../../shared/spec/params.js';
import { crossValidate } from '../../../shared/training/cross-validation.js';
import type { FitRequest } from '../../../shared/training/fit.js';
import { type FinishOptions, fitFinished } from '../../../shared/training/fit-finished.js';
import { schemaOf, tableOf } from '../features/tables.js';

/** Rows whose class is rare and depends on a number and a category. */
function drawn(rows: number, seed: number, classes: readonly string[]): { table: Table; labels: Labels } {
  const random = new Random(seed);
  const x = Array.from({ length: rows }, () => (random.uniform() < 0.05 ? Number.NaN : random.normal()));
  const plan = Array.from({ length: rows }, () => ['basic', 'plus', 'pro'][random.integer(3)]!);
  const values = Int32Array.from(x, (value, row) => {
    const signal = (Number.isNaN(value) ? 1 : value) + { basic: 0, plus: 1, pro: -1 }[plan[row]!]! + random.normal();
    return signal > 2 ? classes.length - 1 : signal > 0 && classes.length > 2 ? 1 : 0;
  });
  const task = classes.length === 2 ? ('binary' as const) : ('multiclass' as const);
  return { table: tableOf({ x: ['number', x], plan: ['string', plan] }), labels: { task, classes: [...classes], values } };
}

const BINARY = ['no', 'yes'];
const MULTI = ['low', 'middle', 'high'];
const none = { table: tableOf({ x: ['number', []], plan: ['string', []] }) };

function requestOf(classes: readonly string[], algorithm: Algorithm = 'gbdt', change: Partial<FitRequest> = {}): FitRequest {
  const train = drawn(1200, 1, classes);
  return {
    name: 'finished',
    task: train.labels.task,
    algorithm,
    params: algorithm === 'gbdt' ? { num_iterations: 30, num_leaves: 15 } : {},
    seed: 42,
    schema: schemaOf(train.table),
    use: ['x', 'plan'],
    derive: undefined,
    train,
    validation: drawn(400, 2, classes),
    progress: () => {},
    ...change,
  };
}

const noPart = (classes: readonly string[]): FinishOptions['calibration'] => ({
  ...none,
  labels: { ...drawn(1, 1, classes).labels, values: new Int32Array(0) } as Labels,
});

async function throughOnnx(model: Uint8Array, table: Table, task: 'binary' | 'multiclass', classes: readonly string[]) {
  const opened = await openModel(model);
  try {
    return await opened.predict(table, { task, classes });
  } finally {
    await opened.close();
  }
}

describe('calibrated', () => {
  const cases = [BINARY, MULTI].flatMap((classes) =>
    (['gbdt', 'linear'] as const).flatMap((algorithm) =>
      (['isotonic', 'sigmoid'] as const).map((calibrate) => ({ classes, algorithm, calibrate, name: classes.join('/') })),
    ),
  );

  it.each(cases)(
    '$algorithm, $calibrate, $name: the graph says what the trainer says',
    async ({ classes, algorithm, calibrate }) => {
      const request = requestOf(classes, algorithm);
      const fitted = await fitFinished(request, { calibrate, calibration: drawn(800, 3, classes) });
      const test = drawn(2000, 4, classes);
      const own = fitted.predict(test.table);
      const scored = await throughOnnx(fitted.model, test.table, request.task as 'binary', classes);
      scored.scores.forEach((score, at) => {
        expect(Math.abs(score - own.scores[at]!)).toBeLessThan(1e-5);
      });
      expect(fitted.calibration).toEqual({ method: calibrate, rows: 800, source: 'split.calibration' });
      expect(fitted.params.calibrate).toBe(calibrate);
      expect(fitted.crossValidation).toBeUndefined();
    },
  );

  it('mends what class weights bend: the mean probability is the share of the class again', async () => {
    const request = requestOf(BINARY, 'gbdt', { classWeight: 'balanced' });
    const test = drawn(3000, 4, BINARY);
    const meanOf = (scores: Float64Array): number => scores.reduce((sum, value, at) => sum + (at % 2) * value, 0) / 3000;
    const share = test.labels.values.filter((value) => value === 1).length / 3000;
    const bent = await fitFinished(request, { calibration: noPart(BINARY) });
    expect(meanOf(bent.predict(test.table).scores)).toBeGreaterThan(share + 0.1);
    for (const calibrate of ['isotonic', 'sigmoid'] as const) {
      const mended = await fitFinished(request, { calibrate, calibration: noPart(BINARY) });
      expect(meanOf(mended.predict(test.table).scores)).toBeCloseTo(share, 1);
      expect(mended.calibration).toMatchObject({ rows: 1200, source: 'out-of-fold predictions' });
    }
  });
});

describe('the threshold', () => {
  it('is chosen on the calibration part, and the label of the graph follows it', async () => {
    const calibration = drawn(800, 3, BINARY);
    const fitted = await fitFinished(requestOf(BINARY), { threshold: { metric: 'f1' }, calibration });
    const { value, reached, rows, source } = fitted.threshold!;
    expect({ rows, source }).toEqual({ rows: 800, source: 'split.calibration' });
    expect(value).toBeLessThan(0.5);
    const options = { threshold: value };
    expect(reached).toBeCloseTo(computeMetric('f1', calibration.labels, fitted.predict(calibration.table), options), 12);
    const test = drawn(3000, 4, BINARY);
    const predictions = fitted.predict(test.table);
    expect(computeMetric('f1', test.labels, predictions, options)).toBeGreaterThan(
      computeMetric('f1', test.labels, predictions),
    );
    expect(await labelsOf(fitted.model, test.table)).toEqual(
      Array.from({ length: 3000 }, (_, row) => BINARY[predictions.scores[2 * row + 1]! >= value ? 1 : 0]),
    );
  });

  it('is chosen on the calibrated probabilities, where both are asked for', async () => {
    const fitted = await fitFinished(requestOf(BINARY), {
      calibrate: 'isotonic',
      threshold: { metric: 'balanced_accuracy' },
      calibration: noPart(BINARY),
    });
    // Balanced accuracy is best near the share of the class, once probabilities are right.
    expect(fitted.threshold!.value).toBeLessThan(0.3);
    expect(fitted.threshold).toMatchObject({ metric: 'balanced_accuracy', rows: 1200, source: 'out-of-fold predictions' });
  });

  it('needs rows to choose on', async () => {
    const few = fitFinished(requestOf(BINARY), { threshold: { metric: 'f1' }, calibration: drawn(30, 3, BINARY) });
    await expect(few).rejects.toThrow(/train\.threshold needs at least 50 labelled rows .* the calibration part has 30/);
  });
});

describe('cross-validation', () => {
  it('leaves the model as it is, and says mean and sd of the folds', async () => {
    const request = requestOf(BINARY);
    const plain = await fitFinished(request, { calibration: noPart(BINARY) });
    const validated = await fitFinished(request, {
      crossValidation: { folds: 4, metrics: ['auc', 'log_loss'] },
      calibration: noPart(BINARY),
    });
    expect(Buffer.from(validated.model).equals(Buffer.from(plain.model))).toBe(true);
    const { folds, rows, metrics } = validated.crossValidation!;
    expect({ folds, rows, names: metrics.map(({ name }) => name) }).toEqual({
      folds: 4,
      rows: 1200,
      names: ['auc', 'log_loss'],
    });
    for (const { values, mean, sd } of metrics) {
      const own = values as number[];
      expect(own).toHaveLength(4);
      expect(mean).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / 4, 12);
      expect(sd).toBeCloseTo(Math.sqrt(own.reduce((sum, value) => sum + (value - mean!) ** 2, 0) / 3), 12);
    }
    expect(metrics[0]!.mean).toBeGreaterThan(0.75);
  });

  it('predicts every row by a model that has not seen it: nothing is learnt of pure chance', async () => {
    const { table, labels } = drawn(400, 5, BINARY);
    const random = new Random(6);
    const chance = { ...labels, values: labels.values.map(() => random.integer(2)) } as Labels;
    const request = requestOf(BINARY, 'gbdt', {
      train: { table, labels: chance },
      params: { num_iterations: 40, min_data_in_leaf: 1, early_stopping_round: 0 },
    });
    const seen = (await fitFinished(request, { calibration: noPart(BINARY) })).predict(table);
    const { predictions } = await crossValidate(request, { folds: 5, metrics: [] });
    expect(computeMetric('auc', chance, seen)).toBeGreaterThan(0.9);
    expect(Math.abs(computeMetric('auc', chance, predictions) - 0.5)).toBeLessThan(0.1);
  });

  it('does not depend on the number of threads', async () => {
    const of = async (threads: number) =>
      (await crossValidate({ ...requestOf(MULTI), threads }, { folds: 3, metrics: ['log_loss'] })).predictions.scores;
    expect(await of(1)).toEqual(await of(2));
  });
});

/** The texts of the label output. */
async function labelsOf(model: Uint8Array, table: Table): Promise<string[]> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(model);
  const { codes, dictionary } = table.columns.get('plan') as StringColumn;
  const { values } = table.columns.get('x') as NumberColumn;
  const shape = [table.rows, 1];
  const outputs = await session.run({
    x: new Tensor('float64', values, shape),
    plan: new Tensor(
      'string',
      Array.from(codes, (code) => dictionary[code]!),
      shape,
    ),
  });
  await session.release();
  return [...(outputs.label!.data as string[])];
}
