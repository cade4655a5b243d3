import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, UserError } from '../core/errors.js';
import { columnKey, meantColumn } from './column-names.js';
import { unionStages } from './load.js';
import { resolveSources } from './sources.js';
import { identifier } from './sql.js';
import { loadStages } from './stage.js';
import type { ColumnType } from './table.js';

/** Values that stand in another file, for columns whose values must be among them. */
export interface LookupRequest {
  /** File, glob or several, relative to the working directory. */
  readonly paths: readonly string[];
  /** Its columns. */
  readonly to: readonly string[];
  readonly location: Location;
}

/** They are in the database: the table has each combination once, in the columns k0, k1, ... */
export interface Lookup {
  readonly table: string;
  readonly types: readonly ColumnType[];
}

/**
 * Loads the known values before the fence closes.
 * @param workspace the directory that the paths cannot leave
 * @throws UserError for files that cannot be read and columns that they do not have
 */
export async function loadLookup(
  connection: DuckDBConnection,
  { paths, to, location }: LookupRequest,
  table: string,
  directory: string,
  workspace: string,
): Promise<Lookup> {
  const files = resolveSources(paths, resolve(directory), location, workspace);
  const stages = await loadStages(connection, files);
  const view = `${table}_rows`;
  const { columns } = await unionStages(connection, stages, view);
  const found = to.map((name) => {
    const column = columns.find((one) => columnKey(one.name) === columnKey(name));
    if (!column) {
      const names = columns.map((one) => one.name);
      const message = `${files[0]!.display} has no column ${JSON.stringify(name)}${meantColumn(name, names)}`;
      throw new UserError({ message, location });
    }
    if (column.type === 'nested')
      throw new UserError({ message: `column ${name} of ${files[0]!.display} holds lists or objects`, location });
    return { name: column.name, type: column.type };
  });
  const keys = found.map(({ name }, index) => `${identifier(name)} AS k${index}`);
  const present = found.map(({ name }) => `${identifier(name)} IS NOT NULL`);
  await connection.run(
    `CREATE TABLE ${identifier(table)} AS SELECT DISTINCT ${keys.join(', ')} FROM ${identifier(view)} WHERE ${present.join(' AND ')}`,
  );
  await connection.run(`DROP VIEW ${identifier(view)}`);
  for (const stage of stages) await connection.run(`DROP TABLE ${identifier(stage.table)}`);
  return { table, types: found.map(({ type }) => type) };
}
