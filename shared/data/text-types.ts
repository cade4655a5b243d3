import type { DuckDBConnection } from '@duckdb/node-api';
import type { FoundType } from './column-types.js';
import { readRows } from './duckdb.js';
import { identifier, literal } from './sql.js';

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
  /** SQL that is TRUE where the text has the type. */
  readonly fits: (text: string) => string;
  readonly read: (text: string) => string;
  readonly label?: string;
}

const matches = (text: string, pattern: string): string => `regexp_full_match(${text}, ${literal(pattern)})`;
const triesTo = (type: string, pattern: string): Pick<Candidate, 'fits' | 'read'> => ({
  fits: (text) => `${matches(text, pattern)} AND TRY_CAST(${text} AS ${type}) IS NOT NULL`,
  read: (text) => `TRY_CAST(${text} AS ${type})`,
});

// Numbers with a leading zero (007, postal codes) are codes: as numbers they would lose it.
const INTEGER: Candidate = { type: 'integer', ...triesTo('BIGINT', ' *[+-]?(0|[1-9][0-9]*) *') };
const NUMBER: Candidate = {
  type: 'number',
  ...triesTo('DOUBLE', ' *[+-]?(((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?|(?i:inf|infinity)) *'),
};
const BOOLEAN: Candidate = { type: 'boolean', ...triesTo('BOOLEAN', '(?i:true|false)') };
const ISO_DATE: Candidate = { type: 'date', ...triesTo('DATE', '[0-9]{4}-[0-9]{2}-[0-9]{2}') };
const ISO_TIMESTAMP: Candidate = {
  type: 'timestamp',
  ...triesTo(
    'TIMESTAMP',
    '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?',
  ),
};
const OTHER_DATES: readonly Candidate[] = ['%Y/%m/%d', '%m/%d/%Y', '%d/%m/%Y', '%d.%m.%Y', '%m-%d-%Y', '%d-%m-%Y'].flatMap(
  (date) =>
    ['', ' %H:%M', ' %H:%M:%S'].map((time): Candidate => {
      const parsed = (text: string): string => `try_strptime(${text}, ${literal(date + time)})`;
      return {
        type: time ? 'timestamp' : 'date',
        label: date + time,
        // A year of one or two digits would be read as the first century.
        fits: (text) => `year(${parsed(text)}) >= 1000`,
        read: (text) => (time ? parsed(text) : `CAST(${parsed(text)} AS DATE)`),
      };
    }),
);

const CANDIDATES: { readonly [origin in TextOrigin]: readonly Candidate[] } = {
  csv: [BOOLEAN, INTEGER, NUMBER, ISO_DATE, ISO_TIMESTAMP, ...OTHER_DATES],
  'json text': [ISO_DATE, ISO_TIMESTAMP, ...OTHER_DATES],
  'json mixed': [INTEGER, NUMBER],
};

/** Rows that rule most candidates out before all rows are looked at. They cannot decide for a type, only against. */
const SAMPLE_ROWS = 2000;

/** The types of text columns of a table. */
export async function detectTextTypes(
  connection: DuckDBConnection,
  table: string,
  columns: readonly { readonly name: string; readonly text: string; readonly origin: TextOrigin }[],
): Promise<ReadonlyMap<string, TextType>> {
  const types = new Map<string, TextType>();
  if (columns.length === 0) return types;
  let open = columns.map((column) => ({ ...column, candidates: CANDIDATES[column.origin], values: 0, naCount: 0 }));
  for (const from of [`(SELECT * FROM ${identifier(table)} LIMIT ${SAMPLE_ROWS})`, identifier(table)]) {
    const parts = open.flatMap(({ text, candidates }, index) => [
      `count(*) FILTER (${text} <> '') AS "v${index}"`,
      `count(*) FILTER (${text} IN (${NA_LIST})) AS "n${index}"`,
      ...candidates.map(
        (candidate, number) =>
          `count(*) FILTER (${text} <> '' AND ${text} NOT IN (${NA_LIST}) AND NOT coalesce(${candidate.fits(text)}, FALSE)) AS "c${index}_${number}"`,
      ),
    ]);
    const [found] = await readRows(connection, `SELECT ${parts.join(', ')} FROM ${from}`);
    open = open.map((column, index) => ({
      ...column,
      values: Number(found![`v${index}`]),
      naCount: Number(found![`n${index}`]),
      candidates: column.candidates.filter((_, number) => Number(found![`c${index}_${number}`]) === 0),
    }));
  }
  for (const { name, values, naCount, candidates } of open) types.set(name, choose(values, naCount, candidates));
  return types;
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
