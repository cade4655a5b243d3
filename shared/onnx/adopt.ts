import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { UserError } from '../core/errors.js';
import type { ColumnSchema, Table } from '../data/table.js';
import type { Task } from '../spec/schema.js';
import { classNames } from './class-names.js';
import { discoverInputs, discoverOutputs, type InputLayout } from './discover.js';
import { assertSelfContained } from './inspect.js';
import { chooseScore } from './outputs.js';
import { openModel, openSession } from './session.js';
import type { Signature, SignatureInput, TensorType } from './signature.js';

/** What a graph made elsewhere has to fit. */
export interface AdoptRequest {
  /** How messages name the file. */
  readonly what: string;
  readonly name: string;
  readonly task: Task;
  /** The target's classes, the positive one last; empty for regression. */
  readonly classes: readonly string[];
  /** The raw columns that the trainer was given, in that order. */
  readonly columns: readonly ColumnSchema[];
  /** Rows that the graph must be able to score; their labels hold the order of the classes against the probabilities. */
  readonly rows: Table;
}

/** A graph in the form of our own: one input a raw column, `label` and `probabilities` or `prediction`. */
export interface AdoptedModel {
  readonly model: Uint8Array;
  readonly signature: Signature;
}

/**
 * Brings a graph that skl2onnx, onnxmltools, PyTorch or another tool wrote into the form that everything else here
 * expects, without touching what it computes: a single input [N, F] becomes one input a column, a ZipMap is taken away,
 * the probabilities come in the order of the target's classes, and the label is the class with the largest one.
 * @throws UserError when its inputs are no columns of the data, its outputs do not fit the task, its classes are not those
 * of the target, or it fails on the rows
 */
export async function adoptModel(bytes: Uint8Array, request: AdoptRequest): Promise<AdoptedModel> {
  const { what, task } = request;
  assertSelfContained(bytes, what);
  const model = fromBinary(ModelProtoSchema, bytes);
  const graph = model.graph!;
  const names = namedClasses(bytes, graph, request.classes.length);
  removeZipMaps(graph);
  const plain = toBinary(ModelProtoSchema, model);
  const { session } = await openSession(plain, what, 1);
  const { inputMetadata, outputMetadata } = session;
  await session.release();

  const layout = discoverInputs(inputMetadata);
  const order = task === 'regression' ? [] : orderOf(names, request);
  const matrix = matrixOf(layout, request);
  const context = { task, classes: order, columns: request.columns.map(({ name }) => name) };
  const width = task === 'regression' ? 1 : order.length;
  const score = chooseScore(discoverOutputs(outputMetadata), context, width);
  const found = outputMetadata.find(({ name }) => name === score)!;
  const lastSize = found.isTensor && found.shape.length === 2 ? found.shape[1] : 1;

  const inputs = matrix ? matrix.inputs : columnInputs(layout, request);
  renameValues(graph, matrix ? new Map() : new Map(inputs.map(({ input, name }) => [input, name])));
  const wrapper = new Wrapper(graph, new Set(inputs.map(({ name }) => name)));
  if (matrix) {
    graph.input = inputs.map(({ name, tensor }) => valueInfo(name, tensor, ['N', 1]));
    wrapper.before(
      'Concat',
      inputs.map(({ name }) => name),
      renamed(matrix.name),
      { axis: 1 },
    );
  }
  const outputs = wrapper.finish(renamed(score), request, {
    order,
    single: task !== 'regression' && order.length === 2 && lastSize === 1,
  });
  graph.name = request.name;
  const adopted = toBinary(ModelProtoSchema, model);
  const named =
    matrix && inputs.length > 1 ? [] : inputs.map(({ input, name }) => [input, request.rows.columns.get(name)!] as const);
  const rows = { ...request.rows, columns: new Map([...request.rows.columns, ...named]) };
  await assertSame(plain, adopted, { ...request, rows }, context);
  return {
    model: adopted,
    signature: { inputs: inputs.map(({ name, column, tensor }) => ({ name, column, tensor })), outputs },
  };
}

/** The classes in the order of the graph's scores, where anything in it tells. */
function namedClasses(bytes: Uint8Array, graph: GraphProto, count: number): readonly string[] | undefined {
  const named = classNames(bytes, count);
  if (named) return named;
  // The converter of scikit-learn picks labels from a constant list by the index of the largest score.
  const lists = new Set(
    graph.node.filter(({ opType }) => opType === 'ArrayFeatureExtractor').map(({ input }) => input[0] ?? ''),
  );
  for (const tensor of graph.initializer) {
    if (!lists.has(tensor.name)) continue;
    const texts = tensor.stringData.map((text) => Buffer.from(text).toString('utf8'));
    const numbers = [...tensor.int64Data, ...tensor.int32Data].map(String);
    const raw = rawNumbers(tensor.dataType, tensor.rawData);
    const found = [texts, numbers, raw].find((list) => list.length === count);
    if (found) return found;
  }
  return undefined;
}

function rawNumbers(type: number, raw: Uint8Array): string[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type === DataType.INT64)
    return Array.from({ length: raw.byteLength / 8 }, (_, index) => String(view.getBigInt64(index * 8, true)));
  if (type === DataType.INT32)
    return Array.from({ length: raw.byteLength / 4 }, (_, index) => String(view.getInt32(index * 4, true)));
  return [];
}

/** The target's classes in the order of the graph's scores. Whole numbers that are no classes count them. */
function orderOf(names: readonly string[] | undefined, { classes, what }: AdoptRequest): readonly string[] {
  if (!names) return classes;
  if (names.every((name) => classes.includes(name))) return names;
  if (names.every((name, index) => name === String(index))) return classes;
  throw new UserError(
    `${what} knows the classes ${listed(names)}, but those of the target are ${listed(classes)}; train on the target as it stands in ` +
      'MLOPS_TRAIN, or on its index in MLOPS_CLASSES',
  );
}

/** A ZipMap makes a map a row of what is a tensor before it. */
function removeZipMaps(graph: GraphProto): void {
  for (const node of graph.node.filter(({ opType }) => opType === 'ZipMap')) {
    const [tensor = ''] = node.input;
    const [map = ''] = node.output;
    graph.node = graph.node.filter((other) => other !== node);
    const known = graph.output.some(({ name }) => name === tensor);
    graph.output = graph.output.flatMap((output) => {
      if (output.name !== map) return [output];
      return known ? [] : [valueInfo(tensor, 'float32', ['N', 'K'])];
    });
  }
}

/** An input of the signature, and what the graph calls it. */
interface NamedInput extends SignatureInput {
  readonly input: string;
}

interface MatrixInput {
  readonly name: string;
  readonly inputs: readonly NamedInput[];
}

/** The columns that fill a single input for all features; undefined for a graph with one input a column. */
function matrixOf(layout: InputLayout, { columns, what }: AdoptRequest): MatrixInput | undefined {
  const only = singleInput(layout, columns);
  if (!only) return undefined;
  const { name, tensor, width } = only;
  if (width !== undefined && width !== columns.length)
    throw new UserError(
      `${what} takes ${width} columns in its input ${JSON.stringify(name)}, but MLOPS_FEATURES names ${columns.length}: ${shown(columns)}. ` +
        'Let the graph begin at the raw columns (a Pipeline, with its encoders, converted as a whole)',
    );
  const texts = columns.filter(({ type }) => type === 'string');
  if (texts.length > 0 && tensor !== 'string')
    throw new UserError(
      `${what} has a single input of numbers, but ${shown(texts)} ${texts.length === 1 ? 'is' : 'are'} text: give the graph one input a ` +
        'column (a ColumnTransformer with initial_types by name), or leave them out with features.exclude',
    );
  return { name, inputs: columns.map((column) => ({ input: name, name: column.name, column: column.type, tensor })) };
}

/** The one input [N, F]; of one feature, an input [N, 1] of another name is that too. */
function singleInput(
  layout: InputLayout,
  columns: readonly ColumnSchema[],
): Pick<Extract<InputLayout, { kind: 'matrix' }>, 'name' | 'tensor' | 'width'> | undefined {
  if (layout.kind === 'matrix') return layout;
  const [input, ...others] = layout.inputs;
  if (!input || others.length > 0 || columns.length !== 1 || columnOf(input.name, columns)) return undefined;
  return { name: input.name, tensor: input.tensor, width: 1 };
}

/** The inputs of a graph with one a column, by the names of the columns. */
function columnInputs(layout: InputLayout, { columns, what }: AdoptRequest): readonly NamedInput[] {
  if (layout.kind !== 'columns') throw new Error('a matrix has no inputs by column');
  const found = layout.inputs.map(({ name, tensor }) => ({ input: name, tensor, column: columnOf(name, columns) }));
  const strange = found.filter(({ column }) => column === undefined);
  if (strange.length > 0)
    throw new UserError(
      `${what} takes ${strange.map(({ input }) => JSON.stringify(input)).join(', ')}, which ${strange.length === 1 ? 'is' : 'are'} none of the ` +
        `features: ${shown(columns)}; name the inputs of the graph after the columns`,
    );
  return found.map(({ input, tensor, column }) => ({ input, name: column!.name, column: column!.type, tensor }));
}

/** The column that an input is meant for: of its name, or of the name that skl2onnx makes of it ("Length (mm)" is `Length__mm_`). */
function columnOf(input: string, columns: readonly ColumnSchema[]): ColumnSchema | undefined {
  const exact = columns.find(({ name }) => name === input);
  if (exact) return exact;
  const cleaned = columns.filter(({ name }) => name.replace(/[^A-Za-z0-9_]/g, '_') === input);
  return cleaned.length === 1 ? cleaned[0] : undefined;
}

function shown(columns: readonly ColumnSchema[]): string {
  return listed(columns.map(({ name }) => name));
}

function listed(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more` : names.join(', ');
}

const renamed = (name: string): string => (name === '' ? '' : `model/${name}`);

/** Puts everything that a graph names under `model/`, but for inputs with names of their own; also within branches and loops. */
function renameValues(graph: GraphProto, inputs: ReadonlyMap<string, string>): void {
  const rename = (name: string): string => inputs.get(name) ?? renamed(name);
  for (const value of [...graph.input, ...graph.output, ...graph.initializer]) value.name = rename(value.name);
  for (const sparse of graph.sparseInitializer) if (sparse.values) sparse.values.name = rename(sparse.values.name);
  graph.valueInfo = [];
  graph.quantizationAnnotation = [];
  for (const node of graph.node) {
    node.name = renamed(node.name);
    node.input = node.input.map(rename);
    node.output = node.output.map(rename);
    for (const { g, graphs } of node.attribute) for (const inner of g ? [g, ...graphs] : graphs) renameValues(inner, inputs);
  }
}

const TYPE: Readonly<Record<TensorType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
  string: DataType.STRING,
};

function valueInfo(name: string, type: TensorType, shape: readonly (string | number)[]) {
  const dim = shape.map((size) =>
    typeof size === 'string'
      ? { value: { case: 'dimParam' as const, value: size } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: TYPE[type], shape: { dim } } } },
  });
}

/**
 * Adds nodes around a graph, only such as mean the same in every opset of the last years; constants are nodes as well,
 * since the initialisers of old files are inputs too.
 */
class Wrapper {
  readonly #graph: GraphProto;
  readonly #taken: ReadonlySet<string>;
  #count = 0;

  constructor(graph: GraphProto, taken: ReadonlySet<string>) {
    this.#graph = graph;
    this.#taken = taken;
  }

  before(opType: string, input: readonly string[], output: string, ints: Readonly<Record<string, number>>): void {
    this.#graph.node.unshift(nodeOf(opType, input, output, ints));
  }

  finish(
    score: string,
    { task, classes }: AdoptRequest,
    { order, single }: { readonly order: readonly string[]; readonly single: boolean },
  ): Signature['outputs'] {
    const scores = this.#node('Cast', [score], { to: DataType.FLOAT });
    if (task === 'regression') {
      const column = this.#node('Reshape', [
        scores,
        this.#constant({ dims: [2n], dataType: DataType.INT64, int64Data: [-1n, 1n] }),
      ]);
      return this.#outputs([{ from: column, name: 'prediction', tensor: 'float32', shape: ['N', 1] }]);
    }
    const columns = single ? this.#twoColumns(scores) : scores;
    const places = classes.map((text) => order.indexOf(text));
    const ordered = places.every((place, index) => place === index)
      ? columns
      : this.#node('Gather', [columns, this.#indices(places)], { axis: 1 });
    const best = this.#node('ArgMax', [ordered], { axis: 1, keepdims: 0 });
    const stringData = classes.map((text) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>);
    const texts = this.#constant({ dims: [BigInt(classes.length)], dataType: DataType.STRING, stringData });
    return this.#outputs([
      { from: this.#node('Gather', [texts, best], { axis: 0 }), name: 'label', tensor: 'string', shape: ['N'] },
      { from: ordered, name: 'probabilities', tensor: 'float32', shape: ['N', classes.length] },
    ]);
  }

  /** One column of a binary model is the probability of the positive class, which is the last. */
  #twoColumns(scores: string): string {
    const positive = this.#node('Reshape', [
      scores,
      this.#constant({ dims: [2n], dataType: DataType.INT64, int64Data: [-1n, 1n] }),
    ]);
    const one = this.#constant({ dims: [1n], dataType: DataType.FLOAT, floatData: [1] });
    return this.#node('Concat', [this.#node('Sub', [one, positive]), positive], { axis: 1 });
  }

  #indices(values: readonly number[]): string {
    return this.#constant({ dims: [BigInt(values.length)], dataType: DataType.INT64, int64Data: values.map(BigInt) });
  }

  #node(opType: string, input: readonly string[], ints: Readonly<Record<string, number>> = {}): string {
    const output = `adopted/${++this.#count}`;
    this.#graph.node.push(nodeOf(opType, input, output, ints));
    return output;
  }

  #constant(tensor: NonNullable<MessageInitShape<typeof AttributeProtoSchema>['t']>): string {
    const output = `adopted/${++this.#count}`;
    this.#graph.node.push(
      create(NodeProtoSchema, {
        opType: 'Constant',
        output: [output],
        attribute: [{ name: 'value', type: AttributeType.TENSOR, t: tensor }],
      }),
    );
    return output;
  }

  /** A raw column of the same name keeps it, and the output gets a number. */
  #outputs(outputs: readonly (Signature['outputs'][number] & { readonly from: string })[]): Signature['outputs'] {
    const named = outputs.map(({ from, name: wanted, tensor, shape }) => {
      let name = wanted;
      for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
      this.#graph.node.push(nodeOf('Identity', [from], name, {}));
      return { name, tensor, shape };
    });
    this.#graph.output = named.map(({ name, tensor, shape }) => valueInfo(name, tensor, shape));
    return named;
  }
}

function nodeOf(opType: string, input: readonly string[], output: string, ints: Readonly<Record<string, number>>): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name: `${opType}:${output}`,
    input: [...input],
    output: [output],
    attribute: Object.entries(ints).map(([name, value]) => ({ name, type: AttributeType.INT, i: BigInt(value) })),
  });
}

/** Largest difference that rounding to 32 bits explains. */
const TOLERANCE = 1e-5;

/**
 * Runs both graphs. The first run also holds the graph's own labels against its probabilities (outputs.ts), which is how a
 * wrong order of classes is found where the graph names none.
 */
async function assertSame(
  plain: Uint8Array,
  adopted: Uint8Array,
  { what, task, classes, rows }: AdoptRequest,
  context: Parameters<Awaited<ReturnType<typeof openModel>>['predict']>[1],
): Promise<void> {
  const before = await openModel(plain);
  const after = await openModel(adopted);
  try {
    const given = await before.predict(rows, context);
    const own = await after.predict(rows, { task, classes });
    const width = Math.max(1, classes.length);
    const places = classes.length === 0 ? [0] : classes.map((text) => context.classes.indexOf(text));
    for (let row = 0; row < rows.rows; row++) {
      for (const [index, place] of places.entries()) {
        const [a, b] = [given.scores[row * width + place]!, own.scores[row * width + index]!];
        if (!Number.isFinite(a))
          throw new UserError(
            `${what} gives ${a} for row ${row + 1} of the rows that it was tried on; accepted are finite numbers`,
          );
        if (!(Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a))))
          throw new Error(`the adopted graph gives ${b} for row ${row + 1} where the graph itself gives ${a}`);
      }
    }
  } finally {
    await before.close();
    await after.close();
  }
}
