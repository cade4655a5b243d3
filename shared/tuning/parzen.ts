import type { Random } from '../core/random.js';
import {
  type Dimension,
  decode,
  encode,
  isActive,
  type ParamSet,
  type ParamValue,
  type SearchSpace,
  valueCount,
} from './space.js';

/**
 * A density over a search space: a mixture of one kernel an observation and a flat one. A kernel is a product over the
 * dimensions, so that parameters which are good together stay together: a truncated normal on the scale of a number, a
 * raised share for a value of a list. Where a dimension is not active in an observation, its kernel is flat.
 * Source of the form and of the bandwidths: S. Falkner et al., "BOHB" (2018), and S. Watanabe, "Tree-structured Parzen
 * estimator: understanding its algorithm components" (2023).
 */
export class ParzenEstimator {
  readonly #space: SearchSpace;
  /** Positions of the observations, dimension by dimension; undefined where one is not active. */
  readonly #centres: readonly (readonly (number | undefined)[])[];
  readonly #bandwidth: number;
  readonly #bounds: ReadonlyMap<string, { readonly observed: number; readonly other: number }>;

  constructor(space: SearchSpace, observations: readonly ParamSet[]) {
    this.#space = space;
    this.#centres = observations.map((params) =>
      space.map((dimension) => {
        const value = Object.hasOwn(params, dimension.name) ? params[dimension.name] : undefined;
        return value === undefined ? undefined : encode(dimension, value);
      }),
    );
    const kernels = observations.length + 1;
    const numbers = space.filter(({ kind }) => kind === 'number').length;
    // Scott's rule, and never so narrow that a few good trials hide the rest of the space.
    this.#bandwidth = Math.max(0.2 * Math.max(1, observations.length) ** (-1 / (numbers + 4)), 1 / Math.min(100, 1 + kernels));
    this.#bounds = new Map(
      space.map((dimension) => {
        const count = valueCount(dimension);
        const base = 1 / kernels;
        return [dimension.name, { observed: (1 + base) / (1 + base * count), other: base / (1 + base * count) }] as const;
      }),
    );
  }

  /** A point drawn from the density. */
  sample(random: Random): ParamSet {
    const kernel = this.#centres[random.integer(this.#centres.length + 1)];
    const params: Record<string, ParamValue> = {};
    for (const [index, dimension] of this.#space.entries()) {
      if (!isActive(dimension, params)) continue;
      const centre = kernel?.[index];
      params[dimension.name] = decode(
        dimension,
        centre === undefined ? random.uniform() : this.#draw(dimension, centre, random),
      );
    }
    return params;
  }

  #draw(dimension: Dimension, centre: number, random: Random): number {
    if (dimension.kind === 'choice') {
      const { observed } = this.#bounds.get(dimension.name)!;
      const count = dimension.values.length;
      if (count === 1 || random.uniform() < observed) return centre;
      const own = Math.floor(centre * count);
      const other = random.integer(count - 1);
      return ((other < own ? other : other + 1) + 0.5) / count;
    }
    // At least a third of the kernel is inside, so that this ends soon.
    for (;;) {
      const position = centre + this.#bandwidth * random.normal();
      if (position >= 0 && position <= 1) return position;
    }
  }

  /** The logarithm of the density at a point, up to a constant that all estimators of the space share. */
  logDensity(params: ParamSet): number {
    const positions = this.#space.map((dimension) =>
      Object.hasOwn(params, dimension.name) ? encode(dimension, params[dimension.name]!) : undefined,
    );
    const terms = [0, ...this.#centres.map((centres) => this.#logKernel(centres, positions))];
    const top = Math.max(...terms);
    return top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0) / terms.length);
  }

  /** Relative to the flat density. */
  #logKernel(centres: readonly (number | undefined)[], positions: readonly (number | undefined)[]): number {
    let sum = 0;
    for (const [index, dimension] of this.#space.entries()) {
      const centre = centres[index];
      const position = positions[index];
      if (centre === undefined || position === undefined) continue;
      if (dimension.kind === 'choice') {
        const { observed, other } = this.#bounds.get(dimension.name)!;
        sum += Math.log((centre === position ? observed : other) * dimension.values.length);
      } else sum += logTruncatedNormal(position, centre, this.#bandwidth);
    }
    return sum;
  }
}

/** The logarithm of the density of a normal that is cut off at 0 and 1. */
function logTruncatedNormal(position: number, mean: number, deviation: number): number {
  const standard = (position - mean) / deviation;
  const inside = normalCdf((1 - mean) / deviation) - normalCdf(-mean / deviation);
  return -0.5 * standard * standard - Math.log(deviation * Math.sqrt(2 * Math.PI) * inside);
}

/** Φ, to 7 digits. Source: Abramowitz and Stegun, 26.2.17. */
function normalCdf(value: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(value));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return value > 0 ? 1 - tail : tail;
}
