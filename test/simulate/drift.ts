import { formatShare } from '../../shared/core/format.js';
import { Random } from '../../shared/core/random.js';
import { sealed } from '../../shared/data/distribution/seal.js';
import { type ColumnDrift, findDrift } from '../../shared/data/drift/drift.js';
import { makeTable, type TableShape } from './drift-tables.js';
import { type Outcome, outcomeOf, type Simulation } from './result.js';

/** A procedure whose chance is 5 % stays below this in 400 trials with a probability of 99 %. */
const BOUND_OF_FIVE_PERCENT = 0.078;

interface Case {
  readonly name: string;
  readonly reference: Omit<TableShape, 'dayEffect'>;
  readonly current: Omit<TableShape, 'dayEffect'>;
  readonly dayEffect: number;
  /** The columns that are to be found; none: nothing is. */
  readonly found?: readonly string[];
}

const rows = (count: number, shift?: number) => ({ days: [count], isDated: false, ...(shift !== undefined && { shift }) });
const days = (count: number, size: number, firstDay = 11_000) => ({
  ...{ days: new Array<number>(count).fill(size), isDated: true, firstDay },
});

const SIZES: readonly (readonly [reference: number, current: number])[] = [
  ...([
    [50, 50],
    [200, 200],
    [1000, 1000],
    [10_000, 10_000],
  ] as const),
  ...([
    [50, 10_000],
    [10_000, 50],
    [200, 1000],
    [1000, 200],
    [10_000, 1000],
  ] as const),
];

const CASES: readonly Case[] = [
  ...SIZES.map(
    ([n, m]): Case => ({ name: `independent rows, ${n} and ${m}`, reference: rows(n), current: rows(m), dayEffect: 0 }),
  ),
  ...(
    [
      [60, 20, 7, 20],
      [60, 100, 7, 100],
      [60, 200, 7, 10],
      [60, 10, 7, 200],
      [14, 50, 14, 50],
      [5, 40, 5, 40],
      [90, 50, 1, 50],
      [300, 20, 7, 50],
    ] as const
  ).map(
    ([n, a, m, b]): Case => ({
      name: `days that differ, ${n} of ${a} rows and ${m} of ${b}`,
      reference: days(n, a),
      current: days(m, b, 12_000),
      dayEffect: 0.5,
    }),
  ),
  {
    name: 'days that differ, a reference of 60 without their time and 7 days of 100',
    reference: { ...days(60, 100), isDated: false },
    current: days(7, 100, 12_000),
    dayEffect: 0.3,
  },
  {
    name: 'power: the mean of one of 20 columns moved by 0.5 sd, 500 and 500',
    ...{ reference: rows(500), current: rows(500, 0.5), dayEffect: 0, found: ['number 0'] },
  },
  {
    name: 'power: the mean of one of 20 columns moved by 1 sd, in days that differ, 60 and 7 days of 100',
    ...{ reference: days(60, 100), current: { ...days(7, 100, 12_000), shift: 1 }, dayEffect: 0.2, found: ['number 0'] },
  },
];

/** The share of runs that report any drift, where there is none and where there is some. */
export const drift: Simulation = async ({ trials, only, progress }) => {
  const outcomes: Outcome[] = [];
  for (const { name, reference, current, dayEffect, found } of CASES) {
    if (!name.includes(only)) continue;
    const started = performance.now();
    const runs: ColumnDrift[][] = [];
    for (let seed = 0; seed < trials; seed++) {
      const random = new Random(seed);
      const before = sealed(makeTable(random, { ...reference, dayEffect }));
      runs.push(findDrift(before, makeTable(random, { ...current, dayEffect }), { minEffect: 0.1, alpha: 0.05, seed }));
    }
    const happened = runs.map((columns) =>
      found
        ? found.every((wanted) => columns.some((column) => column.name === wanted && column.drifted))
        : columns.some(({ drifted }) => drifted),
    );
    const certain = runs.filter((columns) => columns.some(({ adjustedP }) => adjustedP !== undefined && adjustedP < 0.05));
    const note = `without regard to the effect ${((100 * certain.length) / runs.length).toFixed(1)} %; ${worst(runs)}`;
    const bound = found ? { atLeast: 0.95 } : { atMost: BOUND_OF_FIVE_PERCENT };
    const outcome = outcomeOf(name, happened, bound, found ? undefined : note);
    outcomes.push(outcome);
    progress(`${name}: ${formatShare(outcome.share)}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  return outcomes;
};

/** The column whose unadjusted p-value is most often below 5 %. */
function worst(runs: readonly (readonly ColumnDrift[])[]): string {
  const shares = runs[0]!.map(({ name }, index) => {
    const tested = runs.filter((columns) => columns[index]!.test);
    const low = tested.filter((columns) => columns[index]!.test!.pValue < 0.05);
    return { name, share: tested.length === 0 ? 0 : low.length / tested.length };
  });
  const most = shares.reduce((a, b) => (b.share > a.share ? b : a));
  return `p < 5 % most often for ${most.name}, ${(100 * most.share).toFixed(1)} %`;
}
