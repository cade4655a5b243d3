import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import type { Labels, Table } from '../../../../shared/data/table.js';
import { openModel } from '../../../../shared/onnx/session.js';
import { type FitRequest, type FittedModel, fitModel } from '../../../../shared/training/fit.js';
import type { LabelledRows } from '../../../../shared/training/labelled.js';
import type { SelectOptions } from '../../../../shared/training/selection/select.js';
import { schemaOf, tableOf } from '../../features/tables.js';

/** Two signals, one of them twice and once nearly, a constant, and noise. */
function made(rows: number, seed: number, noise = 3): LabelledRows {
  const random = new Random(seed);
  const draw = (): number[] => Array.from({ length: rows }, () => random.normal());
  const [strong, weak, wobble, luck] = [draw(), draw(), draw(), draw()];
  const columns = Object.fromEntries(
    Array.from({ length: noise }, (_, index) => [`noise${index}`, ['number', draw()] as const]),
  );
  const table: Table = tableOf({
    ...columns,
    constant: ['integer', strong.map(() => 4n)],
    weak: ['number', weak],
    strong: ['number', strong],
    twin: ['number', strong],
    near: ['number', strong.map((value, row) => value + 0.1 * wobble[row]!)],
  });
  const values = Int32Array.from(strong, (value, row) => (3 * value + weak[row]! + luck[row]! > 0 ? 1 : 0));
  const labels: Labels = { task: 'binary', classes: ['no', 'yes'], values };
  return { table, labels };
}

function choose(select: SelectOptions, change: Partial<FitRequest> = {}): Promise<FittedModel> {
  const train = change.train ?? made(1500, 1);
  return fitModel({
    ...{ name: 'choice', task: 'binary', algorithm: 'gbdt', seed: 42, derive: undefined, progress: () => {} },
    params: { num_iterations: 40, num_leaves: 7 },
    schema: schemaOf(train.table),
    use: [...train.table.columns.keys()],
    train,
    validation: made(700, 2),
    select,
    ...change,
  });
}

const names = (fitted: FittedModel): string[] => fitted.plan.features.map(({ name }) => name);

describe('features.select', () => {
  it('by itself drops what is constant or a duplicate, and says what that cost', async () => {
    const fitted = await choose({});
    expect(fitted.selection).toMatchObject({
      ...{ method: 'gain', offered: 8 },
      dropped: [
        { feature: 'constant', reason: 'constant' },
        { feature: 'twin', reason: 'duplicate', of: 'strong' },
      ],
    });
    const { all, kept } = fitted.selection!.validation!;
    expect(Math.abs(all - kept)).toBeLessThan(0.02);
    expect(names(fitted)).toEqual(['noise0', 'noise1', 'noise2', 'weak', 'strong', 'near']);
    expect(fitted.signature.inputs.map(({ name }) => name)).toEqual(names(fitted));
  });

  it('correlation_max keeps the more important of two', async () => {
    const { dropped } = (await choose({ correlation_max: 0.9 })).selection!;
    expect(dropped.map(({ feature }) => feature)).toEqual(['constant', 'twin', 'near']);
    expect(dropped[2]).toMatchObject({ reason: 'correlated', of: 'strong' });
  });

  it.each(['gain', 'permutation'] as const)('max keeps the most important, by %s', async (method) => {
    const fitted = await choose({ max: 2, correlation_max: 0.9, method });
    expect(names(fitted)).toEqual(['weak', 'strong']);
    expect(fitted.selection!.dropped.filter(({ reason }) => reason === 'count').map(({ feature }) => feature)).toEqual([
      ...['noise0', 'noise1', 'noise2'],
    ]);
    expect(fitted.selection!.kept!.map(({ feature }) => feature)).toEqual(['strong', 'weak']);
    const { metric, all, kept } = fitted.selection!.validation!;
    expect(metric).toBe('log_loss');
    expect(kept).toBeLessThan(all + 0.01);
  });

  it('min_importance drops smaller shares, and the best always stays', async () => {
    const fitted = await choose({ min_importance: 0.1, correlation_max: 0.9, method: 'permutation' });
    expect(names(fitted)).toEqual(['weak', 'strong']);
    const rest = fitted.selection!.dropped.filter(({ reason }) => reason === 'importance');
    expect(rest.length).toBe(3);
    for (const { value } of rest) expect(value).toBeLessThan(0.1);
    const best = await choose({ min_importance: 1, correlation_max: 0.9 });
    expect(names(best)).toEqual(['strong']);
    expect(best.selection!.spared).toMatchObject({ feature: 'strong', reason: 'importance' });
  });

  it('a method by itself drops nothing for its importance, and tells it', async () => {
    const { kept, dropped } = (await choose({ method: 'permutation' })).selection!;
    expect(dropped.map(({ reason }) => reason)).toEqual(['constant', 'duplicate']);
    expect(kept!.slice(0, 2).map(({ feature }) => feature)).toEqual(['strong', 'weak']);
    expect(kept!.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(1, 9);
  });

  it('null_importance keeps signals and drops noise', async () => {
    const fitted = await choose(
      { method: 'null_importance', correlation_max: 0.9 },
      { params: { num_iterations: 20, num_leaves: 7 } },
    );
    expect(names(fitted)).toContain('strong');
    expect(names(fitted)).toContain('weak');
    expect(fitted.selection!.dropped.filter(({ reason }) => reason === 'chance').length).toBeGreaterThanOrEqual(2);
  });

  it('null_importance says of noise alone that none of it passes', async () => {
    const random = new Random(3);
    const draw = (): number[] => Array.from({ length: 300 }, () => random.normal());
    const table = tableOf({ a: ['number', draw()], b: ['number', draw()], c: ['number', draw()] });
    const rows: LabelledRows = { table, labels: { task: 'regression', values: Float64Array.from(draw()) } };
    const fitted = await choose(
      { method: 'null_importance' },
      { train: rows, validation: rows, task: 'regression', params: { num_iterations: 20, num_leaves: 7 } },
    );
    expect(names(fitted)).toHaveLength(1);
    expect(fitted.selection!.spared).toMatchObject({ feature: names(fitted)[0], reason: 'chance' });
    expect(fitted.selection!.dropped.map(({ feature }) => feature)).not.toContain(names(fitted)[0]);
  });

  it('gives the same bytes again, and a graph that scores as the trainer does', async () => {
    const [first, again] = [await choose({ max: 3, method: 'permutation' }), await choose({ max: 3, method: 'permutation' })];
    expect(Buffer.compare(first.model, again.model)).toBe(0);
    const { table } = made(300, 5);
    const model = await openModel(first.model);
    const { scores } = await model.predict(table, { task: 'binary', classes: first.classes });
    await model.close();
    const own = first.predict(table).scores;
    expect(Math.max(...scores.map((score, index) => Math.abs(score - own[index]!)))).toBeLessThan(1e-5);
  });

  it('keeps one feature when all are constant or none matters', async () => {
    const table = tableOf({ a: ['number', [1, 1, 1, 1]], b: ['number', [2, 2, 2, 2]] });
    const rows: LabelledRows = { table, labels: { task: 'regression', values: Float64Array.of(1, 2, 3, 4) } };
    const fitted = await choose(
      { max: 1 },
      { train: rows, validation: rows, task: 'regression', algorithm: 'linear', params: {} },
    );
    expect(names(fitted)).toEqual(['a']);
    expect(fitted.selection!.dropped).toEqual([{ feature: 'b', reason: 'constant' }]);
    expect(fitted.selection!.spared).toEqual({ feature: 'a', reason: 'constant' });
    expect(names(await choose({ min_importance: 0.5 }, { algorithm: 'baseline', params: {} }))).toEqual(['noise0']);
  });

  it('has no cost to tell without validation rows, where permutation has nothing to go by', async () => {
    const { table, labels } = made(0, 1);
    const none = { validation: { table, labels }, algorithm: 'baseline', params: {} } as const;
    expect((await choose({}, none)).selection!.validation).toBeUndefined();
    await expect(choose({ method: 'permutation', max: 1 }, none)).rejects.toThrow(/permutation needs validation rows/);
  });
});
