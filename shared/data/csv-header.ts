import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, UserError } from '../core/errors.js';
import { refuseDuplicates } from './column-names.js';
import { readTexts } from './duckdb.js';
import { readError } from './read-error.js';
import type { SourceFile } from './sources.js';
import { literal } from './sql.js';

const DELIMITERS = [',', ';', '\t', '|'];

/**
 * The delimiter and the column names of a CSV or TSV file, from its first record (packed files too), which is a line
 * unless a quoted name holds a line break; that is a space in the name. The delimiter of a CSV file is the one that the header has most of outside quotes; it is not guessed from the rows, so that a ragged row
 * is an error and never another dialect.
 */
export async function csvHeader(
  connection: DuckDBConnection,
  file: SourceFile,
): Promise<{ delimiter: string; names: readonly string[] }> {
  const location = { file: file.display, line: 1 };
  const line = await firstRecord(connection, file, location);
  if (line === undefined || line.trim() === '') {
    throw new UserError({ message: 'the first line is empty; it must name the columns', location });
  }
  const delimiter = file.format === 'tsv' ? '\t' : mostFrequent(line);
  const names = splitLine(line, delimiter).map((name, index) => name.trim().replace(/\s*\n\s*/g, ' ') || `column${index + 1}`);
  if (names.every((name) => /^[+-]?[\d.]+$/.test(name))) {
    throw new UserError({ message: 'the first line holds numbers; it must name the columns', location });
  }
  refuseDuplicates(names, location);
  return { delimiter, names };
}

/** The names of the columns of all CSV and TSV files, in the order that they come in. */
export async function headerColumns(connection: DuckDBConnection, files: readonly SourceFile[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const file of files) {
    if (file.format === 'csv' || file.format === 'tsv') names.push(...(await csvHeader(connection, file)).names);
  }
  return [...new Set(names)];
}

/** Lines that a header may have. */
const HEADER_LINES = 100;

/** Bytes of a line. The engine makes room for many before it reads one, so that a short line is tried first. */
const LINE_BYTES = [65_536, 16_777_216];

/** The first lines, read as a CSV of one column whose delimiter does not occur, up to where no quote is open. */
async function firstRecord(connection: DuckDBConnection, file: SourceFile, location: Location): Promise<string | undefined> {
  // Later lines only when they are needed: what is wrong with them is for the reader of the rows to say.
  let lines = await firstLines(connection, file, 1);
  if (lines[0] && opensQuote(lines[0])) lines = await firstLines(connection, file, HEADER_LINES);
  const [first] = lines;
  if (first === undefined || first === null) return undefined;
  let record = first.replace(/\r$/, '');
  for (const line of lines.slice(1)) {
    if (!opensQuote(record)) break;
    record += `\n${line?.replace(/\r$/, '') ?? ''}`;
  }
  if (opensQuote(record)) {
    throw new UserError({ message: 'the header opens a quote (") that is never closed', location });
  }
  return record;
}

async function firstLines(connection: DuckDBConnection, file: SourceFile, count: number): Promise<(string | null)[]> {
  let failure: unknown;
  for (const bytes of LINE_BYTES) {
    const source =
      `read_csv(${literal(file.path)}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, ` +
      `delim = chr(1), quote = '', escape = '', strict_mode = false, max_line_size = ${bytes}, buffer_size = ${2 * bytes})`;
    try {
      return await readTexts(connection, `SELECT line FROM ${source} LIMIT ${count}`);
    } catch (error) {
      failure = error;
    }
  }
  throw readError(failure, [file]);
}

/** Whether a text ends within quotes. They open where a field begins, whichever the delimiter is. */
function opensQuote(text: string): boolean {
  let quoted = false;
  let start = true;
  for (const character of text) {
    if (character === '"' && (quoted || start)) quoted = !quoted;
    // A quote behind a quote that closed is a doubled one, so it opens again.
    start = character === '"' ? !quoted : DELIMITERS.includes(character) || (start && character === ' ');
  }
  return quoted;
}

function mostFrequent(line: string): string {
  const unquoted = line.replace(/"(?:[^"]|"")*"/g, '');
  let best = ',';
  for (const delimiter of DELIMITERS) {
    if (unquoted.split(delimiter).length > unquoted.split(best).length) best = delimiter;
  }
  return best;
}

function splitLine(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === '"') {
      if (quoted && line[at + 1] === '"') field += line[at++];
      else if (quoted || field.trim() === '') quoted = !quoted;
      else field += character;
    } else if (character === delimiter && !quoted) {
      fields.push(field);
      field = '';
    } else {
      field += character;
    }
  }
  fields.push(field);
  return fields;
}
