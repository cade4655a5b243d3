import { open, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { openDatabase } from './duckdb.js';
import { resolveSources } from './sources.js';
import { loadStages } from './stage.js';

/** Results are smaller; whatever is larger is data. */
const LARGEST_RESULT = 64 * 1024 * 1024;

/**
 * How many rows the reference had: a `validation.json` or `profile.json` that an earlier run wrote, a bundle's folder,
 * or data files.
 * @param path from the workflow; relative to `directory`
 * @throws UserError when it is none of these
 */
export async function referenceRows(path: string, directory: string): Promise<number> {
  const place = resolve(directory, path);
  const found = await stat(place).catch(() => undefined);
  if (found?.isDirectory()) {
    const rows = rowsOf(await readJson(join(place, 'manifest.json')));
    if (rows === undefined) throw new UserError(`Input "reference": ${path} is a folder, and no bundle is in it.`);
    return rows;
  }
  if (found?.isFile() && path.endsWith('.json') && found.size <= LARGEST_RESULT && (await firstCharacter(place)) === '{') {
    const rows = rowsOf(await readJson(place));
    if (rows !== undefined) return rows;
  }
  const files = resolveSources([path], resolve(directory), { file: 'input reference' });
  const { connection, close } = await openDatabase();
  try {
    return (await loadStages(connection, files)).reduce((sum, stage) => sum + stage.rows, 0);
  } finally {
    close();
  }
}

/** Of a validation, an exploratory profile, the profile of a model, or its manifest. */
function rowsOf(value: unknown): number | undefined {
  for (const way of [['rows'], ['inputs', 'rows'], ['data', 'rows']]) {
    let inner: unknown = value;
    for (const key of way)
      inner = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined;
    if (typeof inner === 'number' && Number.isSafeInteger(inner) && inner >= 0) return inner;
  }
  return undefined;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function firstCharacter(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(100), 0, 100, 0);
    return buffer.toString('utf8', 0, bytesRead).trimStart().charAt(0);
  } finally {
    await handle.close();
  }
}
