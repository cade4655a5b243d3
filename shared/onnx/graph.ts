import type { TensorType } from './signature.js';

export type AttributeValue =
  | { readonly ints: readonly number[] | readonly bigint[] }
  | { readonly floats: readonly number[] | Float32Array }
  | { readonly strings: readonly string[] }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly tensor: TensorValue };

export interface TensorValue {
  readonly type: TensorType | 'uint8';
  readonly shape: readonly number[];
  readonly values:
    | readonly number[]
    | readonly bigint[]
    | readonly string[]
    | Float32Array
    | Float64Array
    | BigInt64Array
    | Uint8Array;
}

/** Collects the nodes of one graph; see write.ts for the file. Names it gives are unique and deterministic. */
export interface GraphBuilder {
  /** Declares a graph input of shape [N, 1]. */
  input(name: string, type: TensorType): string;
  /** Adds a constant and returns its name. */
  constant(value: TensorValue, hint?: string): string;
  /** Adds a node with one output and returns that output's name. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    options?: { readonly domain?: '' | 'ai.onnx.ml' | 'com.microsoft'; readonly output?: string },
  ): string;
  /** Declares a graph output. */
  output(name: string, type: TensorType, shape: readonly (number | 'N')[]): void;
}
