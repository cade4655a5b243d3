import { describe, expect, it } from 'vitest';
import { formatProblem, UserError } from '../../../shared/core/errors.js';
import { parseSpec } from '../../../shared/spec/load.js';

/** What a spec of a task is told of its `train`, from line 5 on. */
function problems(task: string, train: string): string[] {
  try {
    parseSpec(`name: m\ntask: ${task}\ndata: { path: a.csv }\ntarget: { column: y }\ntrain: ${train}\n`, 'm.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.problems.map(formatProblem);
  }
}

describe('accepted', () => {
  it.each([
    ['regression', '{ objective: quantile }'],
    ['regression', '{ objective: quantile, params: { alpha: 0.05 } }'],
    ['regression', '{ objective: Poisson }'],
    ['regression', '{ objective: l2, algorithm: linear }'],
    ['binary', '{ objective: log-loss }'],
    ['multiclass', '{ objective: softmax, class_weight: balanced }'],
    ['regression', '{ monotone: { a: 1, b: -1, c: 0 } }'],
    ['regression', '{ calibrate: none, cross_validation: 3 }'],
    ['multiclass', '{ calibrate: sigmoid, cross_validation: 10 }'],
    ['binary', '{ calibrate: isotonic, threshold: { metric: mcc } }'],
    ['binary', '{ class_weight: { yes: 3.5, no: 0 }, algorithm: linear }'],
  ])('%s: %s', (task, train) => {
    expect(problems(task, train)).toEqual([]);
  });
});

describe('refused, in one line', () => {
  it.each([
    [
      'binary',
      '{ objective: poisson }',
      '5:21: train.objective: poisson is not for task: binary, whose objectives are: binary',
    ],
    [
      'regression',
      '{ objective: poison }',
      '5:21: train.objective: found "poison", expected regression, quantile, poisson; did you mean poisson?',
    ],
    [
      'regression',
      '{ objective: quantile, algorithm: linear }',
      '5:21: train.objective: quantile needs algorithm: gbdt; this algorithm is linear',
    ],
    [
      'regression',
      '{ objective: quantile, params: { alpha: 1 } }',
      '5:48: train.params.alpha: found 1, expected a number above 0 and below 1',
    ],
    [
      'regression',
      '{ objective: quantile, params: { alpha: 0 } }',
      '5:48: train.params.alpha: found 0, expected a number above 0 and below 1',
    ],
    [
      'regression',
      '{ params: { alpha: 0.9 } }',
      '5:20: train.params.alpha is the level of objective: quantile; add that, or remove alpha',
    ],
    ['regression', '{ calibrate: sigmoid }', '5:10: train.calibrate: this task is regression, which has no probabilities'],
    [
      'multiclass',
      '{ threshold: { metric: accuracy } }',
      '5:10: train.threshold: this task is multiclass; a threshold decides between two classes (task: binary)',
    ],
    [
      'binary',
      '{ threshold: { metric: recall } }',
      '5:31: train.threshold.metric: recall is best at an end, where nearly nothing or all is positive; accepted: f1, mcc,',
    ],
    [
      'binary',
      '{ threshold: { metric: auc } }',
      '5:31: train.threshold.metric: found "auc", expected a metric that depends on the threshold: f1, mcc,',
    ],
    ['binary', '{ cross_validation: 1 }', '5:28: train.cross_validation: found 1, expected a whole number of at least 2'],
    ['binary', '{ monotone: { a: 2 } }', '5:25: train.monotone.a: found 2, expected'],
    ['binary', '{ monotone: { a: 1 }, algorithm: linear }', '5:10: train.monotone: needs algorithm: gbdt'],
    ['multiclass', '{ monotone: { a: 1 } }', '5:10: train.monotone: of more than two classes'],
    ['regression', '{ monotone: { a: 1 }, objective: quantile }', '5:10: train.monotone: does not go with objective: quantile'],
    ['binary', '{ command: python t.py, calibrate: isotonic }', '5:32: train.calibrate: is for the built-in trainers'],
    ['binary', '{ command: python t.py, threshold: { metric: f1 } }', '5:32: train.threshold: is for the built-in trainers'],
    ['regression', '{ class_weight: balanced }', '5:10: train.class_weight: this task is regression, which has no classes'],
    ['binary', '{ class_weight: { yes: -1 } }', '5:31: train.class_weight.yes: found -1, expected a number of at least 0'],
    ['binary', '{ class_weight: even }', '5:24: train.class_weight: found "even", expected balanced or a mapping'],
  ])('%s: %s', (task, train, message) => {
    const found = problems(task, train);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`m.yaml:${message}`);
  });
});
