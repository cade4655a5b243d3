import type { Dataset } from '../data/dataset.js';
import type { BlockUnit, Distribution } from '../data/distribution/distribution.js';
import { readDistributions } from '../data/distribution/read.js';
import { identifier } from '../data/sql.js';
import type { WatchedInput } from '../features/watched.js';
import { type WindowGrid, windowSql } from './windows.js';

/** 52 weeks: the same days of the week, almost a year ago. */
const YEAR_MS = 364 * 86_400_000;

/**
 * Of each window the rows of the data that are 364 days older.
 * @param time the column with the time of the event, a date or timestamp
 * @returns undefined for a window without such rows
 */
export async function readSeasons(
  dataset: Dataset,
  request: {
    readonly inputs: readonly WatchedInput[];
    readonly time: string;
    readonly unit: BlockUnit;
    readonly grid: WindowGrid;
    readonly windows: { readonly first: number; readonly end: number };
  },
): Promise<readonly (Distribution | undefined)[]> {
  const { inputs, unit, grid, windows } = request;
  const time = `CAST(${identifier(dataset.column(request.time, dataset.locate(['data', 'time'])).name)} AS TIMESTAMP)`;
  const count = windows.end - windows.first;
  const window = `${windowSql(grid, `(${time} + to_milliseconds(${YEAR_MS}))`)} - (${windows.first})`;
  const seasons = await readDistributions(dataset.connection, {
    from: 'source',
    columns: inputs
      .filter(({ from }) => dataset.schema.some(({ name }) => name === from))
      .map(({ from, ...watched }) => ({ ...watched, sql: identifier(from) })),
    time: { sql: time, unit },
    group: { sql: `CASE WHEN isfinite(${time}) AND ${window} BETWEEN 0 AND ${count - 1} THEN ${window} END`, count },
  });
  return seasons.map((season) => (season.rows > 0 ? season : undefined));
}
