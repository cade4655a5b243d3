import { expect } from 'vitest';
import type { Table } from '../../../shared/data/table.js';
import { buildMatrix } from '../../../shared/features/matrix.js';
import type { FeaturePlan } from '../../../shared/features/plan.js';
import { addFeatures } from '../../../shared/features/to-graph.js';
import { openModel } from '../../../shared/onnx/session.js';
import { createGraph } from '../../../shared/onnx/write.js';
import { schemaOf } from './tables.js';

/** The features that ONNX Runtime computes of every row, row by row in one array. */
async function throughOnnx(plan: FeaturePlan, table: Table, chunkRows: number): Promise<Float32Array> {
  const graph = createGraph('features');
  const { features } = addFeatures(plan, schemaOf(table), graph);
  graph.output(features, 'float32', ['N', plan.features.length]);
  const model = await openModel(graph.toModel(), { chunkRows });
  try {
    // Features stand in for the scores of as many classes: nothing between the graph and the test touches them.
    const width = plan.features.length;
    if (width === 1) return Float32Array.from((await model.predict(table, { task: 'regression', classes: [] })).scores);
    const classes = Array.from({ length: width }, (_, index) => String(index));
    return Float32Array.from((await model.predict(table, { task: 'multiclass', classes })).scores);
  } finally {
    await model.close();
  }
}

/** What the graph computes of every row is the matrix, bit for bit. */
export async function expectSameBits(plan: FeaturePlan, table: Table, chunkRows = 2048): Promise<void> {
  const scored = await throughOnnx(plan, table, chunkRows);
  const { columns } = buildMatrix(plan, table);
  for (const [position, column] of columns.entries()) {
    const graphValues = column.values.map((_, row) => scored[row * columns.length + position]!);
    expect([plan.features[position]!.name, ...graphValues]).toEqual([plan.features[position]!.name, ...column.values]);
  }
}
