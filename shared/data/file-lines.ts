import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { SourceFile } from './sources.js';

/** Where a row stands in its file. */
export interface FileLine {
  /** As it is shown. */
  readonly file: string;
  /** Counted from 1; the header has one or more. */
  readonly line: number;
}

const [NEWLINE, RETURN, QUOTE] = [10, 13, 34];
const DELIMITERS = [',', ';', '\t', '|'].map((text) => text.charCodeAt(0));
const HEADER_BYTES = 65_536;

/**
 * The lines of rows of CSV files, for the few rows that a report shows. The files are read up to the last of them; a
 * quoted value may hold line breaks, and an empty line is no row.
 * @param files all of the data, in their order
 * @param rows numbers of rows, counted from 1 through all files
 * @returns none of them when a file is of another kind, or packed as .zst: then rows have no lines
 */
export async function fileLines(files: readonly SourceFile[], rows: readonly number[]): Promise<ReadonlyMap<number, FileLine>> {
  const lines = new Map<number, FileLine>();
  const wanted = [...new Set(rows)].sort((a, b) => a - b);
  if (files.some(({ format, path }) => (format !== 'csv' && format !== 'tsv') || /\.zst$/i.test(path))) return lines;
  let before = 0;
  let next = 0;
  for (const file of files) {
    if (next >= wanted.length) break;
    const records = new Records();
    for await (const chunk of contentOf(file)) {
      records.take(chunk as Buffer, (record, line) => {
        // Record 0 is the header.
        if (before + record === wanted[next]) lines.set(wanted[next++]!, { file: file.display, line });
        return next < wanted.length;
      });
      if (next >= wanted.length) break;
    }
    before += records.count - 1;
  }
  return lines;
}

function contentOf({ path }: SourceFile): Readable {
  const bytes = createReadStream(path, { highWaterMark: 1 << 20 });
  return /\.gz$/i.test(path) ? bytes.pipe(createGunzip()) : bytes;
}

/** Finds where the records of one CSV file begin. */
class Records {
  /** Records that have begun. */
  count = 0;
  #line = 1;
  #delimiter: number | undefined;
  /** Nothing of the record has been seen yet. */
  #atStart = true;
  /** At the beginning of a field, where alone a quote opens. */
  #atField = true;
  #quoted = false;
  /** A quote within quotes: the end of the value, or the first half of a doubled one. */
  #afterQuote = false;

  /** @param onRecord is told of each record and the line that it begins on; false ends the reading */
  take(bytes: Buffer, onRecord: (record: number, line: number) => boolean): void {
    this.#delimiter ??= mostFrequent(bytes.subarray(0, HEADER_BYTES));
    for (const byte of bytes) {
      if (this.#atStart && byte !== NEWLINE && byte !== RETURN) {
        this.#atStart = false;
        if (!onRecord(this.count++, this.#line)) return;
      }
      if (byte === NEWLINE) this.#line++;
      if (this.#quoted && !this.#afterQuote) {
        if (byte === QUOTE) this.#afterQuote = true;
      } else if (this.#afterQuote && byte === QUOTE) {
        this.#afterQuote = false;
      } else if (byte === NEWLINE) {
        this.#atStart = true;
        this.#atField = true;
        this.#quoted = false;
        this.#afterQuote = false;
      } else if (byte === QUOTE && this.#atField) {
        this.#quoted = true;
        this.#atField = false;
      } else {
        if (this.#afterQuote) {
          this.#afterQuote = false;
          this.#quoted = false;
        }
        this.#atField = byte === this.#delimiter;
      }
    }
  }
}

/** The delimiter that the header has most of outside quotes, as where the file is read. */
function mostFrequent(bytes: Buffer): number {
  let best = DELIMITERS[0]!;
  const counts = new Map<number, number>();
  let quoted = false;
  for (const byte of bytes) {
    if (byte === QUOTE) quoted = !quoted;
    else if (byte === NEWLINE && !quoted) break;
    else if (!quoted) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  for (const delimiter of DELIMITERS) if ((counts.get(delimiter) ?? 0) > (counts.get(best) ?? 0)) best = delimiter;
  return best;
}
