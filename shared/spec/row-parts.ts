import type { Json } from '../core/json.js';
import type { Spec } from './schema.js';

/**
 * The sections that say which rows there are, what of them is known and how they are divided: parts of a fingerprint, by the names
 * that people read. Where the files lie does not count; what is in them is a part of its own.
 */
export function rowParts({ data, target, split, features }: Spec): Readonly<Record<string, Json>> {
  const { path: _path, ...context } = data;
  return {
    'data (key, time, weight, where)': context as unknown as Json,
    target: target as unknown as Json,
    split: split as unknown as Json,
    features: features as unknown as Json,
  };
}
