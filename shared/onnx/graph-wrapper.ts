import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { Task } from '../spec/schema.js';
import type { Signature, TensorType } from './signature.js';

/** Changes to a graph that another tool wrote: names, inputs and outputs, never what it computes. */

/** A ZipMap makes a map a row of what is a tensor before it. */
export function removeZipMaps(graph: GraphProto): void {
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

/** What renameValues calls a value. */
export const renamed = (name: string): string => (name === '' ? '' : `model/${name}`);

/** Puts everything that a graph names under `model/`, but for inputs with names of their own; also within branches and loops. */
export function renameValues(graph: GraphProto, inputs: ReadonlyMap<string, string>): void {
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

export function valueInfo(name: string, type: TensorType, shape: readonly (string | number)[]) {
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
export class GraphWrapper {
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
    { task, classes }: { readonly task: Task; readonly classes: readonly string[] },
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
