import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataLocation } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import type { Table } from '../../../shared/data/table.js';
import { alikeRows } from '../../../shared/onnx/alike-rows.js';
import { openModel, type PredictContext } from '../../../shared/onnx/session.js';
import { createGraph } from '../../../shared/onnx/write.js';
import { tableOf } from '../features/tables.js';

const golden = (name: string): string => fileURLToPath(new URL(`./golden/${name}`, import.meta.url));
const foreign = JSON.parse(await readFile(golden('foreign.json'), 'utf8')) as Record<
  'size' | 'age' | 'columns' | 'matrix' | 'regressor',
  number[]
> & { city: string[] };
const rows = tableOf({
  size: ['number', foreign.size],
  age: ['integer', foreign.age],
  city: ['string', foreign.city],
});

async function predict(source: Uint8Array | string, table: Table, context: PredictContext): Promise<number[]> {
  const model = await openModel(source, { chunkRows: 16 });
  try {
    return [...(await model.predict(table, context)).scores];
  } finally {
    await model.close();
  }
}

/** The one line that a user reads. */
async function lineOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toContain('\n');
  return message;
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) expect(found[index]).toBeCloseTo(value, 5);
}

/** A graph with one float output from the column x. */
function small(build?: (graph: ReturnType<typeof createGraph>, x: string) => string): Uint8Array {
  const graph = createGraph('small');
  const x = graph.input('x', 'float32');
  graph.output(build?.(graph, x) ?? graph.node('Neg', [x]), 'float32', ['N', 1]);
  return graph.toModel();
}

describe('models made elsewhere', () => {
  it('take one input a column', async () => {
    const model = await openModel(golden('columns.onnx'));
    expect(model.signature.inputs).toEqual([
      { name: 'size', column: 'number', tensor: 'float32' },
      { name: 'age', column: 'number', tensor: 'float32' },
      { name: 'city', column: 'string', tensor: 'string' },
    ]);
    await model.close();
    expectClose(
      await predict(golden('columns.onnx'), rows, { task: 'multiclass', classes: ['high', 'low', 'mid'] }),
      foreign.columns,
    );
  });

  it('take a single [N, F] input, with the columns in order', async () => {
    const context = { task: 'binary', classes: ['0', '1'], columns: ['size', 'age'] } as const;
    expectClose(await predict(golden('matrix.onnx'), rows, context), foreign.matrix);
    const named = { ...context, classes: ['no', 'yes'] };
    expectClose(await predict(golden('matrix.onnx'), rows, named), foreign.matrix);
    const value = { task: 'regression', classes: [], columns: ['size', 'age'] } as const;
    expectClose(await predict(golden('regressor.onnx'), rows, value), foreign.regressor);
  });

  it('notice classes in another order than the probabilities', async () => {
    const context = { task: 'multiclass', classes: ['low', 'mid', 'high'] } as const;
    expect(await lineOf(predict(golden('columns.onnx'), rows, context))).toMatch(/do not go together.*target\.classes/);
  });

  it('say what does not fit', async () => {
    const columns = ['size', 'age'];
    const binary = { task: 'binary', classes: ['0', '1'], columns } as const;
    expect(await lineOf(predict(golden('zipmap.onnx'), rows, binary))).toMatch(/list of maps.*"zipmap": False/);
    expect(await lineOf(predict(golden('matrix.onnx'), rows, { task: 'binary', classes: ['0', '1'] }))).toMatch(
      /features\.use/,
    );
    expect(await lineOf(predict(golden('matrix.onnx'), rows, { ...binary, columns: ['size'] }))).toMatch(
      /takes 2 columns, but features\.use names 1/,
    );
    expect(await lineOf(predict(golden('matrix.onnx'), rows, { ...binary, columns: ['size', 'city'] }))).toMatch(
      /"city" is of type string/,
    );
    const three = { task: 'multiclass', classes: ['a', 'b', 'c'], columns } as const;
    expect(await lineOf(predict(golden('matrix.onnx'), rows, three))).toMatch(
      /needs a float output \[N, 3\].*probabilities \[N, 2\]/,
    );
  });
});

describe('predict', () => {
  const value = { task: 'regression', classes: [] } as const;

  it('names every column that the data lacks', async () => {
    const context = { task: 'multiclass', classes: ['high', 'low', 'mid'] } as const;
    const table = tableOf({ age: ['number', [3]] });
    expect(await lineOf(predict(golden('columns.onnx'), table, context))).toMatch(
      /2 columns that the data does not have: size, city/,
    );
  });

  it('takes one probability of a binary model as that of the positive class', async () => {
    const table = tableOf({ x: ['number', [0.25, -1]] });
    const model = small((graph, x) => graph.node('Abs', [x]));
    expect(await predict(model, table, { task: 'binary', classes: ['no', 'yes'] })).toEqual([0.75, 0.25, 0, 1]);
  });

  it('scores no rows, one row and more rows than a chunk', async () => {
    for (const count of [0, 1, 16, 37]) {
      const cells = Array.from({ length: count }, (_, row) => row);
      expect(await predict(small(), tableOf({ x: ['integer', cells.map(BigInt)] }), value)).toEqual(cells.map((cell) => -cell));
    }
  });

  it('gives many rows, which it takes by their texts, the scores that they have among few', async () => {
    const cities = [...new Set(foreign.city)];
    const part = (start: number, end: number): Table => {
      const cells = Array.from({ length: end - start }, (_, at) => start + at);
      return tableOf({
        size: ['number', cells.map((row) => (row * 37) % 101)],
        age: ['integer', cells.map((row) => BigInt((row * 13) % 71))],
        city: ['string', cells.map((row) => cities[(row * 7 + Math.floor(row / 11)) % cities.length]!)],
      });
    };
    const context = { task: 'multiclass', classes: ['high', 'low', 'mid'] } as const;
    const count = 20_000;
    const apart = [];
    for (let start = 0; start < count; start += 5000)
      apart.push(...(await predict(golden('columns.onnx'), part(start, start + 5000), context)));
    expect(alikeRows(part(0, count), ['size', 'age', 'city'], 0, count)).toHaveLength(count);
    expect(await predict(golden('columns.onnx'), part(0, count), context)).toEqual(apart);
  });

  it('chooses among several outputs by name, else says that it cannot', async () => {
    const two = (name: string): Uint8Array => {
      const graph = createGraph('two');
      const x = graph.input('x', 'float32');
      graph.output(graph.node('Abs', [x], {}, { output: 'other' }), 'float32', ['N', 1]);
      graph.output(graph.node('Neg', [x], {}, { output: name }), 'float32', ['N', 1]);
      return graph.toModel();
    };
    const table = tableOf({ x: ['number', [2]] });
    expect(await predict(two('prediction'), table, value)).toEqual([-2]);
    expect(await lineOf(predict(two('another'), table, value))).toMatch(/several outputs.*other, another/);
  });

  it('fills whole-number inputs only with what they can hold', async () => {
    const graph = createGraph('whole');
    graph.output(graph.node('Cast', [graph.input('x', 'int64')], { to: { int: 1 } }), 'float32', ['N', 1]);
    const model = graph.toModel();
    expect(await predict(model, tableOf({ x: ['number', [3, null]] }), value)).toEqual([3, -(2 ** 63)]);
    expect(await lineOf(predict(model, tableOf({ x: ['number', [3, 2.5]] }), value))).toMatch(/"x", row 2: .*cannot hold 2\.5/);
    expect(await lineOf(predict(model, tableOf({ x: ['string', ['3']] }), value))).toMatch(
      /type string, but the model's input takes numbers/,
    );
  });

  it('refuses scores that are no probabilities, but for a rounding', async () => {
    const binary: PredictContext = { task: 'binary', classes: ['no', 'yes'] };
    const model = small((graph, x) => graph.node('Identity', [x]));
    expect(await lineOf(predict(model, tableOf({ x: ['number', [0.25, 3.5]] }), binary))).toMatch(
      /^the model's output "\w+" is −2\.5000 in row 2; probabilities are between 0 and 1: export .* not with a decision function or logits$/,
    );
    expect(await predict(model, tableOf({ x: ['number', [0.25, 1.000001]] }), binary)).toHaveLength(4);
    expect(await predict(model, tableOf({ x: ['number', [0.25, 3.5]] }), value)).toEqual([0.25, 3.5]);
  });

  it('says which rows a model fails on', async () => {
    const model = small((graph, x) => {
      const shape = graph.constant({ type: 'int64', shape: [2], values: [7n, 1n] });
      return graph.node('Reshape', [x, shape]);
    });
    const line = await lineOf(predict(model, tableOf({ x: ['number', [1, 2, 3]] }), value));
    expect(line).toMatch(/^the model fails on rows 1 to 3: /);
    expect(line).not.toMatch(/onnxruntime\/|\.cc|\.h:/);
  });
});

describe('openModel', () => {
  it('refuses what is no model, in one line', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'model-'));
    try {
      const path = join(directory, 'model.onnx');
      expect(await lineOf(openModel(path))).toMatch(/cannot be read/);
      for (const content of ['', 'a text that is no model\n', 'PK\u0003\u0004', '\u0008\u0008', small().slice(0, 60)]) {
        await writeFile(path, content);
        expect(await lineOf(openModel(path))).toMatch(/is not an ONNX model|cannot be loaded/);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('refuses operators that ONNX Runtime does not have', async () => {
    const model = small((graph, x) => graph.node('MyOperator', [x]));
    expect(await lineOf(openModel(model))).toMatch(/cannot be loaded by ONNX Runtime: .*MyOperator/);
  });

  it('refuses weights in other files', async () => {
    const model = fromBinary(
      ModelProtoSchema,
      small((graph, x) => graph.node('Mul', [x, graph.constant({ type: 'float32', shape: [1], values: [2] }, 'weight')])),
    );
    const [weight] = model.graph!.initializer;
    weight!.rawData = new Uint8Array();
    weight!.dataLocation = TensorProto_DataLocation.EXTERNAL;
    weight!.externalData = [
      create(ModelProtoSchema.field.metadataProps.message!, { key: 'location', value: '../../secret' }) as never,
    ];
    expect(await lineOf(openModel(toBinary(ModelProtoSchema, model)))).toMatch(/keeps the tensor "weight_1" in another file/);
  });

  it('refuses inputs that rows of a table cannot fill', async () => {
    const model = fromBinary(ModelProtoSchema, small());
    const type = model.graph!.input[0]!.type!.value;
    if (type.case === 'tensorType') type.value.elemType = 10;
    const node = model.graph!.output[0]!.type!.value;
    if (node.case === 'tensorType') node.value.elemType = 10;
    expect(await lineOf(openModel(toBinary(ModelProtoSchema, model)))).toMatch(/input "x" is float16; accepted are tensors of/);
  });
});
