import type { ColumnType } from '../data/table.js';
import type { TensorType } from '../onnx/signature.js';
import type { Task } from '../spec/schema.js';

/** A column that requests bring. */
export interface ServedColumn {
  readonly name: string;
  /** How values of a request are read. */
  readonly type: ColumnType;
  /** The model's input that it fills; without one it is context (a key, the event time): accepted and logged. */
  readonly tensor?: TensorType;
  /** Dimensions of that input: [N] or [N, width]. */
  readonly rank: 1 | 2;
  /** Values a row; more than 1 for a model that takes all features as one list. */
  readonly width: number;
}

/** A tensor that the graph gives. */
export interface ServedOutput {
  readonly name: string;
  readonly tensor: TensorType;
  readonly shape: readonly (number | 'N')[];
}

/** What the scores of a model mean. */
export interface Scores {
  readonly task: Task;
  /** The graph's output that holds them. */
  readonly output: string;
  /** In the order of the scores; empty for regression. */
  readonly classes: readonly string[];
  /** Binary: the positive class, the last of two, from this probability on. */
  readonly threshold: number;
  /** The graph's output with the class's text, which the server fills by `threshold`. */
  readonly label?: string;
}

/** A version of a model as requests see it: plain data, so that a thread can be given it. */
export interface Servable {
  readonly name: string;
  readonly version: string;
  /** `sha256:<hex>` */
  readonly digest: string;
  /** The model's inputs in the order of the signature, then the context. */
  readonly columns: readonly ServedColumn[];
  readonly outputs: readonly ServedOutput[];
  /** Undefined for a model made elsewhere whose outputs are no known kind: then only tensors can be asked for. */
  readonly scores?: Scores;
}

/** The columns that are inputs of the model. */
export function inputColumns({ columns }: Pick<Servable, 'columns'>): readonly ServedColumn[] {
  return columns.filter(({ tensor }) => tensor !== undefined);
}
