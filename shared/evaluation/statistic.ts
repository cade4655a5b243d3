/**
 * How often each unit counts: a row, or a block of rows where a statistic was prepared with blocks. Bytes for what is drawn
 * (see resampling.ts), since they stay in the processor's nearest cache; numbers for weights from elsewhere.
 */
export type Weights = Uint8Array | Float64Array;

/** Rows that are drawn together: the block of each row, numbered from 0 without gaps. */
export interface Blocks {
  readonly of: Uint32Array;
  readonly count: number;
}

/**
 * Metrics of one family on one sample, prepared (sorted, logged, compared, summed by block) once and then computed for
 * any weights. Integer weights are multiplicities: the value is that of the sample with each unit repeated so often.
 */
export interface Statistic {
  /** How many numbers one call reads, for estimates of the work. */
  readonly visits: number;
  /**
   * @param weights one non-negative number a unit
   * @param out receives each metric at its slot; NaN where it is undefined
   */
  evaluate(weights: Weights, out: Float64Array): void;
}

/** Where each requested metric's value goes. */
export type Slots = ReadonlyMap<string, number>;

/** The unit of each row, for what has to visit rows in an order of its own. */
export function unitOf(row: number, blocks: Blocks | undefined): number {
  return blocks ? blocks.of[row]! : row;
}
