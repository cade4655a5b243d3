import { UserError } from '../core/errors.js';
import type { Matrix } from '../features/plan.js';
import { nearest } from '../spec/nearest.js';

/** By feature: 1 where the prediction may only rise with it, -1 only fall; 0 says nothing. */
export type Monotone = Readonly<Record<string, -1 | 0 | 1>>;

/**
 * The constraints by matrix column; undefined where there are none.
 * @throws UserError when a name is no feature, or a feature has no order
 */
export function monotoneColumns(given: Monotone | undefined, { columns }: Matrix): Int8Array | undefined {
  const wanted = Object.entries(given ?? {}).filter(([, direction]) => direction !== 0);
  if (wanted.length === 0) return undefined;
  const names = columns.map(({ name }) => name);
  const directions = new Int8Array(columns.length);
  for (const [name, direction] of wanted) {
    const index = names.indexOf(name);
    if (index < 0) {
      const near = nearest(name, names);
      const advice = near ? `did you mean ${near}?` : `the features are: ${names.slice(0, 20).join(', ')}`;
      throw new UserError(`train.monotone: ${name} is no feature of the model; ${advice}`);
    }
    if (columns[index]!.levels !== undefined)
      throw new UserError(
        `train.monotone: ${name} is a category, and categories have no order; accepted are numbers, booleans and parts of dates`,
      );
    directions[index] = direction;
  }
  return directions;
}
