import { lstat, readFile } from 'node:fs/promises';

const LARGEST_BYTES = 1024 * 1024;
const MOST_METRICS = 100;

/**
 * The flat numbers of the `metrics.json` that a trainer may write of itself. They are shown and decide nothing, so a file
 * that is absent or odd reads as empty.
 */
export async function readReported(file: string): Promise<Readonly<Record<string, number>>> {
  try {
    const found = await lstat(file);
    if (!found.isFile() || found.size > LARGEST_BYTES) return {};
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
    const numbers = Object.entries(value).filter(
      (member): member is [string, number] => typeof member[1] === 'number' && Number.isFinite(member[1]),
    );
    return Object.fromEntries(numbers.slice(0, MOST_METRICS));
  } catch {
    return {};
  }
}
