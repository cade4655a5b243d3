import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { gbdt } from '../../../../shared/training/gbdt/gbdt.js';
import { inputOf, matrixOf, regression } from './matrices.js';

/** What golden/make-objectives.py stored of LightGBM. */
interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly objective: 'quantile' | 'poisson' | 'regression';
    readonly monotone?: readonly number[];
    readonly alpha?: number;
    readonly weighted: boolean;
    readonly params: Record<string, number>;
    readonly predictions: readonly number[];
  }[];
}

const read = (name: string): string => readFileSync(fileURLToPath(new URL(`golden/${name}`, import.meta.url)), 'utf8');
const rows = read('exact.csv')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',').map((cell) => (cell === '' ? Number.NaN : Number(cell))));
const golden = JSON.parse(read('objectives.json')) as Golden;

describe('the very predictions of LightGBM', () => {
  it.each(golden.cases)('$name', async ({ objective, alpha = 0, monotone, weighted, params, predictions }) => {
    const isPoisson = objective === 'poisson';
    const matrix = matrixOf(
      rows.map((row) => row.slice(3, isPoisson ? 5 : 7)),
      isPoisson ? {} : { 2: 20, 3: 3 },
    );
    const targets = rows.map((row) => (isPoisson ? Math.max(0, Math.floor(row[2]! / 10 + 0.5) + 1) : row[2]!));
    const model = await gbdt.train(
      inputOf(matrix, regression(targets), {
        params,
        ...(isPoisson && { objective: { name: 'poisson' } }),
        ...(objective === 'quantile' && { objective: { name: 'quantile', alpha } }),
        ...(monotone && { monotone: Int8Array.from(monotone) }),
        ...(weighted && { trainWeights: Float64Array.from(rows, (_, row) => (row % 3 === 0 ? 0.5 : 1)) }),
      }),
    );
    const { scores } = model.predict(matrix);
    predictions.forEach((value, row) => {
      expect(Math.abs(scores[row]! - value)).toBeLessThan(1e-5);
    });
  });
});
