import type { DuckDBConnection } from '@duckdb/node-api';
import type { FoundType } from './column-types.js';
import { readRows } from './duckdb.js';
import { identifier, literal, matchSql } from './sql.js';

/**
 * The types of columns that come as text (CSV, TSV, dates in JSON). A type is chosen only when every value of the column
 * has it, so the result depends neither on the order of the rows nor on a sample.
 */

/** How to read a column of text: its type, and the SQL that makes it from the text. */
export interface TextType {
  readonly type: FoundType;
  readonly sql: (text: string) => string;
  /** How many values were a spelling of "missing" in a numeric column. */
  readonly naCount: number;
  /** Two readings fit every value (3/4/2001), so it stays text. */
  readonly ambiguous?: readonly [string, string];
}

/** Which types are looked for: everything in CSV; only dates in text that JSON quotes; numbers in mixed JSON. */
export type TextOrigin = 'csv' | 'json text' | 'json mixed';

/** Spellings of "missing" in columns whose other values are all numbers. Elsewhere they are text. */
const NA_SPELLINGS = ['NA', 'N/A', 'n/a', 'NaN', 'nan', 'NULL', 'null', 'None'];
const NA_LIST = NA_SPELLINGS.map(literal).join(', ');

interface Candidate {
  readonly type: FoundType;
  /** The shape of the text, in the syntax that RE2 and JavaScript share. Necessary, and where it can be not sufficient. */
  readonly pattern: string;
  /** SQL of the value; NULL where the text has the shape only. */
  readonly read: (text: string) => string;
  readonly label?: string;
  /** How the engine writes values of the type. A text that it would write so has the shape, and needs no pattern. */
  readonly written?: { readonly type: string; readonly bytes?: number };
}

const tryCast =
  (type: string) =>
  (text: string): string =>
    `TRY_CAST(${text} AS ${type})`;

// Numbers with a leading zero (007, postal codes) are codes: as numbers they would lose it.
const WHOLE = '(0|[1-9][0-9]*)';
const INTEGER: Candidate = {
  type: 'integer',
  pattern: ` *[+-]?${WHOLE} *`,
  read: tryCast('BIGINT'),
  written: { type: 'BIGINT' },
};
const NUMBER: Candidate = {
  type: 'number',
  pattern: ` *[+-]?((${WHOLE}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?|inf|Inf|INF|infinity|Infinity) *`,
  read: tryCast('DOUBLE'),
};
const BOOLEAN: Candidate = { type: 'boolean', pattern: 'true|True|TRUE|false|False|FALSE', read: tryCast('BOOLEAN') };
const ISO_DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
// Years of more digits, those before Christ and the infinities are written with more or fewer bytes.
const ISO_DATE: Candidate = { type: 'date', pattern: ISO_DAY, read: tryCast('DATE'), written: { type: 'DATE', bytes: 10 } };
const ISO_TIMESTAMP: Candidate = {
  type: 'timestamp',
  pattern: `${ISO_DAY}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?`,
  // A plain cast would drop the offset. Without one the time is UTC, the session's zone.
  read: (text) => `make_timestamp(epoch_us(TRY_CAST(${text} AS TIMESTAMPTZ)))`,
  written: { type: 'TIMESTAMP', bytes: 19 },
};
const OTHER_DATES: readonly Candidate[] = ['%Y/%m/%d', '%m/%d/%Y', '%d/%m/%Y', '%d.%m.%Y', '%m-%d-%Y', '%d-%m-%Y'].flatMap(
  (date) =>
    ['', ' %H:%M', ' %H:%M:%S'].map((time): Candidate => {
      const format = date + time;
      const parsed = (text: string): string => `try_strptime(${text}, ${literal(format)})`;
      return {
        type: time ? 'timestamp' : 'date',
        label: format,
        pattern: format
          .replace('%Y', '[0-9]{4}')
          .replace(/%[mdHMS]/g, '[0-9]{1,2}')
          .replaceAll('.', '[.]'),
        read: (text) => (time ? parsed(text) : `CAST(${parsed(text)} AS DATE)`),
      };
    }),
);

const CANDIDATES: { readonly [origin in TextOrigin]: readonly Candidate[] } = {
  csv: [BOOLEAN, INTEGER, NUMBER, ISO_DATE, ISO_TIMESTAMP, ...OTHER_DATES],
  'json text': [ISO_DATE, ISO_TIMESTAMP, ...OTHER_DATES],
  'json mixed': [INTEGER, NUMBER],
};

/** Rows whose shape rules most candidates out before all rows are looked at. They cannot decide for a type, only against. */
export const SAMPLE_ROWS = 500;

/** Columns of one statement. DuckDB's time to plan grows faster than a statement, so wide tables go in batches. */
const BATCH_COLUMNS = 20;

interface TextColumn {
  readonly name: string;
  /** SQL of its text over the table. */
  readonly text: string;
  readonly origin: TextOrigin;
}

/** The types of text columns of a table. */
export async function detectTextTypes(
  connection: DuckDBConnection,
  table: string,
  columns: readonly TextColumn[],
): Promise<ReadonlyMap<string, TextType>> {
  const types = new Map<string, TextType>();
  for (let start = 0; start < columns.length; start += BATCH_COLUMNS) {
    const batch = columns.slice(start, start + BATCH_COLUMNS);
    for (const [name, type] of await detectBatch(connection, table, batch)) types.set(name, type);
  }
  return types;
}

async function detectBatch(
  connection: DuckDBConnection,
  table: string,
  columns: readonly TextColumn[],
): Promise<[name: string, type: TextType][]> {
  const texts = columns.map(({ text }, index) => `${text} AS t${index}`).join(', ');
  const sample = await readRows(connection, `SELECT ${texts} FROM ${identifier(table)} LIMIT ${SAMPLE_ROWS}`);
  const open = columns.map((column, index) => {
    const values = knownValues(sample.map((row) => row[`t${index}`]));
    return { ...column, candidates: plausible(CANDIDATES[column.origin], values), isKnown: values.length > 0 };
  });
  const ask = async (counts: readonly string[]): Promise<(name: string) => number> => {
    if (counts.length === 0) return () => Number.NaN;
    const [found] = await readRows(connection, `SELECT ${counts.join(', ')} FROM ${identifier(table)}`);
    return (name) => Number(found![name]);
  };
  const present = ({ text }: TextColumn, index: number): string => `count(*) FILTER (${text} <> '') AS v${index}`;
  const fits = ({ text }: TextColumn, { pattern, read }: Candidate, name: string): string =>
    `count(*) FILTER (${matchSql(text, pattern)} AND ${read(text)} IS NOT NULL) AS ${name}`;
  // Mostly the first type fits all values. No pattern fits the empty text or a spelling of "missing", so a type that fits
  // as often as there are values fits all. Dates without a standard are looked at together, since two may fit.
  const isFirst = ({ candidates: [first] }: { candidates: readonly Candidate[] }): boolean =>
    first !== undefined && !first.label;
  const first = await ask(
    open.flatMap((column, index) =>
      isFirst(column) ? [present(column, index), fits(column, column.candidates[0]!, `c${index}`)] : [],
    ),
  );
  const types = open.map((column, index): TextType | undefined => {
    // One text that fits nothing is enough to know.
    if (column.isKnown && column.candidates.length === 0) return choose(1, 0, []);
    const values = first(`v${index}`);
    return values === first(`c${index}`) ? choose(values, 0, column.candidates.slice(0, 1)) : undefined;
  });
  const rest = await ask(
    open.flatMap((column, index) =>
      types[index]
        ? []
        : [
            present(column, index),
            `count(*) FILTER (${column.text} IN (${NA_LIST})) AS n${index}`,
            ...column.candidates.map((candidate, at) => fits(column, candidate, `c${index}_${at}`)),
          ],
    ),
  );
  return open.map(({ name, candidates }, index) => {
    const [values, missing] = [rest(`v${index}`), rest(`n${index}`)];
    const fitting = candidates.filter((_, at) => rest(`c${index}_${at}`) === values - missing);
    return [name, types[index] ?? choose(values, missing, fitting)];
  });
}

/** What a column seems to be by its first texts. */
export interface LikelyType {
  readonly type: FoundType;
  /** SQL of what most texts are read as; `read` makes the value of it. */
  readonly guess: (text: string) => string;
  /** SQL of the value from a text and its guess; NULL where the text is not of the type. */
  readonly read: (text: string, guess: string) => string;
}

/**
 * The type of a column, if all of its texts turn out to have it: the one that `detectTextTypes` would find then.
 * @returns undefined where that takes a look at all texts
 */
export function likelyType(sample: readonly unknown[]): LikelyType | undefined {
  const known = knownValues(sample);
  if (known.length === 0 || sample.some((text) => typeof text === 'string' && NA_SPELLINGS.includes(text))) return undefined;
  const [first] = plausible(CANDIDATES.csv, known);
  // Of dates without a standard two may fit.
  if (!first || first.label !== undefined) return undefined;
  const { type, pattern, read, written } = first;
  if (!written) {
    return { type, guess: read, read: (text, guess) => `CASE WHEN ${matchSql(text, pattern)} THEN ${guess} END` };
  }
  const isWritten = (text: string, guess: string): string =>
    `CAST(${guess} AS VARCHAR) = ${text}${written.bytes === undefined ? '' : ` AND strlen(${text}) = ${written.bytes}`}`;
  return {
    type,
    guess: tryCast(written.type),
    read: (text, guess) =>
      `CASE WHEN ${isWritten(text, guess)} THEN ${guess} WHEN ${matchSql(text, pattern)} THEN ${read(text)} END`,
  };
}

/** Those of a sample that are no spelling of "missing". */
function knownValues(values: readonly unknown[]): string[] {
  const texts = values.filter((value): value is string => typeof value === 'string' && value !== '');
  return texts.filter((text) => !NA_SPELLINGS.includes(text));
}

function plausible(candidates: readonly Candidate[], known: readonly string[]): readonly Candidate[] {
  return candidates.filter(({ pattern }) => {
    const shape = new RegExp(`^(?:${pattern})$`);
    return known.every((text) => shape.test(text));
  });
}

function choose(values: number, naCount: number, candidates: readonly Candidate[]): TextType {
  const text = (type: FoundType): TextType => ({ type, naCount: 0, sql: (sql) => `nullif(${sql}, '')` });
  if (values === 0) return text('missing');
  if (values === naCount) return text('na');
  const fitting = naCount === 0 ? candidates : candidates.filter(({ type }) => type === 'integer' || type === 'number');
  const [first] = fitting;
  if (!first) return text('string');
  const other = fitting.find(({ label }) => label !== undefined && label !== first.label);
  if (first.label !== undefined && other?.label !== undefined) {
    return { ...text('string'), ambiguous: [first.label, other.label] };
  }
  const read = (sql: string): string =>
    first.type === 'number' ? `CASE WHEN isnan(${first.read(sql)}) THEN NULL ELSE ${first.read(sql)} END` : first.read(sql);
  return { type: first.type, naCount, sql: read };
}
