import { type Location, UserError } from '../core/errors.js';
import { MISSING_INTEGER } from '../core/missing.js';
import { divide } from './cuts.js';
import type { Dataset } from './dataset.js';
import type { PartShares, SplitRule } from './split-rule.js';
import { type IntegerColumn, PARTS } from './table.js';

type TimeRule = Extract<SplitRule, { by: 'time' }>;

/** Later than every time: the boundary of a part that does not exist. */
const NEVER = 2n ** 63n - 1n;

/**
 * Boundaries at quantiles of the event time: the earliest rows train, the latest test. Rows of one instant are on one
 * side; every part with a share gets at least one instant, if there are enough.
 * @throws UserError when the column is no time
 */
export async function fitTimeRule(dataset: Dataset, column: string, shares: PartShares, location: Location): Promise<TimeRule> {
  const times = (await readTimes(dataset, column, location)).filter((time) => time !== MISSING_INTEGER).sort();
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

async function readTimes(dataset: Dataset, column: string, location: Location): Promise<BigInt64Array> {
  const type = dataset.schema.find(({ name }) => name === column)?.type;
  if (type !== 'date' && type !== 'timestamp' && type !== 'integer') {
    throw new UserError({
      message: `time ${column} is ${type === 'string' ? 'text that is no date in every row' : (type ?? 'nested')}; a time is a date or a timestamp (2001-12-31 or 2001-12-31 23:59:00), or whole numbers that grow with it`,
      location,
    });
  }
  const table = await dataset.table([column]);
  return (table.columns.get(column) as IntegerColumn).values;
}
