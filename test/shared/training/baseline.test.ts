import { describe, expect, it } from 'vitest';
import { baseline } from '../../../shared/training/baseline.js';

const matrix = { rows: 4, columns: [{ name: 'x', values: Float32Array.of(1, 2, 3, 4) }] };
const common = { train: matrix, validation: { rows: 0, columns: [] }, params: {}, seed: 1, progress: () => {} };

describe('baseline', () => {
  it('gives the share of each class', async () => {
    const trainLabels = { task: 'multiclass' as const, classes: ['a', 'b', 'c'], values: Int32Array.of(0, 0, 1, 0) };
    const model = await baseline.train({ ...common, trainLabels, validationLabels: trainLabels });
    expect([...model.predict({ ...matrix, rows: 2 }).scores]).toEqual([0.75, 0.25, 0, 0.75, 0.25, 0]);
  });

  it('gives the weighted mean', async () => {
    const trainLabels = { task: 'regression' as const, values: Float64Array.of(1, 2, 3, 10) };
    const trainWeights = Float64Array.of(1, 1, 1, 0);
    const model = await baseline.train({ ...common, trainLabels, trainWeights, validationLabels: trainLabels });
    expect([...model.predict({ ...matrix, rows: 1 }).scores]).toEqual([2]);
    expect(model.iterations).toBe(1);
  });
});
