import type { Manifest } from '../../bundle/manifest.js';
import { type Location, UserError } from '../../core/errors.js';
import { columnKey } from '../../data/column-names.js';

/** What the model adds to a row: `label` and a probability a class, or `prediction`. */
export function outputColumns(
  { task, classes }: Pick<Manifest, 'task' | 'classes'>,
  kept: readonly string[],
  location: Location,
): readonly { readonly name: string }[] {
  const byName = classes.map((text) => `probability_${text}`);
  // Classes that differ in upper and lower case only cannot be names of columns; their places can.
  const isDistinct = new Set(byName.map(columnKey)).size === classes.length;
  const names =
    task === 'regression' ? ['prediction'] : ['label', ...(isDistinct ? byName : classes.map((_, at) => `probability_${at}`))];
  const taken = kept.find((name) => names.some((own) => columnKey(own) === columnKey(name)));
  if (taken !== undefined)
    throw new UserError({
      message: `the files have a column ${JSON.stringify(taken)}, which is the name of what the model adds: rename it, or name the columns to keep in data.key`,
      location,
    });
  return names.map((name) => ({ name }));
}

/** The label of a row by its probabilities: by the threshold for two classes, else the most probable one. */
export function decisionOf({
  task,
  classes,
  threshold = 0.5,
}: Pick<Manifest, 'task' | 'classes' | 'threshold'>): (scores: Float64Array, row: number) => string {
  const width = classes.length;
  if (task === 'binary') return (scores, row) => classes[scores[row * width + 1]! >= threshold ? 1 : 0]!;
  return (scores, row) => {
    let best = 0;
    for (let index = 1; index < width; index++) if (scores[row * width + index]! > scores[row * width + best]!) best = index;
    return classes[best]!;
  };
}
