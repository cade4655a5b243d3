import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, messageOf, UserError } from '../core/errors.js';
import { nearest } from '../spec/nearest.js';
import { columnKey, meantColumn } from './column-names.js';
import { readRows, readTexts } from './duckdb.js';
import { REFUSED_FUNCTIONS, SCALAR_FUNCTIONS } from './scalar-functions.js';
import { identifier, listLiteral, literal } from './sql.js';
import { withTimeLimit } from './time-limit.js';

/**
 * The fence around the SQL of a spec. Two walls: the engine can reach no file, no network and no setting any more
 * (`closeFence`), and each text is parsed by DuckDB and must be one scalar expression over known columns, of known
 * harmless functions (`checkExpression`), before any of it runs.
 */

/** An expression that may run. */
export interface CheckedExpression {
  /** The columns that it reads, as the data spells them, sorted. */
  readonly columns: readonly string[];
  /** The same expression in parentheses and by itself on its line, ready to stand in a statement. */
  readonly sql: string;
  /** DuckDB's name of its type. */
  readonly type: string;
}

/**
 * Cuts the database off from files and network, for good: the settings cannot be changed back. It comes after the data
 * has been loaded and before any SQL of the spec, so no directory needs to stay allowed at all.
 * @param readable files of the data that are read in place; these alone, whole paths, stay readable
 */
export async function closeFence(connection: DuckDBConnection, readable: readonly string[] = []): Promise<void> {
  if (readable.length > 0) await connection.run(`SET allowed_paths = ${listLiteral(readable)}`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}

/**
 * Checks an expression of the spec against a table.
 * @param columns the columns that it may read; `table` (a name) has them
 * @throws UserError at `location`, saying what is wrong with it
 */
export async function checkExpression(
  connection: DuckDBConnection,
  sql: string,
  table: string,
  columns: readonly string[],
  location: Location,
): Promise<CheckedExpression> {
  const fail = (message: string): never => {
    throw new UserError({ message: `SQL ${quoted(sql)}: ${message}`, location });
  };
  if (sql.includes('\0')) fail('it holds a NUL character');
  const expression = await parse(connection, sql, fail);
  const used = new Set<string>();
  inspect(expression, columns, used, fail);
  const closed = `(\n${sql}\n)`;
  // What will run is the text in parentheses, so that is what has to be one expression. Without the line breaks,
  // a comment at the end would swallow what follows in a caller's statement.
  for (const form of [closed, `(${sql})`]) {
    await parse(connection, form, () =>
      fail('a comment, semicolon or parenthesis reaches beyond the expression; leave it out'),
    );
  }
  const type = await bind(connection, closed, table, fail);
  return { columns: [...used].sort(), sql: closed, type };
}

/** A node of DuckDB's parse tree, as json_serialize_sql writes it. */
type Node = { readonly [key: string]: unknown };

async function parse(connection: DuckDBConnection, sql: string, fail: (message: string) => never): Promise<Node> {
  const [text] = await readTexts(connection, `SELECT json_serialize_sql(${literal(`SELECT ${sql}`)})`);
  const tree = JSON.parse(text!) as { error: boolean; error_message?: string; statements?: readonly { node: Node }[] };
  if (tree.error) {
    if (tree.error_message?.startsWith('Only SELECT')) return fail('a single expression is accepted, not a statement');
    return fail(`${tree.error_message ?? 'it cannot be parsed'}; a single expression is accepted, such as delay > 15`);
  }
  const [statement, ...more] = tree.statements ?? [];
  if (!statement || more.length > 0) return fail('several statements; a single expression is accepted');
  const { node } = statement;
  const list = node.select_list;
  if (node.type !== 'SELECT_NODE' || !Array.isArray(list)) return fail('a single expression is accepted, not a query');
  const from = (node.from_table as Node | undefined)?.type;
  if (from !== 'EMPTY') return fail('FROM is not accepted; the columns of the data are there by their names');
  if (list.length !== 1) return fail(`${list.length} expressions; one is accepted`);
  for (const clause of ['where_clause', 'having', 'qualify', 'sample']) {
    if (node[clause] !== null && node[clause] !== undefined)
      return fail('a single expression is accepted, without clauses of a query');
  }
  for (const clause of ['modifiers', 'group_expressions', 'group_sets']) {
    const parts = node[clause];
    if (!Array.isArray(parts) || parts.length > 0) return fail('a single expression is accepted, without clauses of a query');
  }
  const common = (node.cte_map as { map?: unknown } | undefined)?.map;
  if (!Array.isArray(common) || common.length > 0) return fail('WITH is not accepted');
  const expression = list[0] as Node;
  if (expression.alias !== '') return fail('a name (AS ...) is not accepted');
  return expression;
}

/** Kinds of expression nodes that hold nothing but other expressions. */
const PLAIN_CLASSES = new Set(['CONSTANT', 'COMPARISON', 'CONJUNCTION', 'OPERATOR', 'CASE', 'CAST', 'BETWEEN', 'COLLATE']);

const REFUSED_CLASSES: { readonly [name: string]: string } = {
  SUBQUERY: 'a subquery is not accepted; an expression here sees one row',
  WINDOW: 'a window function looks at many rows; an expression here sees one row',
  STAR: '* and COLUMNS() stand for many columns; name one',
  LAMBDA: 'lambdas and -> are not accepted; JSON is read with ->> or json_extract',
  PARAMETER: 'parameters (? and $1) are not accepted',
  POSITIONAL_REFERENCE: 'columns are named, not numbered (#1)',
};

/** Walks every part of the tree, known or not: an expression node of a kind that is not listed is refused. */
function inspect(part: unknown, columns: readonly string[], used: Set<string>, fail: (message: string) => never): void {
  if (Array.isArray(part)) {
    for (const item of part) inspect(item, columns, used, fail);
    return;
  }
  if (typeof part !== 'object' || part === null) return;
  const node = part as Node;
  if (node.id === 'ARRAY') fail('types of a fixed size such as INTEGER[1000] are not accepted; a list is INTEGER[]');
  if (typeof node.class === 'string') {
    if (node.class === 'COLUMN_REF') used.add(resolveColumn(node.column_names, columns, fail));
    else if (node.class === 'FUNCTION') checkFunction(node, fail);
    else if (!PLAIN_CLASSES.has(node.class) || node.type === 'GROUPING_FUNCTION') {
      fail(REFUSED_CLASSES[node.class] ?? `${node.class.toLowerCase().replaceAll('_', ' ')} expressions are not accepted`);
    }
  }
  for (const value of Object.values(node)) inspect(value, columns, used, fail);
}

function resolveColumn(path: unknown, columns: readonly string[], fail: (message: string) => never): string {
  const [first] = Array.isArray(path) ? path.map(String) : [];
  if (first === undefined) return fail('a column without a name');
  const column = columns.find((name) => columnKey(name) === columnKey(first));
  if (column !== undefined) return column;
  const reason = REFUSED_FUNCTIONS[columnKey(first)];
  if (reason) return fail(`${first} ${reason}`);
  return fail(`there is no column ${JSON.stringify(first)}${meantColumn(first, columns)} (text stands in single quotes)`);
}

function checkFunction(node: Node, fail: (message: string) => never): void {
  const name = columnKey(String(node.function_name));
  const schema = String(node.schema ?? '');
  const catalog = String(node.catalog ?? '');
  if ((schema !== '' && schema !== 'main') || (catalog !== '' && catalog !== 'system')) {
    fail(`function ${schema}.${name} is not accepted`);
  }
  if (!SCALAR_FUNCTIONS.has(name)) {
    const reason = REFUSED_FUNCTIONS[name];
    if (reason) fail(`${name}() ${reason}`);
    const near = nearest(name, SCALAR_FUNCTIONS);
    fail(`function ${name}() is not accepted${near ? `; did you mean ${near}()?` : ''}`);
  }
  if (node.distinct === true || (node.filter !== null && node.filter !== undefined)) {
    fail('DISTINCT and FILTER belong to functions that look at many rows; an expression here sees one row');
  }
}

async function bind(
  connection: DuckDBConnection,
  sql: string,
  table: string,
  fail: (message: string) => never,
): Promise<string> {
  try {
    // DuckDB evaluates constants already here.
    const describe = `DESCRIBE SELECT ${sql} AS value FROM ${identifier(table)}`;
    const [row] = await withTimeLimit(connection, () => readRows(connection, describe));
    return String(row?.column_type);
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n');
    return fail(reason.replace(/^[A-Z][A-Za-z ]+ Error: /, ''));
  }
}

function quoted(sql: string): string {
  const line = sql.trim().replace(/\s+/g, ' ');
  return `"${line.length > 80 ? `${line.slice(0, 79)}…` : line}"`;
}
