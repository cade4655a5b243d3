import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../core/errors.js';
import { refuseDuplicates } from './column-names.js';
import { readTexts } from './duckdb.js';
import { readError } from './read-error.js';
import type { SourceFile } from './sources.js';
import { literal } from './sql.js';

const DELIMITERS = [',', ';', '\t', '|'];

/**
 * The delimiter and the column names of a CSV or TSV file, from its first line (packed files too). The delimiter of a
 * CSV file is the one that the header has most of outside quotes; it is not guessed from the rows, so that a ragged row
 * is an error and never another dialect.
 */
export async function csvHeader(
  connection: DuckDBConnection,
  file: SourceFile,
): Promise<{ delimiter: string; names: readonly string[] }> {
  const location = { file: file.display, line: 1 };
  const line = await firstLine(connection, file);
  if (line === undefined || line.trim() === '') {
    throw new UserError({ message: 'the first line is empty; it must name the columns', location });
  }
  const delimiter = file.format === 'tsv' ? '\t' : mostFrequent(line);
  const names = splitLine(line, delimiter).map((name, index) => name.trim() || `column${index + 1}`);
  if (names.every((name) => /^[+-]?[\d.]+$/.test(name))) {
    throw new UserError({ message: 'the first line holds numbers; it must name the columns', location });
  }
  refuseDuplicates(names, location);
  return { delimiter, names };
}

/** The first line as a CSV of one column whose delimiter does not occur. */
async function firstLine(connection: DuckDBConnection, file: SourceFile): Promise<string | undefined> {
  const source =
    `read_csv(${literal(file.path)}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, ` +
    `delim = chr(1), quote = '', escape = '', strict_mode = false, max_line_size = 16777216)`;
  try {
    const [line] = await readTexts(connection, `SELECT line FROM ${source} LIMIT 1`);
    return line?.replace(/\r$/, '');
  } catch (error) {
    throw readError(error, [file]);
  }
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
      else quoted = !quoted;
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
