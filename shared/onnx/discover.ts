import type { InferenceSession } from 'onnxruntime-node';
import { UserError } from '../core/errors.js';
import type { ColumnType } from '../data/table.js';
import type { Signature, SignatureInput, TensorType } from './signature.js';

const TENSOR_TYPES: ReadonlySet<string> = new Set(['string', 'int64', 'float32', 'float64', 'int32', 'bool']);
const SCORE_TYPES: ReadonlySet<string> = new Set(['float32', 'float64']);

/** How a graph takes its rows. */
export type InputLayout =
  | { readonly kind: 'columns'; readonly inputs: readonly (SignatureInput & { readonly rank: 1 | 2 })[] }
  /** One input [N, width]; width is undefined where the graph leaves it open. */
  | { readonly kind: 'matrix'; readonly name: string; readonly tensor: TensorType; readonly width: number | undefined };

/** Where a graph gives its results. */
export interface OutputLayout {
  /** Outputs that may hold scores: [N, K], [N, 1] or [N] of floats. */
  readonly scores: readonly { readonly name: string; readonly width: number | undefined }[];
  /** The output with the predicted label: texts or whole numbers. */
  readonly label: string | undefined;
  /** An output that is a sequence of maps, as skl2onnx writes with ZipMap. */
  readonly zipMap: string | undefined;
}

type Metadata = InferenceSession.ValueMetadata;

/** @throws UserError when an input is no tensor, or of a type or shape that rows of a table cannot fill */
export function discoverInputs(metadata: readonly Metadata[]): InputLayout {
  const inputs = metadata.map((value) => {
    const { type, shape } = tensor(value, 'input');
    if (shape.length === 0 || shape.length > 2) {
      throw new UserError(
        `the model's input ${JSON.stringify(value.name)} has shape ${shapeText(shape)}; accepted are [N, 1], [N] and one [N, F]`,
      );
    }
    return { name: value.name, type, shape };
  });
  const [first] = inputs;
  if (!first) throw new UserError('the model has no input');
  const width = first.shape[1];
  if (inputs.length === 1 && first.shape.length === 2 && width !== 1 && first.type !== 'string') {
    return { kind: 'matrix', name: first.name, tensor: first.type, width: typeof width === 'number' ? width : undefined };
  }
  for (const { name, shape } of inputs) {
    if (typeof shape[1] === 'number' && shape[1] !== 1) {
      throw new UserError(
        `the model's input ${JSON.stringify(name)} has shape ${shapeText(shape)} beside other inputs; accepted are one input [N, 1] a column, or a single input [N, F]`,
      );
    }
  }
  return {
    kind: 'columns',
    inputs: inputs.map(({ name, type, shape }) => ({
      name,
      tensor: type,
      column: COLUMN_OF_TENSOR[type],
      rank: shape.length === 1 ? 1 : 2,
    })),
  };
}

/** Recognises outputs by type and shape; their names only decide between several of one shape. */
export function discoverOutputs(metadata: readonly Metadata[]): OutputLayout {
  const scores: { name: string; width: number | undefined }[] = [];
  let label: string | undefined;
  let zipMap: string | undefined;
  for (const value of metadata) {
    if (!value.isTensor) zipMap ??= value.name;
    else if (SCORE_TYPES.has(value.type)) {
      const width = value.shape.length < 2 ? 1 : value.shape[1];
      scores.push({ name: value.name, width: typeof width === 'number' ? width : undefined });
    } else if (value.type === 'string' || value.type === 'int64' || value.type === 'int32') label ??= value.name;
  }
  return { scores, label, zipMap };
}

/**
 * The signature of a graph, also of one that another tool wrote. Our own graphs do not say whether an int64 input is
 * an integer or a date, so for them the manifest's signature knows more.
 */
export function discoverSignature(inputs: readonly Metadata[], outputs: readonly Metadata[]): Signature {
  const layout = discoverInputs(inputs);
  return {
    inputs:
      layout.kind === 'columns'
        ? layout.inputs.map(({ name, column, tensor: type }) => ({ name, column, tensor: type }))
        : [{ name: layout.name, column: COLUMN_OF_TENSOR[layout.tensor], tensor: layout.tensor }],
    outputs: outputs
      .filter((value) => value.isTensor)
      .map((value) => {
        const { type, shape } = tensor(value, 'output');
        return { name: value.name, tensor: type, shape: shape.map((size) => (typeof size === 'number' ? size : 'N')) };
      }),
  };
}

const COLUMN_OF_TENSOR: Readonly<Record<TensorType, ColumnType>> = {
  string: 'string',
  bool: 'boolean',
  int32: 'integer',
  int64: 'integer',
  float32: 'number',
  float64: 'number',
};

function tensor(value: Metadata, role: 'input' | 'output'): { type: TensorType; shape: readonly (number | string)[] } {
  const found = value.isTensor ? value.type : 'no tensor';
  if (!value.isTensor || !TENSOR_TYPES.has(value.type)) {
    throw new UserError(
      `the model's ${role} ${JSON.stringify(value.name)} is ${found}; accepted are tensors of ${[...TENSOR_TYPES].join(', ')}`,
    );
  }
  return { type: value.type as TensorType, shape: value.shape };
}

function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
}
