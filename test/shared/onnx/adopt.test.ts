import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType as AttributeType, TensorProto_DataType as DataType, ModelProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import type { ColumnSchema, Table } from '../../../shared/data/table.js';
import { adoptModel } from '../../../shared/onnx/adopt.js';
import { openModel } from '../../../shared/onnx/session.js';

/** As far as the tests say it; the rest is empty. */
interface Graph {
  readonly input: readonly object[];
  readonly node: readonly object[];
  readonly initializer?: readonly object[];
  readonly output: readonly object[];
}

const text = (value: string) => new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>;
const node = (opType: string, input: string[], output: string[], more: object = {}) => ({ opType, input, output, ...more });
const floats = (name: string, dims: number[], floatData: number[]) => ({
  ...{ name, floatData, dataType: DataType.FLOAT },
  dims: dims.map(BigInt),
});
const value = (name: string, elemType: DataType, shape: (string | number)[]) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType,
        shape: {
          dim: shape.map((size) =>
            typeof size === 'string'
              ? { value: { case: 'dimParam' as const, value: size } }
              : { value: { case: 'dimValue' as const, value: BigInt(size) } },
          ),
        },
      },
    },
  },
});

/** A file as another tool writes it: old opsets, old IR. */
function model(graph: Graph): Uint8Array {
  const opsetImport = [
    { domain: '', version: 12n },
    { domain: 'ai.onnx.ml', version: 1n },
  ];
  const content = { irVersion: 7n, opsetImport, graph: { name: 'g', ...graph } };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, content as MessageInitShape<typeof ModelProtoSchema>));
}

const COLUMNS: readonly ColumnSchema[] = [
  { name: 'a', type: 'number' },
  { name: 'b (mm)', type: 'integer' },
];
const rows: Table = {
  rows: 3,
  columns: new Map([
    ['a', { type: 'number', values: Float64Array.of(0, 2, -1) }],
    ['b (mm)', { type: 'integer', values: BigInt64Array.of(1n, 0n, 3n) }],
  ]),
};
const request = (more: Partial<Parameters<typeof adoptModel>[1]> = {}) => ({
  ...{
    what: 'model.onnx',
    name: 'm',
    columns: COLUMNS,
    rows,
    named: { columns: 'features.use', classes: 'give target.classes' },
  },
  ...({ task: 'binary', classes: ['no', 'yes'] } as const),
  ...more,
});

/** Scores [a, b] of every row as they are; with labels as skl2onnx makes them: by the index of the largest. */
const scores = (names: readonly string[] | readonly number[], { zipMap = false } = {}): Uint8Array => {
  const isText = typeof names[0] === 'string';
  const classes = isText
    ? { name: 'classes', dataType: DataType.STRING, dims: [2n], stringData: names.map((name) => text(String(name))) }
    : { name: 'classes', dataType: DataType.INT64, dims: [2n], int64Data: names.map((name) => BigInt(name)) };
  const keys = isText
    ? { name: 'classlabels_strings', type: AttributeType.STRINGS, strings: names.map((name) => text(String(name))) }
    : { name: 'classlabels_int64s', type: AttributeType.INTS, ints: names.map((name) => BigInt(name)) };
  return model({
    input: [value('X', DataType.FLOAT, ['N', 2])],
    initializer: [classes],
    node: [
      node('Softmax', ['X'], ['probabilities'], {
        attribute: [{ name: 'axis', type: AttributeType.INT, i: 1n }],
      }),
      node('ArgMax', ['probabilities'], ['best'], {
        attribute: [
          { name: 'axis', type: AttributeType.INT, i: 1n },
          { name: 'keepdims', type: AttributeType.INT, i: 0n },
        ],
      }),
      node('ArrayFeatureExtractor', ['classes', 'best'], ['row'], { domain: 'ai.onnx.ml' }),
      node('Reshape', ['row', 'flat'], ['label']),
      node('Constant', [], ['flat'], {
        attribute: [
          { name: 'value', type: AttributeType.TENSOR, t: { dataType: DataType.INT64, dims: [1n], int64Data: [-1n] } },
        ],
      }),
      ...(zipMap ? [node('ZipMap', ['probabilities'], ['map'], { domain: 'ai.onnx.ml', attribute: [keys] })] : []),
    ].sort((x, y) => Number(y.opType === 'Constant') - Number(x.opType === 'Constant')),
    output: [
      value('label', isText ? DataType.STRING : DataType.INT64, ['N']),
      zipMap
        ? {
            name: 'map',
            type: {
              value: {
                case: 'sequenceType',
                value: {
                  elemType: {
                    value: {
                      case: 'mapType',
                      value: {
                        keyType: isText ? DataType.STRING : DataType.INT64,
                        valueType: { value: { case: 'tensorType', value: { elemType: DataType.FLOAT } } },
                      },
                    },
                  },
                },
              },
            },
          }
        : value('probabilities', DataType.FLOAT, ['N', 2]),
    ],
  });
};

const second = (x: number, y: number): number => 1 / (1 + Math.exp(x - y));
/** The probability of the graph's second column, by row. */
const EXPECTED = [second(0, 1), second(2, 0), second(-1, 3)];

async function adopted(bytes: Uint8Array, more: Parameters<typeof request>[0] = {}) {
  const { model: file, signature } = await adoptModel(bytes, request(more));
  const session = await openModel(file);
  try {
    const { classes, task } = request(more);
    return { signature, found: session.signature, scores: [...(await session.predict(rows, { task, classes })).scores] };
  } finally {
    await session.close();
  }
}

const near = (found: readonly number[], expected: readonly number[]): void => {
  expect(found).toHaveLength(expected.length);
  for (const [index, score] of found.entries()) expect(score).toBeCloseTo(expected[index]!, 5);
};

describe('a single input [N, F]', () => {
  test('becomes one input a column, and the outputs get the names of ours', async () => {
    const { signature, found, scores: given } = await adopted(scores(['no', 'yes']));
    expect(signature).toEqual({
      inputs: [
        { name: 'a', column: 'number', tensor: 'float32' },
        { name: 'b (mm)', column: 'integer', tensor: 'float32' },
      ],
      outputs: [
        { name: 'label', tensor: 'string', shape: ['N'] },
        { name: 'probabilities', tensor: 'float32', shape: ['N', 2] },
      ],
    });
    expect(found.inputs.map(({ name }) => name)).toEqual(['a', 'b (mm)']);
    near(
      given,
      EXPECTED.flatMap((p) => [1 - p, p]),
    );
  });

  test.each([
    ['texts in the order of the target', ['no', 'yes'], false],
    ['texts in the other order', ['yes', 'no'], true],
    ['their indices', [0, 1], false],
  ] as const)('classes: %s, with ZipMap and without', async (_, names, swapped) => {
    const expected = EXPECTED.flatMap((p) => (swapped ? [p, 1 - p] : [1 - p, p]));
    for (const zipMap of [true, false]) near((await adopted(scores(names, { zipMap }))).scores, expected);
  });

  test('whole numbers that are the classes themselves', async () => {
    const classes = ['1', '0'];
    near(
      (await adopted(scores([0, 1]), { classes })).scores,
      EXPECTED.flatMap((p) => [p, 1 - p]),
    );
  });

  test('classes that are not those of the target are refused', async () => {
    await expect(adopted(scores(['low', 'high']))).rejects.toThrow(
      'model.onnx knows the classes low, high, but those of the target are no, yes; give target.classes',
    );
  });
});

describe('one input a column', () => {
  const sum = (names: readonly string[], more: Partial<Graph> = {}): Uint8Array =>
    model({
      input: names.map((name) => value(name, DataType.FLOAT, ['N', 1])),
      node: [node('Add', [names[0]!, names[1]!], ['sum']), node('Sigmoid', ['sum'], ['label'])],
      output: [value('label', DataType.FLOAT, ['N', 1])],
      ...more,
    });
  const expected = [1, 2, 2].map((total) => 1 / (1 + Math.exp(-total)));

  test('of the names that skl2onnx makes of the columns; one score of a binary model is that of the positive class', async () => {
    const { signature, scores: given } = await adopted(sum(['a', 'b__mm_']));
    expect(signature.inputs.map(({ name }) => name)).toEqual(['a', 'b (mm)']);
    near(
      given,
      expected.flatMap((p) => [1 - p, p]),
    );
  });

  test('of a regression [N]', async () => {
    const flat = sum(['a', 'b (mm)'], {
      initializer: [{ name: 'flat', dataType: DataType.INT64, dims: [1n], int64Data: [-1n] }],
      node: [node('Add', ['a', 'b (mm)'], ['sum']), node('Reshape', ['sum', 'flat'], ['y'])],
      output: [value('y', DataType.FLOAT, ['N'])],
    });
    const { signature, scores: given } = await adopted(flat, { task: 'regression', classes: [] });
    expect(signature.outputs).toEqual([{ name: 'prediction', tensor: 'float32', shape: ['N', 1] }]);
    near(given, [1, 2, 2]);
  });

  test('names within branches follow those around them', async () => {
    const branch = (name: string, operator: string) => ({
      name,
      type: AttributeType.GRAPH,
      g: {
        name,
        node: [node(operator, ['sum', 'one'], [`${name}_out`])],
        output: [value(`${name}_out`, DataType.FLOAT, ['N', 1])],
      },
    });
    const branched = sum(['a', 'b (mm)'], {
      initializer: [floats('one', [1], [1]), { name: 'yes', dataType: DataType.BOOL, dims: [], int32Data: [1] }],
      node: [
        node('Add', ['a', 'b (mm)'], ['sum']),
        node('If', ['yes'], ['y'], { attribute: [branch('then_branch', 'Add'), branch('else_branch', 'Sub')] }),
      ],
      output: [value('y', DataType.FLOAT, ['N', 1])],
    });
    near((await adopted(branched, { task: 'regression', classes: [] })).scores, [2, 3, 3]);
  });

  test('that the trainer was not given is refused by name', async () => {
    await expect(adopted(sum(['a', 'c']))).rejects.toThrow('model.onnx takes "c", which is none of the features: a, b (mm)');
  });
});
