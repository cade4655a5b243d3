import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { Random } from '../core/random.js';
import type { Sampler } from './sampler.js';
import { type ParamSet, pointsOf, type SearchSpace, valueCount } from './space.js';

/** More is no grid that anybody goes through. */
const MOST_POINTS = 100_000;
const STREAM = 0x6772;

/** The points of spaces that are in use: each trial asks for them again. */
const known = new WeakMap<SearchSpace, Map<number, readonly ParamSet[]>>();

/**
 * Every combination once, in an order that the seed shuffles: a grid that is broken off has not only seen a corner.
 * @throws UserError for a space with real numbers, or with more than 100,000 points
 */
export function gridPoints(space: SearchSpace, seed: number): readonly ParamSet[] {
  const bySeed = known.get(space) ?? new Map<number, readonly ParamSet[]>();
  known.set(space, bySeed);
  const points = bySeed.get(seed) ?? makeGrid(space, seed);
  bySeed.set(seed, points);
  return points;
}

function makeGrid(space: SearchSpace, seed: number): readonly ParamSet[] {
  const endless = space.find((dimension) => !Number.isFinite(valueCount(dimension)));
  if (endless)
    throw new UserError(
      `tune.space.${endless.name}: the sampler grid needs a list or a step here, since there is no end of real numbers; or use sampler: tpe`,
    );
  const points: ParamSet[] = [];
  for (const point of pointsOf(space)) {
    if (points.length === MOST_POINTS)
      throw new UserError(
        `tune.space: the grid has more than ${formatCount(MOST_POINTS)} points; use fewer values, or sampler: tpe`,
      );
    points.push(point);
  }
  const random = new Random(seed, STREAM);
  for (let index = points.length - 1; index > 0; index--) {
    const other = random.integer(index + 1);
    [points[index], points[other]] = [points[other]!, points[index]!];
  }
  return points;
}

/** Goes through every combination of a space of lists and steps. */
export const grid: Sampler = {
  propose({ space, seed }, number, attempt) {
    const points = gridPoints(space, seed);
    return attempt < points.length ? points[(number - 1 + attempt) % points.length] : undefined;
  },
};
