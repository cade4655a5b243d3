import { UserError } from '../../core/errors.js';
import type { Spec } from '../../spec/schema.js';
import { canonicalText } from '../canonical.js';
import { meantColumn } from '../column-names.js';
import { columnNamed } from '../contract/found-column.js';
import type { Dataset, LabelColumn, Locate } from '../dataset.js';
import { readRows } from '../duckdb.js';
import { chooseClasses, type LabelPlace, refuseQuantity } from '../labels.js';
import { evaluated } from '../time-limit.js';
import { LONGEST_VALUE, MOST_TARGET_VALUES, type ShardDocument, type ShardTarget } from './document.js';
import type { GatheredData, ShardResult } from './gather.js';

/** The values of the target in the rows of a shard, or why the data cannot give it. */
export async function targetOfShard(dataset: Dataset, spec: Spec): Promise<Pick<ShardDocument, 'target' | 'targetProblem'>> {
  try {
    return { target: await valuesOf(dataset, spec, await dataset.labelColumn()) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      targetProblem: error.problems
        .map(({ message }) => message)
        .join('; ')
        .slice(0, 4000),
    };
  }
}

/** @throws UserError when the expression of the target fails on the data, or takes too long */
async function valuesOf(
  { connection, locate }: Dataset,
  { task, target }: Spec,
  { name, path, type, sql, columns }: LabelColumn,
): Promise<ShardTarget> {
  const query =
    task === 'regression' && (type === 'integer' || type === 'number')
      ? `SELECT CAST(v AS VARCHAR) AS v, n FROM (SELECT unnest([min(v), max(v)]) AS v, count(v) AS n FROM (SELECT ${sql} AS v FROM source)) WHERE v IS NOT NULL`
      : `SELECT v, count(*) AS n FROM (SELECT left(${canonicalText(sql, type)}, ${LONGEST_VALUE}) AS v FROM source) WHERE v IS NOT NULL GROUP BY v ORDER BY v LIMIT ${MOST_TARGET_VALUES}`;
  const read = () => readRows(connection, query);
  const rows = await (target.sql === undefined ? read() : evaluated(target.sql, locate(path), connection, undefined, read));
  return { name, type, columns, values: rows.map(({ v, n }) => [String(v), Number(n)]) };
}

/**
 * Whether the target of all rows can be trained on, as reading its labels would say.
 * @param rows of all shards
 * @throws UserError at the target's line
 */
export function checkTarget(
  targets: readonly ShardTarget[],
  label: LabelColumn,
  rows: number,
  spec: Spec,
  place: LabelPlace,
): void {
  const counts = countTargets(targets);
  if (spec.task !== 'regression') {
    chooseClasses(place, spec, label, new Map([...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))), rows);
    return;
  }
  const ends = [...counts.keys()].map(Number);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  refuseQuantity(place, label, ends.length === 0 ? undefined : { low, high }, rows);
}

/** Rows of all shards, by the value of the target. */
export function countTargets(targets: readonly ShardTarget[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { values } of targets) for (const [value, count] of values) counts.set(value, (counts.get(value) ?? 0) + count);
  return counts;
}

/** What is to be predicted, by the columns of all shards. @throws UserError when there is none */
export function labelOfShards(
  shards: readonly ShardResult[],
  data: GatheredData,
  { spec, locate }: { readonly spec: Spec; readonly locate: Locate },
): LabelColumn {
  const { column: name, sql } = spec.target;
  const path = ['target', sql === undefined ? 'column' : 'sql'];
  const fail = (message: string): never => {
    throw new UserError({ message, location: locate(path) });
  };
  if (sql === undefined) {
    const column = columnNamed(data, name);
    if (column) return { name, path, type: column.type, sql: '', columns: [column.name] };
    return fail(`there is no column ${JSON.stringify(name)}${meantColumn(name, data.columnNames)}`);
  }
  const [problem] = shards.flatMap(({ document }) => document.targetProblem ?? []);
  const [target] = shards.flatMap(({ document }) => document.target ?? []);
  if (problem !== undefined || !target || target.type === 'nested') return fail(problem ?? 'the shards found no target');
  return { name, path, type: target.type, sql: '', columns: target.columns };
}
