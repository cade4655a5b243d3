import type { DuckDBConnection } from '@duckdb/node-api';
import type { FoundType } from './column-types.js';
import { readRows } from './duckdb.js';
import { identifier } from './sql.js';
import { type LikelyType, likelyType, SAMPLE_ROWS } from './text-types.js';

/** Bits of a BIGINT that take part: its sign does not. */
const MASK_BITS = 62;

/**
 * Loads columns of text into a table, and types them on the way where their first rows suggest a type: one pass over the
 * files in place of one for the texts, one for the types and one for the values. A type holds only if every value has it;
 * columns of which one has not are read as text after all, in a second pass.
 * @param source a table function; its columns are all text
 * @returns the types of the columns that have their values; the others have their text
 */
export async function loadTyped(
  connection: DuckDBConnection,
  source: string,
  names: readonly string[],
  table: string,
): Promise<ReadonlyMap<string, FoundType>> {
  const likely = await likelyTypes(connection, source, names);
  const misfits = await load(connection, source, names, likely, table);
  if (misfits.length > 0) {
    for (const name of misfits) likely.delete(name);
    await replace(connection, source, names, misfits, table);
  }
  return new Map([...likely].map(([name, { type }]) => [name, type]));
}

/** Puts texts in the place of the values of some columns. */
async function replace(
  connection: DuckDBConnection,
  source: string,
  names: readonly string[],
  misfits: readonly string[],
  table: string,
): Promise<void> {
  const [target, texts, joined] = [table, `${table}_texts`, `${table}_joined`].map(identifier);
  await connection.run(`CREATE TABLE ${texts} AS SELECT ${misfits.map(identifier).join(', ')} FROM ${source}`);
  const columns = names.map((name) => `${misfits.includes(name) ? 'b' : 'a'}.${identifier(name)}`);
  const rows = `${target} AS a POSITIONAL JOIN ${texts} AS b`;
  await connection.run(`CREATE TABLE ${joined} AS SELECT ${columns.join(', ')} FROM ${rows}`);
  await connection.run(`DROP TABLE ${texts}`);
  await connection.run(`DROP TABLE ${target}`);
  await connection.run(`ALTER TABLE ${joined} RENAME TO ${target}`);
}

async function likelyTypes(
  connection: DuckDBConnection,
  source: string,
  names: readonly string[],
): Promise<Map<string, LikelyType>> {
  const texts = names.map((name, index) => `${identifier(name)} AS t${index}`);
  const sample = `SELECT ${texts.join(', ')} FROM ${source} LIMIT ${SAMPLE_ROWS}`;
  // What is wrong with the first rows is for the reader of all rows to say.
  const rows = await readRows(connection, sample).catch(() => []);
  const found = names.map((name, index) => [name, likelyType(rows.map((row) => row[`t${index}`]))] as const);
  return new Map(found.flatMap(([name, type]) => (type ? [[name, type]] : [])));
}

/** @returns the columns that have a value which is not of their type */
async function load(
  connection: DuckDBConnection,
  source: string,
  names: readonly string[],
  likely: ReadonlyMap<string, LikelyType>,
  table: string,
): Promise<string[]> {
  // In steps, each by the names of the one before: texts, guesses, values, what is stored.
  const texts = names.map((name, index) => `${identifier(name)} AS t${index}`);
  const typed = names.flatMap((name, index) => (likely.has(name) ? [index] : []));
  const guessed = typed.map((index) => `${likely.get(names[index]!)!.guess(`t${index}`)} AS g${index}`);
  const read = typed.map((index) => `${likely.get(names[index]!)!.read(`t${index}`, `g${index}`)} AS v${index}`);
  const stored = names.map((name, index) => `${likely.has(name) ? 'v' : 't'}${index} AS ${identifier(name)}`);
  const masks: string[] = [];
  for (let start = 0; start < typed.length; start += MASK_BITS) {
    masks.push(maskSql(typed.slice(start, start + MASK_BITS).map((index) => `v${index} IS NULL AND t${index} <> ''`)));
  }
  const maskNames = unused(names, masks.length);
  const selected = [...stored, ...masks.map((sql, index) => `${sql} AS ${identifier(maskNames[index]!)}`)];
  await connection.run(
    `CREATE TABLE ${identifier(table)} AS SELECT ${selected.join(', ')} FROM ` +
      `(SELECT ${['*', ...read].join(', ')} FROM (SELECT ${['*', ...guessed].join(', ')} FROM (SELECT ${texts.join(', ')} FROM ${source})))`,
  );
  if (masks.length === 0) return [];
  const found = maskNames.map((name, index) => `coalesce(bit_or(${identifier(name)}), 0) AS m${index}`);
  const [row = {}] = await readRows(connection, `SELECT ${found.join(', ')} FROM ${identifier(table)}`);
  for (const name of maskNames) await connection.run(`ALTER TABLE ${identifier(table)} DROP COLUMN ${identifier(name)}`);
  return typed
    .filter((_, at) => (BigInt(String(row[`m${Math.floor(at / MASK_BITS)}`])) >> BigInt(at % MASK_BITS)) & 1n)
    .map((index) => names[index]!);
}

/** SQL of a number that has a bit for each condition that is true; most rows fulfil none. */
function maskSql(conditions: readonly string[]): string {
  const bits = conditions.map((condition, bit) => `CASE WHEN ${condition} THEN ${1n << BigInt(bit)} ELSE 0 END`);
  return `CASE WHEN ${conditions.map((condition) => `(${condition})`).join(' OR ')} THEN CAST(${bits.map((bit) => `(${bit})`).join(' | ')} AS BIGINT) ELSE 0 END`;
}

/** Names that no column has. */
function unused(names: readonly string[], count: number): string[] {
  let stem = '__misfit_';
  while (names.some((name) => name.toLowerCase().startsWith(stem))) stem += '_';
  return Array.from({ length: count }, (_, index) => `${stem}${index}`);
}
