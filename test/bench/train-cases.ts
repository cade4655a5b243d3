import type { Matrix } from '../../shared/features/plan.js';
import { chooseBins } from '../../shared/training/gbdt/binning.js';
import { fillBins } from '../../shared/training/gbdt/fill-bins.js';
import { type Flights, readFlights, type Sample } from './flights.js';
import { drawWide } from './wide.js';

export interface Rows {
  readonly train: Sample;
  readonly test: Sample;
}

/** Training on one kind of rows with one size of trees. */
export interface TrainCase {
  readonly key: string;
  readonly name: string;
  readonly leaves: number;
  readonly threads: number;
  /** Whether --quick has it. */
  readonly quick: boolean;
  /** Rows of a run; each run has its own seed. */
  draw(seed: number): Promise<Rows>;
}

const TEST_ROWS = 100_000;
let flights: Promise<Flights> | undefined;

async function drawFlights(rows: number, seed: number): Promise<Rows> {
  flights ??= readFlights();
  const all = await flights;
  return all.draw(Math.min(rows, all.rows - TEST_ROWS), TEST_ROWS, seed);
}

/**
 * The same flights with numbers put into our bins beforehand: then everyone's bins of numbers are the same, and what is left to differ
 * is how trees are grown.
 */
async function drawBinnedFlights(rows: number, seed: number): Promise<Rows> {
  const { train, test } = await drawFlights(rows, seed);
  const features = chooseBins(train.matrix, 255, seed).filter((feature) => feature.kind === 'numeric');
  const binned = (sample: Sample): Sample => ({ ...sample, matrix: withBins(sample.matrix, features) });
  return { train: binned(train), test: binned(test) };
}

function withBins(matrix: Matrix, features: ReturnType<typeof chooseBins>): Matrix {
  const columns = [...matrix.columns];
  for (const feature of features) {
    const bins = new Uint8Array(matrix.rows);
    fillBins(matrix, [feature], bins, 1);
    columns[feature.column] = { ...matrix.columns[feature.column]!, values: Float32Array.from(bins) };
  }
  return { rows: matrix.rows, columns };
}

const flightsCase = (size: string, rows: number, leaves: number, quick = false, threads = 2): TrainCase => ({
  key: `flights-${size}-${leaves}${threads === 2 ? '' : `-threads-${threads}`}`,
  name: `flights ${size.toUpperCase()} rows, ${leaves} leaves, ${threads} threads`.replace('1 threads', '1 thread'),
  leaves,
  threads,
  quick,
  draw: (seed) => drawFlights(rows, seed),
});

const wideCase = (leaves: number): TrainCase => ({
  key: `wide-${leaves}`,
  name: `200,000 rows of 120 numbers, ${leaves} leaves, 2 threads`,
  leaves,
  threads: 2,
  quick: false,
  draw: async (seed) => drawWide(200_000, 50_000, seed),
});

export const TRAIN_CASES: readonly TrainCase[] = [
  flightsCase('100k', 100_000, 31, true),
  flightsCase('100k', 100_000, 255, true),
  flightsCase('1m', 1_000_000, 31),
  flightsCase('1m', 1_000_000, 31, false, 1),
  flightsCase('1m', 1_000_000, 255),
  {
    key: 'flights-1m-255-same-bins',
    name: 'flights 1M rows, 255 leaves, 2 threads, numbers in the same bins for all',
    leaves: 255,
    threads: 2,
    quick: false,
    draw: (seed) => drawBinnedFlights(1_000_000, seed),
  },
  flightsCase('3m', 3_000_000, 31),
  flightsCase('3m', 3_000_000, 255),
  wideCase(31),
  wideCase(255),
];
