import { foundText } from './accepted.js';
import { nearest } from './nearest.js';
import type { Algorithm } from './params.js';
import type { Task } from './schema.js';

/** What a training makes small. The first of a task's list is its default. */
export const OBJECTIVES = {
  binary: ['binary'],
  multiclass: ['multiclass'],
  regression: ['regression', 'quantile', 'poisson'],
} as const satisfies Readonly<Record<Task, readonly string[]>>;

export type ObjectiveName = (typeof OBJECTIVES)[Task][number];

/** LightGBM's other names, and what people of other libraries write. */
const OTHER_NAMES: Readonly<Record<string, ObjectiveName>> = {
  logloss: 'binary',
  log_loss: 'binary',
  softmax: 'multiclass',
  regression_l2: 'regression',
  l2: 'regression',
  mean_squared_error: 'regression',
  squared_error: 'regression',
  mse: 'regression',
  l2_root: 'regression',
  rmse: 'regression',
  pinball: 'quantile',
};

/** LightGBM's level of `quantile` when `alpha` is not given. */
export const DEFAULT_ALPHA = 0.9;

/** The objective that a text means; undefined when it means none. */
export function objectiveNamed(text: string): ObjectiveName | undefined {
  const plain = text.toLowerCase().replaceAll('-', '_');
  const known = Object.values(OBJECTIVES).flat();
  return known.find((name) => name === plain) ?? (Object.hasOwn(OTHER_NAMES, plain) ? OTHER_NAMES[plain] : undefined);
}

/** What is wrong with an objective for a task and an algorithm, in one line; undefined: nothing. */
export function objectiveMistake(text: string, task: Task, algorithm: Algorithm): string | undefined {
  const own: readonly ObjectiveName[] = OBJECTIVES[task];
  const name = objectiveNamed(text);
  if (name === undefined) {
    const near = nearest(text, own);
    return `found ${foundText(text)}, expected ${own.join(', ')}${near ? `; did you mean ${near}?` : ''}`;
  }
  if (!own.includes(name)) return `${name} is not for task: ${task}, whose objectives are: ${own.join(', ')}`;
  if (name !== own[0] && algorithm !== 'gbdt') return `${name} needs algorithm: gbdt; this algorithm is ${algorithm}`;
  return undefined;
}
