import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BATCH_ROWS, type CostlyModel, measureCosts } from '../../../shared/evaluation/cost.js';
import { measuresOf } from '../../../shared/evaluation/measures.js';
import { measureMemory } from '../../../shared/onnx/memory.js';
import { createGraph } from '../../../shared/onnx/write.js';
import { tableOf } from '../features/tables.js';

const QUICK = { rowBudgetMs: 200, batchBudgetMs: 100 };
const foreign = fileURLToPath(new URL('../onnx/golden/columns.onnx', import.meta.url));
const { city: cities } = JSON.parse(await readFile(foreign.replace('columns.onnx', 'foreign.json'), 'utf8')) as {
  city: string[];
};
const x = tableOf({ x: ['number', Array.from({ length: 600 }, (_, row) => row)] });

/** Multiplies a row with a vector and adds up: a batch of n rows takes n times the width times 4 bytes. */
function wide(width: number, constants = width): Uint8Array {
  const graph = createGraph('wide');
  const input = graph.input('x', 'float32');
  const vector = graph.constant({
    type: 'float32',
    shape: [1, width],
    values: Array.from({ length: width }, (_, at) => at / 7),
  });
  const idle = graph.constant({
    type: 'float32',
    shape: [1, constants],
    values: Array.from({ length: constants }, (_, at) => at),
  });
  const axis = graph.constant({ type: 'int64', shape: [1], values: [1n] });
  const sum = graph.node('ReduceSum', [graph.node('Mul', [input, vector]), axis]);
  const rest = graph.node('ReduceMax', [graph.node('Mul', [graph.node('ReduceMin', [input]), idle]), axis]);
  graph.output(graph.node('Add', [sum, rest]), 'float32', ['N', 1]);
  return graph.toModel();
}

describe('the cost of models', () => {
  it('is a row, a batch and memory of each; more for the one that does more', async () => {
    const models: CostlyModel[] = [wide(20_000), wide(10)].map((model) => ({ model, table: x }));
    const [heavy, light] = await measureCosts(models, QUICK);
    for (const { latency } of [heavy!, light!]) {
      expect(latency.p99Ms).toBeGreaterThanOrEqual(latency.p50Ms);
      expect(latency.p50Ms).toBeGreaterThan(0);
      expect(latency.batch.rows).toBe(256);
      expect(latency.batch.p99Ms).toBeGreaterThanOrEqual(latency.batch.p50Ms);
    }
    // The numbers of a batch of the heavy one: 256 rows of 20,000 floats are 20.5 MB.
    expect(heavy!.latency.batch.p50Ms).toBeGreaterThan(2 * heavy!.latency.p50Ms);
    expect(heavy!.latency.batch.p50Ms).toBeGreaterThan(2 * light!.latency.batch.p50Ms);
    expect(heavy!.memoryBytes).toBeGreaterThan(20e6);
    expect(light!.memoryBytes).toBeLessThan(10e6);
  });

  it('is measured of fewer rows than a batch has, with texts', async () => {
    const table = tableOf({
      size: ['number', [1, 2, 3]],
      age: ['integer', [30, 40, 50]],
      city: ['string', cities.slice(0, 3)],
    });
    const [cost] = await measureCosts([{ model: foreign, table }], QUICK);
    expect(cost!.latency.batch).toMatchObject({ rows: BATCH_ROWS, p50Ms: expect.any(Number) });
    expect(cost!.memoryBytes).toBeGreaterThan(0);
    expect(cost!.memoryBytes).toBeLessThan(20e6);
  });

  it('is that of a model that fails: its error', async () => {
    const table = tableOf({ y: ['number', [1]] });
    await expect(measureCosts([{ model: wide(3), table }], QUICK)).rejects.toThrow('a column that the data does not have: x');
  });
});

describe('what gates may ask', () => {
  const latency = { p50Ms: 1, p99Ms: 2, batch: { rows: 256, p50Ms: 3, p99Ms: 4 } };
  const times = { latency_p50_ms: 1, latency_p99_ms: 2, latency_batch_p50_ms: 3, latency_batch_p99_ms: 4 };

  it('is what was measured, in megabytes', () => {
    expect(measuresOf({ latency, memoryBytes: 5e6 }, 6e6)).toEqual({ ...times, memory_mb: 5, size_mb: 6 });
    expect(measuresOf({ latency }, 0)).toEqual(times);
    expect(measuresOf(undefined, 6e6)).toEqual({ size_mb: 6 });
  });
});

describe('memory', () => {
  it('counts the parameters too, from bytes as from a file', async () => {
    const large = await measureMemory(wide(10, 1_000_000), x);
    // 4 MB as the file has them.
    expect(large).toBeGreaterThan(4e6);
    expect(await measureMemory(await readFile(foreign), x)).toBe(undefined);
  });

  it('is unknown where the process takes too long', async () => {
    expect(await measureMemory(wide(10), x, { limitMs: 1 })).toBe(undefined);
  });
});
