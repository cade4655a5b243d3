import { open, stat } from 'node:fs/promises';
import { formatNumber } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';

/** One line of `progress.ndjson`. */
interface ProgressEntry {
  readonly step: number;
  readonly values: ReadonlyMap<string, number>;
}

/** More is no progress report. */
const LARGEST_BYTES = 16 * 1024 * 1024;
const EVERY_MS = 1_000;

/**
 * Follows the file in which a trainer says how far it is: one JSON object a line, with `step` and metric values. Lines of
 * another form are counted and left out.
 */
export class ProgressFile {
  readonly entries: ProgressEntry[] = [];
  ignored = 0;
  readonly #file: string;
  readonly #progress: Progress;
  readonly #timer: NodeJS.Timeout;
  #at = 0;
  #rest = '';
  #reading: Promise<void> = Promise.resolve();

  constructor(file: string, progress: Progress) {
    this.#file = file;
    this.#progress = progress;
    this.#timer = setInterval(() => this.#read(), EVERY_MS);
    this.#timer.unref();
  }

  /** Reads what is left. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#read();
    await this.#reading;
    if (this.#rest.trim() !== '') this.#take(this.#rest);
  }

  /**
   * The values of one metric by step: of `preferred` where there is such, else of the first that was named.
   * @returns undefined when no line has a value
   */
  curve(
    preferred: string,
  ): { readonly metric: string; readonly points: readonly { readonly step: number; readonly value: number }[] } | undefined {
    const names = new Set(this.entries.flatMap(({ values }) => [...values.keys()]));
    const [metric] = names.has(preferred) ? [preferred] : names;
    if (metric === undefined) return undefined;
    const points = new Map<number, number>();
    for (const { step, values } of this.entries) {
      const value = values.get(metric);
      if (value !== undefined) points.set(step, value);
    }
    const sorted = [...points].sort(([a], [b]) => a - b);
    return { metric, points: sorted.map(([step, value]) => ({ step, value })) };
  }

  #read(): void {
    this.#reading = this.#reading.then(() => this.#readNew()).catch(() => {}); // It need not be there, and decides nothing.
  }

  async #readNew(): Promise<void> {
    const found = await stat(this.#file);
    if (!found.isFile() || found.size <= this.#at || this.#at >= LARGEST_BYTES) return;
    const handle = await open(this.#file, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(found.size, LARGEST_BYTES) - this.#at);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.#at);
      this.#at += bytesRead;
      // Latin-1 keeps every byte until a line is whole.
      const lines = (this.#rest + bytes.toString('latin1', 0, bytesRead)).split('\n');
      this.#rest = lines.pop() ?? '';
      const before = this.entries.length;
      for (const line of lines) this.#take(line);
      const latest = this.entries.at(-1);
      if (latest && this.entries.length > before) this.#progress(lineOf(latest));
    } finally {
      await handle.close();
    }
  }

  #take(bytes: string): void {
    const line = Buffer.from(bytes, 'latin1').toString('utf8').trim();
    if (line === '') return;
    const entry = readEntry(line);
    if (entry) this.entries.push(entry);
    else this.ignored++;
  }
}

function readEntry(line: string): ProgressEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const { step, ...others } = value as Record<string, unknown>;
  if (typeof step !== 'number' || !Number.isFinite(step)) return undefined;
  const values = Object.entries(others).filter(
    (member): member is [string, number] => typeof member[1] === 'number' && Number.isFinite(member[1]),
  );
  return { step, values: new Map(values) };
}

function lineOf({ step, values }: ProgressEntry): string {
  const shown = [...values].slice(0, 5).map(([name, value]) => `${name.slice(0, 40)} ${formatNumber(value, 5)}`);
  return [`step ${step}`, ...shown].join(', ');
}
