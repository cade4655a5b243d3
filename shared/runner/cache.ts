import { messageOf } from '../core/errors.js';
import { logLine } from './log.js';

/**
 * The Actions cache, which is best effort by its nature: entries are evicted, jobs of forks cannot write, services
 * fail. Nothing here throws, and nothing may depend on an entry being there.
 */

/** @returns whether an entry of exactly this key was restored. */
export async function restoreFromCache(paths: readonly string[], key: string): Promise<boolean> {
  return (await restoreNearest(paths, key)) === key;
}

/**
 * @param start where there is no entry of this key, the newest one whose key starts so is taken
 * @returns the key of the entry that was restored
 */
export async function restoreNearest(paths: readonly string[], key: string, start?: string): Promise<string | undefined> {
  if (!cacheAvailable()) return undefined;
  try {
    const { restoreCache } = await import('@actions/cache');
    return await restoreCache([...paths], key, start === undefined ? [] : [start]);
  } catch (error) {
    logLine(`The Actions cache could not be read (${messageOf(error)}); going on without it.`);
    return undefined;
  }
}

export async function saveToCache(paths: readonly string[], key: string): Promise<void> {
  if (!cacheAvailable()) return;
  try {
    const { saveCache } = await import('@actions/cache');
    await saveCache([...paths], key);
  } catch (error) {
    logLine(`The Actions cache could not be written (${messageOf(error)}); going on without it.`);
  }
}

/** Whether there is a cache service; without one nothing needs to be made ready for it. */
export function cacheAvailable(): boolean {
  return Boolean(process.env.ACTIONS_RUNTIME_TOKEN && (process.env.ACTIONS_RESULTS_URL || process.env.ACTIONS_CACHE_URL));
}
