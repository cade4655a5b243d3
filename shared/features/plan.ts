import type { DatePart } from '../spec/schema.js';

/**
 * The one definition of every feature: fitted on training rows, kept in the manifest, written as ONNX nodes, and
 * read by the trainer. Order is the order of the matrix's columns.
 */
export interface FeaturePlan {
  readonly features: readonly Feature[];
}

export type Feature =
  /** The column as a 32-bit float; missing stays missing (NaN). Booleans are 0 and 1. */
  | { readonly name: string; readonly kind: 'numeric'; readonly from: string }
  /** A part of a date or timestamp, UTC: month 1-12, day 1-31, weekday 0 (Monday) - 6, hour 0-23, is_weekend 0/1. */
  | { readonly name: string; readonly kind: 'date_part'; readonly from: string; readonly part: DatePart }
  /**
   * A category by its level's index. `levels` are the frequent levels of the training rows, most frequent first
   * (ties by text). Rare and unseen levels share index `levels.length`; missing is NaN.
   */
  | { readonly name: string; readonly kind: 'categorical'; readonly from: string; readonly levels: readonly string[] };

/** The training matrix, by column: exactly what the graph's feature nodes compute, value for value. */
export interface Matrix {
  readonly rows: number;
  readonly columns: readonly MatrixColumn[];
}

export interface MatrixColumn {
  readonly name: string;
  /** 32-bit values, NaN for missing; a category's index. */
  readonly values: Float32Array;
  /** Categories: how many indices there are (the frequent levels and one for the rest). */
  readonly levels?: number;
}
