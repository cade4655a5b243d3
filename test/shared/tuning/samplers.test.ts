import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridPoints } from '../../../shared/tuning/grid.js';
import { proposeTrials, SAMPLERS, type SamplerName, samplerName } from '../../../shared/tuning/propose.js';
import type { Observation } from '../../../shared/tuning/sampler.js';
import {
  contains,
  isActive,
  type ParamSet,
  paramsKey,
  pointsOf,
  type SearchSpace,
  valueCount,
} from '../../../shared/tuning/space.js';
import { anySpace, MIXED, SMALL, space } from './spaces.js';

/** What every sampler promises, on the same spaces. */
describe.each(Object.keys(SAMPLERS) as SamplerName[])('the sampler %s', (name) => {
  const sampler = SAMPLERS[name];
  // A grid has no real numbers.
  const countable = (one: SearchSpace): SearchSpace =>
    one.filter(
      (dimension) => Number.isFinite(valueCount(dimension)) && (dimension.kind === 'choice' || valueCount(dimension) < 20),
    );
  const suited = (one: SearchSpace): SearchSpace => (name === 'grid' ? countable(one) : one);
  const mixed = suited(MIXED);
  const base = { seed: 42, better: 'lower' as const };
  const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);
  const score = (params: ParamSet): number => paramsKey(params).length + Number(params.n_depth ?? 0);

  /** A study of so many trials, in batches. */
  const study = (one: SearchSpace, trials: number, batch: number, seed = 42): Observation[] => {
    const history: Observation[] = [];
    for (let from = 1; from <= trials; from += batch) {
      const input = { space: one, seed, better: 'lower' as const, history: [...history] };
      for (const { number, params } of proposeTrials(sampler, input, upTo(Math.min(batch, trials - from + 1), from))) {
        history.push(number % 7 === 0 ? { params } : { params, value: score(params) });
      }
    }
    return history;
  };

  it('stays within bounds, on steps, and leaves out what a condition rules out', () => {
    for (const { params } of study(mixed, 60, 10)) {
      expect(contains(mixed, params), paramsKey(params)).toBe(true);
      for (const dimension of mixed) {
        expect(Object.hasOwn(params, dimension.name), dimension.name).toBe(isActive(dimension, params));
        const value = params[dimension.name];
        if (dimension.kind === 'choice' || value === undefined) continue;
        if (dimension.integer) expect(Number.isInteger(value)).toBe(true);
        expect(value).toBeGreaterThanOrEqual(dimension.low);
        expect(value).toBeLessThanOrEqual(dimension.high);
      }
    }
  });

  it('does so in any space, at any trial, with any history', () => {
    fc.assert(
      fc.property(
        anySpace.map(suited),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 25 }),
        (one, seed, trials) => {
          const known = study(one, trials, 4, seed);
          for (const { params } of known) expect(contains(one, params), paramsKey(params)).toBe(true);
          expect(new Set(known.map(({ params }) => paramsKey(params))).size).toBe(known.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('begins with an empty history', () => {
    const [first] = proposeTrials(sampler, { space: mixed, ...base, history: [] }, [1]);
    expect(first?.number).toBe(1);
    expect(contains(mixed, first!.params)).toBe(true);
  });

  it('proposes a batch of different points', () => {
    for (const history of [[], study(mixed, 20, 5)]) {
      const batch = proposeTrials(sampler, { space: mixed, ...base, history }, upTo(16, history.length + 1));
      expect(new Set(batch.map(({ params }) => paramsKey(params))).size).toBe(16);
    }
  });

  it('gives the same for the same seed, number and history, and other points for another seed', () => {
    const first = study(mixed, 40, 8);
    expect(study(mixed, 40, 8)).toEqual(first);
    expect(study(mixed, 40, 8, 43)).not.toEqual(first);
  });

  it('goes on from a history as if it had not been interrupted', () => {
    const known = study(mixed, 24, 8);
    const input = { space: mixed, ...base, history: known };
    const once = proposeTrials(sampler, input, upTo(8, 25));
    const again = proposeTrials(sampler, { ...input, history: structuredClone(known) }, upTo(8, 25));
    expect(again).toEqual(once);
    // Trials that were proposed before and have no result yet are not proposed again.
    const pending = [...known, ...once.slice(0, 4).map(({ params }) => ({ params, pending: true }))];
    const others = proposeTrials(sampler, { ...input, history: pending }, upTo(8, 29));
    expect(
      others.map(({ params }) => paramsKey(params)).filter((key) => pending.some(({ params }) => paramsKey(params) === key)),
    ).toEqual([]);
  });

  it('reaches every point of a small space once, and then has no more', () => {
    const proposals = proposeTrials(sampler, { space: SMALL, ...base, history: [] }, upTo(40));
    expect(proposals).toHaveLength(10);
    expect(proposals.map(({ params }) => paramsKey(params)).sort()).toEqual([...pointsOf(SMALL)].map(paramsKey).sort());
  });

  it('does not run into trouble when all trials have failed', () => {
    const failed = study(mixed, 30, 10).map(({ params }) => ({ params }));
    const [next] = proposeTrials(sampler, { space: mixed, ...base, history: failed }, [31]);
    expect(contains(mixed, next!.params)).toBe(true);
  });

  it('tries first what the spec has now, where the space has it', () => {
    const wide = space({ n_leaves: { low: 2, high: 64 } });
    const propose = (first: ParamSet) => proposeTrials(sampler, { space: wide, ...base, history: [] }, [1, 2], first);
    expect(propose({ n_leaves: 31 })[0]!.params).toEqual({ n_leaves: 31 });
    expect(propose({ n_leaves: 99 })[0]!.params.n_leaves).toBeLessThanOrEqual(64);
  });
});

describe('scales', () => {
  it('a logarithmic one has as much between 0.001 and 0.01 as between 0.1 and 1', () => {
    const one = space({ rate: { low: 0.001, high: 1, log: true } });
    for (const name of ['random', 'sobol'] as const) {
      const values = proposeTrials(
        SAMPLERS[name],
        { space: one, seed: 1, better: 'lower', history: [] },
        Array.from({ length: 512 }, (_, index) => index + 1),
      ).map(({ params }) => Number(params.rate));
      const low = values.filter((value) => value < 0.01).length / values.length;
      expect(low).toBeGreaterThan(0.28);
      expect(low).toBeLessThan(0.39);
    }
  });

  it('the ends of a range of whole numbers are as likely as the others', () => {
    const one = space({ n: { low: 1, high: 4 } });
    const counts = [0, 0, 0, 0];
    for (let number = 1; number <= 2000; number++) {
      counts[Number(SAMPLERS.random.propose({ space: one, seed: 3, better: 'lower', history: [] }, number, 0)!.n) - 1]!++;
    }
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(100);
  });
});

describe('grid', () => {
  it('refuses real numbers without a step, and what nobody can go through', () => {
    expect(() => gridPoints(space({ rate: { low: 0, high: 1 } }), 1)).toThrow(
      /tune\.space\.rate: the sampler grid needs a list or a step/,
    );
    const huge = space({ n_a: { low: 1, high: 1000 }, n_b: { low: 1, high: 1000 } });
    expect(() => gridPoints(huge, 1)).toThrow(/more than 100,000 points/);
  });
});

describe('samplerName', () => {
  it('says of gp that it is not built', () => {
    expect(() => samplerName('gp')).toThrow('tune.sampler: gp is not built; accepted: grid, random, sobol, tpe');
  });
});

/** Branin's function; its minimum is 0.397887. */
function branin({ x, y }: { x: number; y: number }): number {
  const a = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
  return a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}

const HARTMANN = {
  alpha: [1, 1.2, 3, 3.2],
  a: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  p: [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ],
};

/** Hartmann's function of six variables; its minimum is -3.32237. */
function hartmann(x: readonly number[]): number {
  return -HARTMANN.alpha.reduce((sum, weight, row) => {
    const inner = x.reduce(
      (total, value, column) => total + HARTMANN.a[row]![column]! * (value - HARTMANN.p[row]![column]!) ** 2,
      0,
    );
    return sum + weight * Math.exp(-inner);
  }, 0);
}

const PROBLEMS = {
  branin: {
    space: space({ x: { low: -5, high: 10 }, y: { low: 0, high: 15 } }),
    optimum: 0.397887,
    value: (params: ParamSet) => branin({ x: Number(params.x), y: Number(params.y) }),
  },
  hartmann6: {
    space: space(Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`x${index}`, { low: 0, high: 1 }]))),
    optimum: -3.32237,
    value: (params: ParamSet) => hartmann(Array.from({ length: 6 }, (_, index) => Number(params[`x${index}`]))),
  },
} as const;

/** The median over 10 seeds of how far the best of 64 trials is from the optimum. */
function medianRegret(problem: keyof typeof PROBLEMS, name: SamplerName, batch: number, trials = 64): number {
  const { space: one, optimum, value } = PROBLEMS[problem];
  const regrets = Array.from({ length: 10 }, (_, seed) => {
    const history: Observation[] = [];
    for (let from = 1; from <= trials; from += batch) {
      const numbers = Array.from({ length: Math.min(batch, trials - from + 1) }, (_item, index) => from + index);
      const input = { space: one, seed, better: 'lower' as const, history: [...history] };
      for (const { params } of proposeTrials(SAMPLERS[name], input, numbers)) history.push({ params, value: value(params) });
    }
    return Math.min(...history.map((one) => one.value!)) - optimum;
  }).sort((a, b) => a - b);
  return (regrets[4]! + regrets[5]!) / 2;
}

describe('median regret after 64 trials, over 10 seeds', () => {
  it.each(['branin', 'hartmann6'] as const)('%s: tpe beats random, one by one and in batches of 16', (problem) => {
    const chance = medianRegret(problem, 'random', 64);
    const measured = {
      random: chance,
      tpe: medianRegret(problem, 'tpe', 1),
      batches: medianRegret(problem, 'tpe', 16),
    };
    expect(measured.tpe).toBeLessThan(chance);
    expect(measured.batches).toBeLessThan(chance);
  });
});

describe('seeds', () => {
  it('share no points', () => {
    const points = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      for (let number = 1; number <= 20; number++) {
        points.add(paramsKey(SAMPLERS.random.propose({ space: MIXED, seed, better: 'lower', history: [] }, number, 0)!));
      }
    }
    expect(points.size).toBe(1000);
  });
});
