import { UserError } from '../core/errors.js';
import { grid } from './grid.js';
import { random } from './random.js';
import type { Observation, Sampler, SamplerInput } from './sampler.js';
import { sobol } from './sobol.js';
import { contains, type ParamSet, paramsKey, pointsOf, valueCount } from './space.js';
import { tpe } from './tpe.js';

/** The samplers that are built, by the name that the spec knows. */
export const SAMPLERS: Readonly<Record<'grid' | 'random' | 'sobol' | 'tpe', Sampler>> = { grid, random, sobol, tpe };
export type SamplerName = keyof typeof SAMPLERS;

/** The name of a sampler that is built. @throws UserError for another one */
export function samplerName(name: string): SamplerName {
  if (Object.hasOwn(SAMPLERS, name)) return name as SamplerName;
  throw new UserError(`tune.sampler: ${name} is not built; accepted: ${Object.keys(SAMPLERS).join(', ')}`);
}

/** After so many points that were tried already, the first that was not is taken. */
const MOST_ATTEMPTS = 30;

export interface Proposal {
  readonly number: number;
  readonly params: ParamSet;
}

/**
 * The points of new trials, none of which has been tried before or stands twice among them.
 * @param first what is tried as number 1, where the space has it: the params that the spec has now
 * @returns fewer than numbers when the space has no further points
 */
export function proposeTrials(
  sampler: Sampler,
  input: SamplerInput,
  numbers: readonly number[],
  first?: ParamSet,
): readonly Proposal[] {
  const taken = new Set(input.history.map(({ params }) => paramsKey(params)));
  const history: Observation[] = [...input.history];
  const proposals: Proposal[] = [];
  for (const number of numbers) {
    const wanted = number === 1 && first && contains(input.space, first) ? first : undefined;
    const params = wanted ?? newPoint(sampler, { ...input, history }, number, taken);
    if (!params) break;
    taken.add(paramsKey(params));
    history.push({ params, pending: true });
    proposals.push({ number, params });
  }
  return proposals;
}

function newPoint(sampler: Sampler, input: SamplerInput, number: number, taken: ReadonlySet<string>): ParamSet | undefined {
  const most = sampler === grid ? Number.POSITIVE_INFINITY : MOST_ATTEMPTS;
  let params: ParamSet | undefined;
  for (let attempt = 0; attempt < most; attempt++) {
    params = sampler.propose(input, number, attempt);
    if (!params) return undefined;
    if (!taken.has(paramsKey(params))) return params;
  }
  for (const point of pointsOf(input.space)) if (!taken.has(paramsKey(point))) return point;
  // Real numbers that fall together thirty times: so narrow a range that it does not matter.
  return input.space.some((dimension) => !Number.isFinite(valueCount(dimension))) ? params : undefined;
}
