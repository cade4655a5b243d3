import { type Location, messageOf, UserError } from '../core/errors.js';
import type { SourceFile } from './sources.js';

/** What DuckDB says about a file, as the user's mistake that it is: the file, the line, the first sentence. */
export function readError(error: unknown, files: readonly SourceFile[]): UserError {
  const text = messageOf(error);
  const file = files.find(({ path }) => text.includes(path)) ?? files[0]!;
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const location: Location = { file: file.display, ...(line ? { line: Number(line) } : {}) };
  return new UserError({ message: readMessage(text, file), location }, { cause: error });
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
