import type { Column, ColumnType, Labels, Table } from '../data/table.js';
import type { GraphBuilder } from '../onnx/graph.js';
import type { SignatureInput } from '../onnx/signature.js';
import type { DerivedFeature, Task } from '../spec/schema.js';
import type { createCalendar } from './calendar-graph.js';
import type { Feature, FeatureKind, FeatureOf } from './plan.js';

/**
 * How the features of one kind are computed, twice: as columns of the matrix, and as nodes of the graph. Both give the
 * same values for any rows; the parity tests hold them together.
 */
export interface Transform<Kind extends FeatureKind> {
  /**
   * Whether a feature may be computed together with the one before it, of the same kind and the same columns; absent:
   * each by itself. It is for kinds that give many columns of one text or category.
   */
  readonly joins?: (before: FeatureOf<Kind>, feature: FeatureOf<Kind>) => boolean;
  /** The values of each of the features, NaN for missing. */
  values(features: readonly FeatureOf<Kind>[], table: Table): Float32Array[];
  /** Indices of a category, for kinds that give one; absent: the values are numbers. */
  readonly levels?: (feature: FeatureOf<Kind>) => number;
  /**
   * Adds the nodes.
   * @returns the name of a float32 tensor [N, features.length]
   */
  nodes(features: readonly FeatureOf<Kind>[], place: FeatureNodes): string;
}

/** The graph as feature nodes see it; what several features need is computed once. */
export interface FeatureNodes {
  readonly graph: GraphBuilder;
  /** The input tensor [N, 1] of a raw column. */
  input(column: string): SignatureInput;
  /** A number, whole number or boolean as a float64 tensor [N, 1]; NaN is missing. */
  number(column: string): string;
  /** A bool tensor [N, 1]: whether the column is missing. */
  missing(column: string): string;
  /** The parts of a date or timestamp. */
  calendar(column: string): ReturnType<typeof createCalendar>;
  /** The first name made under this key, so that nodes are shared. */
  once(key: string, make: () => string): string;
}

/** What features are fitted on. */
export interface FitContext {
  /** The type of a raw column. */
  typeOf(column: string): ColumnType | undefined;
  /** A raw column of the training rows. */
  column(name: string): Column;
  /** The target of the training rows; only target encoding needs it. */
  readonly labels: Labels | undefined;
  readonly weights: Float64Array | undefined;
  readonly task: Task;
  /** Says what is wrong; the item then gives no features. */
  problem(message: string): void;
}

/** Fits the features of one item of `features.derive`, whose columns are there and of types that the transform takes. */
export type Derive = (item: DerivedFeature, from: readonly string[], context: FitContext) => Feature[];

/** A transform that computes each feature by itself. */
export function single<Kind extends FeatureKind>(one: {
  readonly levels?: Transform<Kind>['levels'];
  values(feature: FeatureOf<Kind>, table: Table): Float32Array;
  nodes(feature: FeatureOf<Kind>, place: FeatureNodes): string;
}): Transform<Kind> {
  return {
    ...(one.levels && { levels: one.levels }),
    values: (features, table) => features.map((feature) => one.values(feature, table)),
    nodes: ([feature], place) => one.nodes(feature!, place),
  };
}
