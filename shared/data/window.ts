import { durationMs } from '../core/duration.js';
import { type Location, UserError } from '../core/errors.js';
import { MISSING_INTEGER } from '../core/missing.js';
import type { Spec } from '../spec/schema.js';
import { canonicalText } from './canonical.js';
import type { Dataset } from './dataset.js';
import type { RowWindow } from './split-rule.js';
import type { IntegerColumn } from './table.js';

/** What `data.time` has to be. */
const ACCEPTED = 'a time is a date or a timestamp (2001-12-31 or 2001-12-31 23:59:00), or whole numbers that grow with it';

/**
 * The event time of every row, as the data has it: microseconds since 1970 UTC, or the whole number. MISSING_INTEGER where
 * a row has none.
 * @throws UserError when the column is no time
 */
export async function readTimes(dataset: Dataset, column: string, location: Location): Promise<BigInt64Array> {
  const type = typeOf(dataset, column);
  if (!isTime(type)) {
    const found = type === 'string' ? 'text that is no date in every row' : (type ?? 'nested');
    throw new UserError({ message: `time ${column} is ${found}; ${ACCEPTED}`, location });
  }
  const table = await dataset.table([column]);
  return (table.columns.get(column) as IntegerColumn).values;
}

function typeOf(dataset: Dataset, column: string): string | undefined {
  return dataset.schema.find(({ name }) => name === column)?.type;
}

function isTime(type: string | undefined): boolean {
  return type === 'date' || type === 'timestamp' || type === 'integer';
}

/** 1 for every row whose target is there; it may be one that nobody has learnt yet. @throws UserError without a target */
export async function labelledRows(dataset: Dataset): Promise<Float64Array> {
  const { sql, type, path } = await dataset.labelColumn();
  return dataset.numbers(`CAST((${canonicalText(sql, type)}) IS NOT NULL AS DOUBLE)`, dataset.locate(path));
}

/** The event time of the newest row that has both, and the column that holds it; undefined when there is none, or no time. */
export async function newestLabelled(dataset: Dataset, spec: Spec): Promise<{ column: string; at: string } | undefined> {
  if (spec.data.time === undefined) return undefined;
  const location = dataset.locate(['data', 'time']);
  const { name: column } = dataset.column(spec.data.time, location);
  if (!isTime(typeOf(dataset, column))) return undefined;
  const times = await readTimes(dataset, column, location);
  const labelled = await labelledRows(dataset);
  let newest = MISSING_INTEGER;
  for (let row = 0; row < times.length; row++) if (labelled[row] === 1 && times[row]! > newest) newest = times[row]!;
  return newest === MISSING_INTEGER ? undefined : { column, at: String(newest) };
}

/**
 * The rows of the last so long, counted back from the newest labelled one and not from now: the same data give the same
 * rows whenever it is asked, and labels that come late do not empty the window.
 * @param duration such as `90d`
 * @throws UserError when the data has no time to count by
 */
export async function fitWindow(dataset: Dataset, spec: Spec, duration: string): Promise<RowWindow> {
  const wanted = `the window (the last ${duration})`;
  if (spec.data.time === undefined)
    throw new UserError({
      message: `${wanted} needs data.time, the column with the time of the event; name it, or train on all rows`,
      location: dataset.locate(['data']),
    });
  const location = dataset.locate(['data', 'time']);
  const { name, type } = dataset.column(spec.data.time, location);
  if (type === 'integer')
    throw new UserError({
      message: `${wanted} cannot be counted in time ${name}, which holds whole numbers; it needs dates or timestamps`,
      location,
    });
  await readTimes(dataset, name, location);
  const newest = await newestLabelled(dataset, spec);
  if (!newest)
    throw new UserError({ message: `${wanted} has no end: no row has both a time (${name}) and a target`, location });
  return { column: name, after: String(BigInt(newest.at) - BigInt(durationMs(duration)) * 1000n) };
}

/** 1 for every row of the window. A row without a time is in none. */
export async function rowsInWindow(dataset: Dataset, { column, after }: RowWindow): Promise<Uint8Array> {
  const times = await readTimes(dataset, column, dataset.locate(['data', 'time']));
  const start = BigInt(after);
  return Uint8Array.from(times, (time) => (time > start ? 1 : 0));
}
