import { ParzenEstimator } from './parzen.js';
import { trialRandom } from './random.js';
import type { Observation, Sampler, SamplerInput } from './sampler.js';
import { sobol } from './sobol.js';
import type { ParamSet } from './space.js';

const STREAM = 0x7470;

/** Trials with a result before the densities say anything; until then the points are spread evenly. */
export const STARTUP_TRIALS = 10;
/** Points of the good density, of which the one with the best ratio is proposed. */
const CANDIDATES = 48;
/** The good trials: this share of all, but never more than 25. */
const GOOD_SHARE = 0.1;
const MOST_GOOD = 25;

/**
 * The tree-structured Parzen estimator: one density of the good trials, one of all others, and a point where the first is
 * high and the second low. Multivariate; failed trials count as bad; so do trials without a result yet (the constant
 * liar), so that the trials of a batch keep away from each other.
 * Source: J. Bergstra et al., "Algorithms for hyper-parameter optimization" (2011).
 */
export const tpe: Sampler = {
  propose(input, number, attempt) {
    const { space, seed, history } = input;
    if (history.filter(hasValue).length < STARTUP_TRIALS) return sobol.propose(input, number, attempt);
    const { good, bad } = divided(input);
    const likely = new ParzenEstimator(space, good);
    const unlikely = new ParzenEstimator(space, bad);
    const random = trialRandom(seed, STREAM, number, attempt);
    let best: ParamSet | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let count = 0; count < CANDIDATES; count++) {
      const params = likely.sample(random);
      const score = likely.logDensity(params) - unlikely.logDensity(params);
      if (score > bestScore || !best) {
        best = params;
        bestScore = score;
      }
    }
    return best;
  },
};

function hasValue(observation: Observation): observation is Observation & { readonly value: number } {
  return observation.value !== undefined;
}

function divided({ history, better }: SamplerInput): { readonly good: readonly ParamSet[]; readonly bad: readonly ParamSet[] } {
  const sign = better === 'higher' ? -1 : 1;
  // Of equal values the earlier trial stands first: sorting is stable.
  const ranked = history.filter(hasValue).sort((a, b) => sign * (a.value - b.value));
  const count = Math.min(MOST_GOOD, Math.ceil(GOOD_SHARE * ranked.length));
  const others = history.filter((observation) => !hasValue(observation));
  return {
    good: ranked.slice(0, count).map(({ params }) => params),
    bad: [...ranked.slice(count), ...others].map(({ params }) => params),
  };
}
