import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../shared/data/duckdb.js';
import { writePredictions } from '../../../shared/data/parquet.js';
import { literal } from '../../../shared/data/sql.js';
import type { Labels } from '../../../shared/data/table.js';
import { cleanUp, workspace } from './workspace.js';

cleanUp();

async function readBack(file: string): Promise<{ names: string[]; rows: unknown[][] }> {
  const { connection, close } = await openDatabase();
  const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet(${literal(file)})`);
  const found = { names: reader.columnNames(), rows: reader.getRowsJS() };
  close();
  return found;
}

describe('predictions.parquet', () => {
  it('holds id, label and a score a class', async () => {
    const file = join(workspace(), "it's.parquet");
    const labels: Labels = { task: 'multiclass', classes: ['a', 'b "x"', 'c'], values: Int32Array.of(2, -1) };
    const scores = Float64Array.of(0.1, 0.2, 0.7, 0.3, 0.3, 0.4);
    await writePredictions(file, { ids: ['r1', 'r2'], labels, predictions: { rows: 2, scores }, classes: labels.classes });
    expect(await readBack(file)).toEqual({
      names: ['id', 'label', 'score_a', 'score_b "x"', 'score_c'],
      rows: [
        ['r1', 'c', 0.1, 0.2, 0.7],
        ['r2', null, 0.3, 0.3, 0.4],
      ],
    });
  });

  it('numbers the scores of classes that differ in case only', async () => {
    const file = join(workspace(), 'p.parquet');
    const labels: Labels = { task: 'binary', classes: ['A', 'a'], values: Int32Array.of(1) };
    await writePredictions(file, {
      ids: ['1'],
      labels,
      predictions: { rows: 1, scores: Float64Array.of(0.5, 0.5) },
      classes: ['A', 'a'],
    });
    expect((await readBack(file)).names).toEqual(['id', 'label', 'score_0', 'score_1']);
  });

  it('holds the value of a regression', async () => {
    const file = join(workspace(), 'p.parquet');
    const labels: Labels = { task: 'regression', values: Float64Array.of(1.5, Number.NaN) };
    await writePredictions(file, {
      ids: ['1', '2'],
      labels,
      predictions: { rows: 2, scores: Float64Array.of(1, 2) },
      classes: [],
    });
    expect(await readBack(file)).toEqual({
      names: ['id', 'label', 'prediction'],
      rows: [
        ['1', 1.5, 1],
        ['2', null, 2],
      ],
    });
  });

  it('has the same bytes for the same rows, over many blocks', async () => {
    const directory = workspace();
    const rows = 130_000;
    const ids = Array.from({ length: rows }, (_, row) => `row-${row}`);
    const labels: Labels = { task: 'regression', values: Float64Array.from(ids, (_, row) => row) };
    const predictions = { rows, scores: Float64Array.from(ids, (_, row) => row / 7) };
    const files = ['a.parquet', 'b.parquet'].map((name) => join(directory, name));
    for (const file of files) await writePredictions(file, { ids, labels, predictions, classes: [] });
    expect(readFileSync(files[0]!).equals(readFileSync(files[1]!))).toBe(true);
    const back = await readBack(files[0]!);
    expect(back.rows.length).toBe(rows);
    expect(back.rows[129_999]).toEqual(['row-129999', 129_999, 129_999 / 7]);
  });

  it('refuses rows that do not fit together', async () => {
    const labels: Labels = { task: 'regression', values: Float64Array.of(1) };
    const request = { ids: ['1', '2'], labels, predictions: { rows: 2, scores: Float64Array.of(1, 2) }, classes: [] };
    await expect(writePredictions(join(workspace(), 'p.parquet'), request)).rejects.toThrow(/2 ids, 1 labels/);
  });
});
