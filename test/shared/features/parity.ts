import { expect } from 'vitest';
import type { Table } from '../../../shared/data/table.js';
import { selectRows } from '../../../shared/data/typed-columns.js';
import { buildMatrix } from '../../../shared/features/matrix.js';
import type { FeaturePlan } from '../../../shared/features/plan.js';
import { addFeatures } from '../../../shared/features/to-graph.js';
import { openModel } from '../../../shared/onnx/session.js';
import { createGraph } from '../../../shared/onnx/write.js';
import { schemaOf } from './tables.js';

const POSITION = 'position of the feature';

/** The features that ONNX Runtime computes of every row, row by row in one array. */
async function throughOnnx(plan: FeaturePlan, table: Table, chunkRows: number): Promise<Float32Array> {
  const width = plan.features.length;
  const graph = createGraph('features');
  const { features } = addFeatures(plan, schemaOf(table), graph);
  // A model gives one number a row: each row is asked once a feature, for the feature at a position.
  const score = graph.node('GatherElements', [features, graph.input(POSITION, 'int64')], { axis: { int: 1 } });
  graph.output(score, 'float32', ['N', 1]);
  const model = await openModel(graph.toModel(), { chunkRows });
  try {
    const asked = Uint32Array.from({ length: table.rows * width }, (_, at) => Math.floor(at / width));
    const columns = new Map([...table.columns].map(([name, column]) => [name, selectRows(column, asked)]));
    columns.set(POSITION, { type: 'integer', values: BigInt64Array.from(asked, (_, at) => BigInt(at % width)) });
    const { scores } = await model.predict({ rows: asked.length, columns }, { task: 'regression', classes: [] });
    return Float32Array.from(scores);
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
