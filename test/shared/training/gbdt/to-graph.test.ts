import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import type { Labels } from '../../../../shared/data/table.js';
import type { Matrix } from '../../../../shared/features/plan.js';
import { createGraph } from '../../../../shared/onnx/write.js';
import { scoreRows } from '../../../../shared/training/gbdt/ensemble-scores.js';
import { gbdt } from '../../../../shared/training/gbdt/gbdt.js';
import { addEnsemble } from '../../../../shared/training/gbdt/to-graph.js';
import type { TrainedModel } from '../../../../shared/training/trainer.js';
import { binary, inputOf, matrixOf, mixedMatrix, mixedSignal, multiclass, regression } from './matrices.js';
import { randomTree } from './random-tree.js';

/** Runs what `build` adds behind one float32 column a feature. */
async function runGraph(
  matrix: Matrix,
  build: (graph: ReturnType<typeof createGraph>, features: string) => string,
): Promise<Float32Array> {
  const graph = createGraph('test');
  const columns = matrix.columns.map((column) => graph.input(column.name, 'float32'));
  const features = graph.node('Concat', columns, { axis: { int: 1 } });
  graph.output(build(graph, features), 'float32', ['N', 'N']);
  const session = await InferenceSession.create(graph.toModel(), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds = Object.fromEntries(
    matrix.columns.map((column) => [column.name, new Tensor('float32', column.values, [matrix.rows, 1])]),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.values(results)[0]!.data as Float32Array;
}

async function largestGap(model: TrainedModel, matrix: Matrix): Promise<number> {
  const ours = model.predict(matrix).scores;
  const theirs = await runGraph(matrix, (graph, features) => model.toGraph(graph, features));
  expect(theirs.length).toBe(ours.length);
  let gap = 0;
  for (let at = 0; at < ours.length; at++)
    gap = Math.max(gap, Math.abs(ours[at]! - theirs[at]!) / Math.max(1, Math.abs(ours[at]!)));
  return gap;
}

const EDGE = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  1e-45,
];

describe('addEnsemble', () => {
  it('scores random trees as the trainer does, with NaN, infinities, thresholds at values and unseen categories', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 1, max: 2 }),
        async (seed, leaves, outputs) => {
          const random = new Random(seed);
          const rounds = Array.from({ length: 3 }, () => Array.from({ length: outputs }, () => randomTree(random, leaves)));
          const rows: number[][] = EDGE.map((value) => [value, random.integer(200)]);
          for (const category of [Number.NaN, 199, 0, 31, 32, 33, 5000]) rows.push([random.normal(), category]);
          for (let row = 0; row < 300; row++) {
            rows.push([
              random.uniform() < 0.3 ? 0.25 : random.normal(),
              random.uniform() < 0.1 ? Number.NaN : random.integer(200),
            ]);
          }
          const matrix = matrixOf(rows, { 1: 200 });
          const base = Float64Array.from({ length: outputs }, () => Math.fround(random.normal()));
          const scores = scoreRows({ base, rounds }, matrix);
          const found = await runGraph(matrix, (graph, features) => addEnsemble(graph, features, { base, rounds }));
          for (let row = 0; row < matrix.rows; row++) {
            for (let output = 0; output < outputs; output++) {
              expect(Math.abs(found[row * outputs + output]! - scores[output]![row]!), `row ${row}: ${rows[row]}`).toBeLessThan(
                1e-5,
              );
            }
          }
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  });

  it('writes an ensemble without trees as its base score', async () => {
    const matrix = matrixOf([[1], [Number.NaN]]);
    const found = await runGraph(matrix, (graph, features) =>
      addEnsemble(graph, features, { base: Float64Array.of(0.5, -2), rounds: [] }),
    );
    expect([...found]).toEqual([0.5, -2, 0.5, -2]);
  });
});

describe('toGraph of a trained model', () => {
  const train = mixedMatrix(2000, 1);
  const signal = mixedSignal(train, 1);
  const tasks: [string, Labels][] = [
    ['binary', binary(Array.from(signal, (value) => (value > 0.5 ? 1 : 0)))],
    ['multiclass', multiclass(Array.from(signal, (value) => (value > 1 ? 2 : value > -1 ? 1 : 0)))],
    ['regression', regression(Array.from(signal, (value) => 4000 + 500 * value))],
  ];

  it.each(tasks)('%s: equals the trainer on new rows, unseen categories and extreme values', async (_, labels) => {
    const model = await gbdt.train(inputOf(train, labels, { params: { min_data_per_group: 5, cat_smooth: 1 } }));
    const rows = mixedMatrix(1000, 2);
    const [first, , , , , large] = rows.columns.map((column) => column.values);
    EDGE.forEach((value, row) => {
      first![row] = value;
      large![row] = 59;
    });
    // Values that stand exactly at training values.
    for (let row = 100; row < 400; row++) first![row] = train.columns[0]!.values[row]!;
    expect(await largestGap(model, rows)).toBeLessThan(1e-5);
  });
});
