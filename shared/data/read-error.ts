import { type Location, messageOf, UserError } from '../core/errors.js';
import type { SourceFile } from './sources.js';

const LONG_LINE =
  'this row is longer than the 2,000,000 bytes that are read of one; often a quote (") that was opened and not closed, else leave such texts out of the data';

/** What DuckDB says about a file, as the user's mistake that it is: the file, the line, the first sentence. */
export function readError(error: unknown, files: readonly SourceFile[]): UserError {
  const text = messageOf(error);
  const file = namedFile(text, files) ?? files[0]!;
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const location: Location = { file: file.display, ...(line ? { line: Number(line) } : {}) };
  return new UserError({ message: readMessage(text, file), location }, { cause: error });
}

/** The file that a message of DuckDB's names first: behind its sentence stands the query, with every file. */
export function namedFile(text: string, files: readonly SourceFile[]): SourceFile | undefined {
  const named = files
    .map((file) => ({ file, at: text.indexOf(file.path) }))
    .filter(({ at }) => at >= 0)
    // Of a.json and a.json.gz the longer one is meant where both fit.
    .sort((a, b) => a.at - b.at || b.file.path.length - a.file.path.length);
  return named[0]?.file;
}

function readMessage(text: string, file: SourceFile): string {
  const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (fields) {
    const [, expected, found] = fields;
    return `this row has ${found} fields where the header has ${expected}; mend or remove it (a value that holds the delimiter is quoted)`;
  }
  if (text.includes('unterminated quote'))
    return 'a value opens a quote (") that is never closed; a quote within a value is doubled ("")';
  if (/not utf-8|unicode/i.test(text))
    return 'the text is not UTF-8; convert it (iconv -f latin1 -t utf-8) and commit it again';
  if (/^Maximum line size of \d+ bytes exceeded/m.test(text)) return LONG_LINE;
  if (text.includes('expected records')) return 'rows of JSON data are objects, {"column": value}; this holds something else';
  const reason = firstSentence(text, file);
  if (file.format === 'parquet') return `this is not a whole Parquet file (truncated, or another format): ${reason}`;
  return `cannot be read as ${file.format.toUpperCase()}: ${reason}`;
}

/** DuckDB's first line without its class and without the path, which the location says. */
function firstSentence(text: string, file: SourceFile): string {
  const line = text.split('\n').find((part) => part.trim() !== '') ?? text;
  return line
    .replace(/^(?:[A-Z][A-Za-z ]+ Error: )+/, '')
    .replaceAll(file.path, file.display)
    .trim();
}
