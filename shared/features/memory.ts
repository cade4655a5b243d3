import { UserError } from '../core/errors.js';
import { formatBytes, formatCount } from '../core/format.js';
import type { Locate } from '../data/dataset.js';
import type { FeaturePlan } from './plan.js';

/** Of a feature of a row: a 32-bit float. */
const CELL_BYTES = 4;

/**
 * Refuses features that have no room, before any of them is computed: texts with many words and columns with many
 * categories multiply them, and a process that runs out of memory dies without a word.
 * @param rows those that train and those that choose
 * @param memory bytes that the process may have; the features may take half of them
 * @throws UserError that names what there is most of
 */
export function checkRoom(plan: FeaturePlan, rows: number, memory: number, locate?: Locate): void {
  const { features } = plan;
  const bytes = features.length * rows * CELL_BYTES;
  if (bytes <= memory / 2) return;
  const counts = new Map<string, number>();
  for (const feature of features) {
    const name = `${feature.kind} of ${[feature.from]
      .flat()
      .map((column) => JSON.stringify(column))
      .join(' and ')}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [[largest, count]] = [...counts].sort(([, a], [, b]) => b - a) as [[string, number]];
  throw new UserError({
    message:
      `features: ${formatCount(features.length)} features of ${formatCount(rows)} rows need ${formatBytes(bytes)}, and may take half of the memory, ` +
      `${formatBytes(memory / 2)}; most of them are ${largest} (${formatCount(count)}): ask for fewer, take fewer rows (data.where), or a larger machine`,
    ...(locate && { location: locate(['features']) }),
  });
}
