import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from 'onnx-buf';
import { sha256 } from '../core/json.js';
import type { AttributeValue, GraphBuilder, TensorValue } from './graph.js';
import type { TensorType } from './signature.js';

/** A graph that can become a file. */
export interface GraphWriter extends GraphBuilder {
  /** The name itself when nothing in the graph has it yet, else the name with the first free number. */
  freeName(name: string): string;
  /**
   * The bytes of the `.onnx` file. The same calls in the same order give the same bytes.
   * @param metadata key-value pairs kept in the file; written sorted by key
   */
  toModel(metadata?: Readonly<Record<string, string>>): Uint8Array;
}

const IR_VERSION = 10n;
const OPSETS = [
  { domain: '', version: 21n },
  { domain: 'ai.onnx.ml', version: 5n },
];

/** ONNX Runtime's own operators: a graph names them only when it has one. */
const RUNTIME_OPSET = { domain: 'com.microsoft', version: 1n };

const DATA_TYPE: Readonly<Record<TensorValue['type'], DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
  string: DataType.STRING,
};

/**
 * Starts an ONNX graph: IR 10, opset 21 and ai.onnx.ml 5. Equal constants are written once. Names that the
 * graph gives to constants and values are made unique against all names so far, so declare inputs first.
 */
export function createGraph(name: string): GraphWriter {
  const names = new Set<string>();
  const inputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];
  const outputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];
  const initializers: MessageInitShape<typeof TensorProtoSchema>[] = [];
  const nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  const constants = new Map<string, string>();
  const counts = new Map<string, number>();

  /** Takes a name, or says whose mistake it is that it cannot be taken. */
  const claim = (wanted: string): string => {
    if (wanted === '') throw new Error('a name in an ONNX graph cannot be empty');
    if (names.has(wanted)) throw new Error(`the graph has two values named ${JSON.stringify(wanted)}`);
    names.add(wanted);
    return wanted;
  };
  const numbered = (stem: string): string => {
    for (;;) {
      const count = (counts.get(stem) ?? 0) + 1;
      counts.set(stem, count);
      const candidate = `${stem}_${count}`;
      if (!names.has(candidate)) return claim(candidate);
    }
  };

  return {
    freeName(wanted) {
      let candidate = wanted;
      for (let count = 1; names.has(candidate); count++) candidate = `${wanted}_${count}`;
      return candidate;
    },
    input(inputName, type) {
      inputs.push(valueInfo(claim(inputName), type, ['N', 1]));
      return inputName;
    },
    constant(value, hint = 'constant') {
      const tensor = tensorOf(value);
      const key = `${value.type}|${value.shape.join(',')}|${contentKey(tensor)}`;
      const known = constants.get(key);
      if (known !== undefined) return known;
      const constantName = numbered(hint);
      constants.set(key, constantName);
      initializers.push({ ...tensor, name: constantName });
      return constantName;
    },
    node(operator, nodeInputs, attributes = {}, options = {}) {
      const output = options.output === undefined ? numbered(operator.toLowerCase()) : claim(options.output);
      nodes.push({
        name: `${operator}:${output}`,
        opType: operator,
        domain: options.domain ?? '',
        input: [...nodeInputs],
        output: [output],
        attribute: Object.entries(attributes).map(([attribute, value]) => attributeOf(attribute, value)),
      });
      return output;
    },
    output(outputName, type, shape) {
      if (!names.has(outputName)) throw new Error(`the graph computes nothing named ${JSON.stringify(outputName)}`);
      outputs.push(valueInfo(outputName, type, shape));
    },
    toModel(metadata = {}) {
      const model = create(ModelProtoSchema, {
        irVersion: IR_VERSION,
        opsetImport: nodes.some(({ domain }) => domain === RUNTIME_OPSET.domain) ? [...OPSETS, RUNTIME_OPSET] : OPSETS,
        producerName: 'mlops-actions',
        graph: { name, node: nodes, initializer: initializers, input: inputs, output: outputs },
        metadataProps: Object.entries(metadata)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => ({ key, value })),
      });
      return toBinary(ModelProtoSchema, model);
    },
  };
}

function valueInfo(
  name: string,
  type: TensorType,
  shape: readonly (number | 'N')[],
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) =>
    size === 'N'
      ? { value: { case: 'dimParam' as const, value: 'N' } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  );
  return { name, type: { value: { case: 'tensorType', value: { elemType: DATA_TYPE[type], shape: { dim } } } } };
}

function attributeOf(name: string, value: AttributeValue): MessageInitShape<typeof AttributeProtoSchema> {
  if ('ints' in value)
    return { name, type: AttributeType.INTS, ints: Array.from<number | bigint, bigint>(value.ints, (item) => BigInt(item)) };
  if ('floats' in value) return { name, type: AttributeType.FLOATS, floats: Array.from(value.floats) };
  if ('strings' in value) return { name, type: AttributeType.STRINGS, strings: value.strings.map(utf8) };
  if ('int' in value) return { name, type: AttributeType.INT, i: BigInt(value.int) };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('string' in value) return { name, type: AttributeType.STRING, s: utf8(value.string) };
  return { name, type: AttributeType.TENSOR, t: tensorOf(value.tensor) };
}

function tensorOf(value: TensorValue): MessageInitShape<typeof TensorProtoSchema> {
  const size = value.shape.reduce((product, length) => product * length, 1);
  if (size !== value.values.length) {
    throw new Error(`a tensor of shape [${value.shape.join(', ')}] holds ${size} values, not ${value.values.length}`);
  }
  const common = { dims: value.shape.map((length) => BigInt(length)), dataType: DATA_TYPE[value.type] };
  if (value.type === 'string')
    return { ...common, stringData: Array.from<unknown, Uint8Array<ArrayBuffer>>(value.values, (text) => utf8(String(text))) };
  return { ...common, rawData: littleEndian(value.type, value.values) };
}

const ELEMENT_BYTES = { float32: 4, float64: 8, int32: 4, int64: 8, uint8: 1, bool: 1 } as const;

/** ONNX stores raw tensors little-endian, whatever the machine. */
function littleEndian(type: keyof typeof ELEMENT_BYTES, values: TensorValue['values']): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * ELEMENT_BYTES[type]);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const at = index * ELEMENT_BYTES[type];
    if (type === 'float32') view.setFloat32(at, Number(value), true);
    else if (type === 'float64') view.setFloat64(at, Number(value), true);
    else if (type === 'int64') view.setBigInt64(at, BigInt(value), true);
    else if (type === 'int32') view.setInt32(at, Number(value), true);
    else view.setUint8(at, Number(value));
  }
  return bytes;
}

function contentKey(tensor: MessageInitShape<typeof TensorProtoSchema>): string {
  if (tensor.rawData) return sha256(tensor.rawData);
  return sha256(JSON.stringify(tensor.stringData?.map((text: Uint8Array) => Buffer.from(text).toString('base64'))));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
