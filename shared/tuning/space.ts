import { UserError } from '../core/errors.js';
import { canonicalJson, type Json } from '../core/json.js';
import type { Spec } from '../spec/schema.js';

/** The value of one parameter. */
export type ParamValue = string | number | boolean;

/** One point of a search space: a value for each parameter that is active there. */
export type ParamSet = Readonly<Record<string, ParamValue>>;

interface Condition {
  /** The parameter is tried only where these others have these values. */
  readonly when?: ParamSet;
}

/** Numbers from `low` to `high`, both included. */
export interface NumberDimension extends Condition {
  readonly kind: 'number';
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Equal steps on the logarithmic scale are equally likely. */
  readonly log: boolean;
  readonly integer: boolean;
  /** Values are `low` plus a multiple of it; absent: every number (or every integer). */
  readonly step?: number;
}

/** One of a list. */
export interface ChoiceDimension extends Condition {
  readonly kind: 'choice';
  readonly name: string;
  readonly values: readonly ParamValue[];
}

export type Dimension = NumberDimension | ChoiceDimension;

/** Dimensions by name, but every one behind those that its condition names. */
export type SearchSpace = readonly Dimension[];

type SpaceSection = NonNullable<NonNullable<Spec['tune']>['space']>;

/**
 * The space that `tune.space` describes. The order of its keys does not matter.
 * @param isInteger whether a parameter takes whole numbers, for those whose `type` is not given
 * @throws UserError for a space that is empty or contradicts itself
 */
export function readSpace(section: SpaceSection | undefined, isInteger: (name: string) => boolean): SearchSpace {
  const names = Object.keys(section ?? {}).sort();
  if (!section || names.length === 0)
    throw new UserError('tune.space is empty: name at least one parameter, such as num_leaves: { low: 7, high: 255 }');
  return inOrder(names.map((name) => readDimension(name, section[name]!, isInteger(name))));
}

function readDimension(name: string, entry: SpaceSection[string], isInteger: boolean): Dimension {
  if (Array.isArray(entry)) return { kind: 'choice', name, values: distinct(entry) };
  const when = entry.when && Object.keys(entry.when).length > 0 ? { when: entry.when } : {};
  if (entry.values) return { kind: 'choice', name, values: distinct(entry.values), ...when };
  const { low, high, step } = entry;
  const integer = entry.type === undefined ? isInteger : entry.type === 'int';
  const log = entry.log ?? false;
  const impossible = (why: string): UserError => new UserError(`tune.space.${name}: ${why}`);
  if (low === undefined || high === undefined) throw impossible('low and high are needed, or a list of values');
  if (low > high) throw impossible(`low (${low}) is above high (${high})`);
  if (log && low <= 0) throw impossible(`log needs a low above 0, found ${low}`);
  if (step !== undefined && !(step > 0)) throw impossible(`step is ${step}; a number above 0 is needed`);
  if (log && step !== undefined) throw impossible('log and step exclude each other');
  if (integer && ![low, high, step ?? 1].every(Number.isSafeInteger))
    throw impossible('low, high and step of whole numbers are whole numbers');
  return { kind: 'number', name, low, high, log, integer, ...(step !== undefined && { step }), ...when };
}

function distinct(values: readonly ParamValue[]): readonly ParamValue[] {
  return [...new Set(values)];
}

function inOrder(dimensions: readonly Dimension[]): SearchSpace {
  const placed = new Map<string, Dimension>();
  const byName = new Map(dimensions.map((dimension) => [dimension.name, dimension]));
  const place = (dimension: Dimension, above: readonly string[]): void => {
    if (placed.has(dimension.name)) return;
    if (above.includes(dimension.name))
      throw new UserError(
        `tune.space.${dimension.name}: its condition depends on itself (${[...above, dimension.name].join(' -> ')})`,
      );
    for (const other of Object.keys(dimension.when ?? {}).sort()) {
      const parent = byName.get(other);
      if (!parent) throw new UserError(`tune.space.${dimension.name}.when: ${other} is no parameter of tune.space`);
      place(parent, [...above, dimension.name]);
    }
    placed.set(dimension.name, dimension);
  };
  for (const dimension of dimensions) place(dimension, []);
  return [...placed.values()];
}

/** Whether a parameter is tried beside these values of the others. */
export function isActive(dimension: Dimension, params: ParamSet): boolean {
  return Object.entries(dimension.when ?? {}).every(([name, value]) => Object.hasOwn(params, name) && params[name] === value);
}

/** How many values the dimension has; infinite for real numbers. */
export function valueCount(dimension: Dimension): number {
  if (dimension.kind === 'choice') return dimension.values.length;
  if (dimension.low === dimension.high) return 1;
  const step = stepOf(dimension);
  return step === undefined ? Number.POSITIVE_INFINITY : Math.floor((dimension.high - dimension.low) / step + 1e-9) + 1;
}

/** The value with that index, of a dimension whose values can be counted. */
export function valueAt(dimension: Dimension, index: number): ParamValue {
  if (dimension.kind === 'choice') return dimension.values[index]!;
  const step = stepOf(dimension) ?? 0;
  return tidy(dimension.low + index * step, dimension);
}

/**
 * The value at a position of [0, 1]. Every value of a list, every integer and every step has an interval of its own, of
 * the same length where the scale is not logarithmic.
 */
export function decode(dimension: Dimension, position: number): ParamValue {
  const inside = Math.min(1, Math.max(0, position));
  if (dimension.kind === 'choice') {
    const { values } = dimension;
    return values[Math.min(values.length - 1, Math.floor(inside * values.length))]!;
  }
  const { from, to } = scaleOf(dimension);
  const scaled = from + inside * (to - from);
  const raw = dimension.log ? Math.exp(scaled) : scaled;
  const step = stepOf(dimension);
  // Six digits are finer than any result, and can be read.
  if (step === undefined) return Math.min(dimension.high, Math.max(dimension.low, Number(raw.toPrecision(6))));
  const most = valueCount(dimension) - 1;
  const index = Math.min(most, Math.max(0, Math.round((raw - dimension.low) / step)));
  return tidy(dimension.low + index * step, dimension);
}

/** Where a value stands in [0, 1]: the middle of its interval. Undefined for a value that the dimension does not have. */
export function encode(dimension: Dimension, value: ParamValue): number | undefined {
  if (dimension.kind === 'choice') {
    const index = dimension.values.indexOf(value);
    return index < 0 ? undefined : (index + 0.5) / dimension.values.length;
  }
  if (typeof value !== 'number' || !(value >= dimension.low && value <= dimension.high)) return undefined;
  const step = stepOf(dimension);
  if (step !== undefined) {
    const steps = (value - dimension.low) / step;
    if (Math.abs(steps - Math.round(steps)) > 1e-6) return undefined;
  }
  const { from, to } = scaleOf(dimension);
  if (to === from) return 0.5;
  return ((dimension.log ? Math.log(value) : value) - from) / (to - from);
}

/** The params at a point: a position in [0, 1] a dimension; inactive dimensions are left out. */
export function paramsAt(space: SearchSpace, positionOf: (dimension: Dimension, index: number) => number): ParamSet {
  const params: Record<string, ParamValue> = {};
  for (const [index, dimension] of space.entries()) {
    if (isActive(dimension, params)) params[dimension.name] = decode(dimension, positionOf(dimension, index));
  }
  return params;
}

/** Whether the space has exactly this point. */
export function contains(space: SearchSpace, params: ParamSet): boolean {
  const active = space.filter((dimension) => isActive(dimension, params));
  if (active.length !== Object.keys(params).length) return false;
  return active.every(({ name }, index) => Object.hasOwn(params, name) && encode(active[index]!, params[name]!) !== undefined);
}

/** Every point of a space whose values can be counted, one by one. Nothing for a space with real numbers. */
export function* pointsOf(space: SearchSpace): Generator<ParamSet> {
  if (space.every((dimension) => Number.isFinite(valueCount(dimension)))) yield* pointsFrom(space, 0, {});
}

function* pointsFrom(space: SearchSpace, index: number, params: ParamSet): Generator<ParamSet> {
  const dimension = space[index];
  if (!dimension) yield params;
  else if (!isActive(dimension, params)) yield* pointsFrom(space, index + 1, params);
  else {
    const count = valueCount(dimension);
    for (let at = 0; at < count; at++) {
      yield* pointsFrom(space, index + 1, { ...params, [dimension.name]: valueAt(dimension, at) });
    }
  }
}

/** One text for one point, whatever the order of its parameters. */
export function paramsKey(params: ParamSet): string {
  return canonicalJson(params);
}

/** The space as JSON, for its digest. */
export function spaceJson(space: SearchSpace): Json {
  return space.map((dimension): Json => ({ ...dimension }));
}

/** The distance of neighbouring values; undefined for real numbers. */
function stepOf(dimension: NumberDimension): number | undefined {
  return dimension.step ?? (dimension.integer ? 1 : undefined);
}

/** The ends of the scale that is sampled: half a step beyond the first and the last value. */
function scaleOf(dimension: NumberDimension): { readonly from: number; readonly to: number } {
  const { low, high, log } = dimension;
  const step = stepOf(dimension);
  if (step === undefined || low === high) return log ? { from: Math.log(low), to: Math.log(high) } : { from: low, to: high };
  const last = low + (valueCount(dimension) - 1) * step;
  const ends = { from: low - step / 2, to: last + step / 2 };
  return log ? { from: Math.log(ends.from), to: Math.log(ends.to) } : ends;
}

/** Without the rounding errors of adding steps: 0.1 + 2 · 0.1 is 0.3. */
function tidy(value: number, { low, high, integer }: NumberDimension): number {
  return integer ? Math.round(value) : Math.min(high, Math.max(low, Number(value.toPrecision(12))));
}
