import { UserError } from '../core/errors.js';
import type { DatePart } from '../spec/schema.js';
import { columnKey } from './column-names.js';
import type { Dataset } from './dataset.js';
import type { WatchedColumn } from './distribution/watched-column.js';
import { identifier } from './sql.js';

/** A column of the data as it is held against a reference. */
export interface WatchedSource extends WatchedColumn {
  /** The column of the data, or the name of a derived target. */
  readonly from: string;
  readonly isTarget: boolean;
}

/** A part of a date that a reference has. */
export interface WantedPart {
  readonly name: string;
  readonly from: string;
  readonly part: DatePart;
}

/**
 * What is watched of data: every column but keys and groups, which are new in every file. Dates go on by themselves, so of
 * timestamps only the hour is watched, and other parts where the reference has them.
 */
export async function watchedColumns(dataset: Dataset, wanted: readonly WantedPart[] = []): Promise<WatchedSource[]> {
  const { spec } = dataset;
  const { by } = spec.split;
  const ids = new Set([spec.data.key ?? [], typeof by === 'object' ? by.group : []].flat().map(columnKey));
  const target = columnKey(spec.target.column);
  const watched: WatchedSource[] = [];
  for (const { name, type } of dataset.schema) {
    if (ids.has(columnKey(name))) continue;
    const isTarget = spec.target.sql === undefined && columnKey(name) === target;
    const source = { sql: identifier(name), from: name, type, isTarget };
    if (type !== 'date' && type !== 'timestamp') watched.push({ ...source, name });
    else {
      const parts = wanted.filter(({ from }) => columnKey(from) === columnKey(name));
      const hour = type === 'timestamp' ? [{ name: `${name}_hour`, part: 'hour' as const }] : [];
      for (const { name: partName, part } of parts.length > 0 ? parts : hour) watched.push({ ...source, name: partName, part });
    }
  }
  const derived = spec.target.sql === undefined ? undefined : await derivedTarget(dataset);
  return derived ? [...watched.filter(({ name }) => columnKey(name) !== target), derived] : watched;
}

/** Undefined where the data cannot give it: that is said elsewhere, and no matter of drift. */
async function derivedTarget(dataset: Dataset): Promise<WatchedSource | undefined> {
  try {
    const { name, type, sql } = await dataset.labelColumn();
    if (type === 'date' || type === 'timestamp') return undefined;
    return { name, from: name, type, sql, isTarget: true };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
}
