import { type Location, UserError } from '../core/errors.js';
import { MISSING_INTEGER } from '../core/missing.js';
import { divide } from './cuts.js';
import type { Dataset } from './dataset.js';
import type { PartShares, SplitRule } from './split-rule.js';
import { PARTS } from './table.js';
import { labelledRows, readTimes } from './window.js';

type TimeRule = Extract<SplitRule, { by: 'time' }>;

/** Later than every time: the boundary of a part that does not exist. */
const NEVER = 2n ** 63n - 1n;

/**
 * Boundaries at quantiles of the event time: the earliest rows train, the latest test. Rows of one instant are on one
 * side; every part with a share gets at least one instant, if there are enough. Only rows with a target count.
 * @param inside 1 for the rows that are divided; default all
 * @throws UserError when the column is no time
 */
export async function fitTimeRule(
  dataset: Dataset,
  column: string,
  shares: PartShares,
  location: Location,
  inside?: Uint8Array,
): Promise<TimeRule> {
  const all = await readTimes(dataset, column, location);
  // Labels often come late: a test part of rows without one would judge nothing.
  const labelled = await labelledRows(dataset);
  const countsIn = (row: number): boolean => all[row] !== MISSING_INTEGER && (inside?.[row] ?? 1) === 1;
  const known = all.filter((_, row) => countsIn(row) && labelled[row] === 1);
  const times = (known.length > 0 ? known : all.filter((_, row) => countsIn(row))).sort();
  if (times.length === 0) throw new UserError({ message: `time ${column} is missing in every row`, location });
  const instants: bigint[] = [];
  const ends: number[] = [];
  for (let index = 0; index < times.length; index++) {
    if (index === 0 || times[index] !== times[index - 1]) instants.push(times[index]!);
    ends[instants.length - 1] = index + 1;
  }
  const train = 1 - shares.validation - shares.calibration - shares.test;
  const begins = divide(ends, [train, shares.validation, shares.calibration, shares.test]);
  const [validation, calibration, test] = (begins ?? [instants.length, instants.length, instants.length]).map((index) =>
    String(instants[index] ?? NEVER),
  );
  return { by: 'time', column, shares, boundaries: { validation: validation!, calibration: calibration!, test: test! } };
}

/** The part of every row by its time; rows without one belong to train. */
export async function assignByTime(dataset: Dataset, rule: TimeRule): Promise<Uint8Array> {
  const times = await readTimes(dataset, rule.column, dataset.locate(['data', 'time']));
  const starts = PARTS.slice(1).map((part) => BigInt(rule.boundaries[part as keyof TimeRule['boundaries']]));
  const parts = new Uint8Array(times.length);
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    // PARTS is in the order of time; MISSING_INTEGER is before every boundary.
    for (const start of starts) if (time >= start) parts[row]! += 1;
  }
  return parts;
}
