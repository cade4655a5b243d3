import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import { ALGORITHMS, canonicalParam, PARAMS, paramMistakes, resolveParams } from '../../../shared/spec/params.js';

describe('the table', () => {
  it.each(ALGORITHMS)('%s: every name means one thing, and defaults are accepted', (algorithm) => {
    const names = Object.entries(PARAMS[algorithm]).flatMap(([name, info]) => [name, ...(info.aliases ?? [])]);
    expect(new Set(names).size).toBe(names.length);
    const defaults = Object.entries(PARAMS[algorithm]).flatMap(([name, info]) =>
      info.default === undefined ? [] : [[name, info.default]],
    );
    expect(paramMistakes(algorithm, Object.fromEntries(defaults))).toEqual([]);
    for (const [name, info] of Object.entries(PARAMS[algorithm])) {
      for (const alias of info.aliases ?? []) expect(canonicalParam(algorithm, alias)).toBe(name);
    }
  });
});

describe('resolveParams', () => {
  it('fills in the defaults of gbdt', () => {
    expect(resolveParams('gbdt', {})).toEqual({
      num_iterations: 500,
      learning_rate: 0.1,
      num_leaves: 31,
      max_depth: -1,
      min_data_in_leaf: 20,
      min_sum_hessian_in_leaf: 0.001,
      lambda_l1: 0,
      lambda_l2: 0,
      min_gain_to_split: 0,
      feature_fraction: 1,
      bagging_fraction: 1,
      bagging_freq: 0,
      max_bin: 255,
      early_stopping_round: 50,
      cat_smooth: 10,
      cat_l2: 10,
      max_cat_threshold: 32,
      max_cat_to_onehot: 4,
      min_data_per_group: 100,
    });
  });

  it('knows aliases, in the order of the table', () => {
    const resolved = resolveParams('gbdt', { reg_lambda: 2, n_estimators: 10, eta: 0.3, subsample: 0.5, min_child_samples: 0 });
    expect(resolved).toMatchObject({
      lambda_l2: 2,
      num_iterations: 10,
      learning_rate: 0.3,
      bagging_fraction: 0.5,
      min_data_in_leaf: 0,
    });
    // alpha has no default: it belongs to one objective.
    expect([...Object.keys(resolved), 'alpha']).toEqual(Object.keys(PARAMS.gbdt));
  });

  it('leaves what the trainer chooses absent', () => {
    expect(resolveParams('linear', {})).toEqual({ max_iterations: 100, max_levels: 50 });
    expect(resolveParams('linear', { l2: 0 })).toEqual({ l2: 0, max_iterations: 100, max_levels: 50 });
    expect(resolveParams('baseline', {})).toEqual({});
  });

  it('names every mistake at once', () => {
    const attempt = () => resolveParams('gbdt', { num_leafs: 3, eta: 0, max_bin: 1000 });
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(
      [
        'unknown parameter "num_leafs" of gbdt; did you mean "num_leaves"?',
        'parameter eta (learning_rate): found 0, expected a number above 0',
        'parameter max_bin: found 1000, expected a whole number from 2 to 255',
      ].join('\n'),
    );
  });

  it.each([
    ['gbdt', { num_leaves: 31.5 }, 'num_leaves: found 31.5, expected a whole number from 2 to 131072'],
    ['gbdt', { num_leaves: '31' }, 'num_leaves: found "31", expected a whole number from 2 to 131072'],
    ['gbdt', { feature_fraction: 1.1 }, 'feature_fraction: found 1.1, expected a number above 0 up to 1'],
    ['gbdt', { lambda_l2: -1 }, 'lambda_l2: found -1, expected a number of at least 0'],
    ['gbdt', { max_depth: true }, 'max_depth: found true, expected a whole number of at least -1'],
    ['gbdt', { n_estimators: 5, num_trees: 6 }, 'num_trees and n_estimators are the same parameter; keep one'],
    ['gbdt', { l2: 1 }, 'l2 is a parameter of linear, not of gbdt'],
    ['gbdt', { zzzz: 1 }, 'unknown parameter "zzzz" of gbdt; gbdt knows: num_iterations, learning_rate,'],
    ['gbdt', { constructor: 1 }, 'unknown parameter "constructor" of gbdt'],
    ['gbdt', { n_estimater: 1 }, 'unknown parameter "n_estimater" of gbdt; did you mean "n_estimators"?'],
    ['baseline', { depth: 1 }, 'depth: baseline has no parameters'],
  ] as const)('%s %j', (algorithm, params, message) => {
    expect(paramMistakes(algorithm, params)).toHaveLength(1);
    expect(paramMistakes(algorithm, params)[0]!.message).toContain(message);
  });
});
