import type { ColumnType } from '../data/table.js';

/** Element types of tensors that models take and give. */
export type TensorType = 'string' | 'int64' | 'float32' | 'float64' | 'int32' | 'bool';

/** One input tensor of shape [N, 1], holding one raw column. */
export interface SignatureInput {
  readonly name: string;
  /** The type of the raw column; what fills the tensor. */
  readonly column: ColumnType;
  readonly tensor: TensorType;
}

/**
 * What goes in and what comes out. Our own models take one tensor a raw column and give `label` and
 * `probabilities`, or `prediction`.
 */
export interface Signature {
  readonly inputs: readonly SignatureInput[];
  readonly outputs: readonly {
    readonly name: string;
    readonly tensor: TensorType;
    readonly shape: readonly (number | 'N')[];
  }[];
}

/** The tensor type of a raw column (contract: the bundle's signature). */
export const TENSOR_OF_COLUMN: Readonly<Record<ColumnType, TensorType>> = {
  string: 'string',
  boolean: 'float32',
  integer: 'int64',
  number: 'float64',
  date: 'int64',
  timestamp: 'int64',
};
