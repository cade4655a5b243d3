import fc from 'fast-check';
import { readSpace, type SearchSpace } from '../../../shared/tuning/space.js';

type Section = NonNullable<Parameters<typeof readSpace>[0]>;

/** A space by its section of the spec; names that begin with `n` are whole numbers. */
export function space(section: Section): SearchSpace {
  return readSpace(section, (name) => name.startsWith('n'));
}

/** Every kind of dimension, with conditions two levels deep. */
export const MIXED = space({
  kind: ['tree', 'line', 'dart'],
  rate: { low: 0.001, high: 1, log: true },
  n_leaves: { low: 2, high: 255, log: true },
  n_depth: { low: 3, high: 12, step: 3 },
  share: { low: 0.1, high: 1, step: 0.1 },
  drop: { low: 0, high: 0.5, when: { kind: 'dart' } },
  mode: { values: ['a', 'b'], when: { kind: 'tree' } },
  n_deep: { low: 1, high: 4, when: { mode: 'b' } },
});

/** A space that can be counted: 2 * (2 + 3) = 10 points. */
export const SMALL = space({
  a: [1, 2],
  b: ['x', 'y'],
  n_c: { low: 1, high: 3, when: { b: 'y' } },
  flag: { values: [true, false], when: { b: 'x' } },
});

const range = fc
  .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 60 }), fc.boolean())
  .map(([low, width, log]) => ({ low, high: low + width, ...(log && { log }) }));
const stepped = fc
  .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 7 }))
  .map(([low, width, step]) => ({ low, high: low + width, step }));
const real = fc
  .tuple(fc.double({ min: 1e-6, max: 10, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }), fc.boolean())
  .map(([low, width, log]) => ({ low, high: low + width, ...(log && { log }) }));
const list = fc.uniqueArray(fc.oneof(fc.integer(), fc.string({ maxLength: 5 }), fc.boolean()), { minLength: 1, maxLength: 6 });

/** Any space of up to five dimensions, the last with a condition. */
export const anySpace: fc.Arbitrary<SearchSpace> = fc
  .record(
    { n_range: range, n_stepped: stepped, real, list, conditional: real, parent: list },
    { requiredKeys: ['parent', 'conditional'] },
  )
  .map(({ conditional, parent, ...others }) =>
    space({ ...others, parent, conditional: { ...conditional, when: { parent: parent[0]! } } }),
  );
