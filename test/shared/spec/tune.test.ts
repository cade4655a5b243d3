import { describe, expect, it } from 'vitest';
import { formatProblem, UserError } from '../../../shared/core/errors.js';
import { parseSpec } from '../../../shared/spec/load.js';
import { LEAST } from './samples.js';

const problems = (text: string): string[] => {
  try {
    parseSpec(text, 'm.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.problems.map(formatProblem);
  }
};
const tuning = (section: string, more = ''): string[] => problems(`${LEAST}tune: ${section}\n${more}`);

describe('tune', () => {
  it.each([
    '{ space: { num_leaves: [7, 31] } }',
    '{ metric: log_loss, space: { num_leaves: { low: 7, high: 255, log: true }, eta: { low: 0.01, high: 0.3, log: true } } }',
    '{ sampler: grid, space: { num_leaves: { low: 7, high: 31, step: 8 }, lambda_l2: { low: 0, high: 1, step: 0.25 } } }',
    '{ space: { bagging_freq: { low: 0, high: 5 }, bagging_fraction: { low: 0.5, high: 1, when: { bagging_freq: 1 } } } }',
    '{ space: { max_depth: { values: [3, 5] }, num_leaves: { low: 7, high: 31, when: { max_depth: 5 } } } }',
  ])('%s is a search', (section) => {
    expect(tuning(section)).toEqual([]);
    expect(parseSpec(`${LEAST}tune: ${section}\n`, 'm.yaml').notices).toEqual([]);
  });

  it.each([
    ['{ trials: 5 }', '5:7: tune.space is empty: name at least one parameter'],
    ['{ space: {} }', '5:16: tune.space is empty'],
    ['{ metric: rocauc, space: { num_leaves: [7] } }', '5:17: tune.metric: unknown metric "rocauc"'],
    ['{ metric: rmse, space: { num_leaves: [7] } }', '5:17: tune.metric: rmse is no metric of task binary'],
    ['{ space: { num_leafs: [7] } }', '5:18: tune.space: unknown parameter "num_leafs" of gbdt; did you mean "num_leaves"?'],
    ['{ space: { l2: [7] } }', '5:18: tune.space: l2 is a parameter of linear, not of gbdt'],
    [
      '{ space: { eta: [0.1], learning_rate: [0.2] } }',
      '5:30: tune.space: learning_rate and eta are the same parameter; keep one',
    ],
    ['{ space: { num_leaves: [7, 1] } }', '5:34: tune.space.num_leaves: found 1, expected a whole number from 2'],
    ['{ space: { num_leaves: [7, many] } }', '5:34: tune.space.num_leaves: found "many", expected a whole number from 2'],
    ['{ space: { num_leaves: [7, 7] } }', '5:34: tune.space.num_leaves: 7 stands twice'],
    ['{ space: { num_leaves: { low: 1, high: 31 } } }', '5:37: tune.space.num_leaves: found 1, expected a whole number from 2'],
    ['{ space: { num_leaves: { low: 7.5, high: 31 } } }', '5:37: tune.space.num_leaves: found 7.5, expected a whole number'],
    ['{ space: { num_leaves: { low: 31, high: 7 } } }', '5:37: tune.space.num_leaves: low (31) is above high (7)'],
    ['{ space: { num_leaves: { low: 7 } } }', '5:30: tune.space.num_leaves: high is missing'],
    ['{ space: { num_leaves: { log: true } } }', '5:30: tune.space.num_leaves: low and high are missing'],
    [
      '{ space: { num_leaves: { low: 7, high: 31, type: float } } }',
      '5:56: tune.space.num_leaves.type: num_leaves takes whole numbers',
    ],
    [
      '{ space: { num_leaves: { low: 7, high: 31, step: 0.5 } } }',
      '5:56: tune.space.num_leaves.step: found 0.5, expected a whole number',
    ],
    [
      '{ space: { lambda_l2: { low: 0, high: 1, log: true } } }',
      '5:36: tune.space.lambda_l2: log needs a low above 0, found 0',
    ],
    [
      '{ space: { lambda_l2: { low: 0, high: 1, step: 0 } } }',
      '5:54: tune.space.lambda_l2.step: found 0, expected a number above 0',
    ],
    [
      '{ space: { lambda_l2: { low: 1, high: 2, log: true, step: 1 } } }',
      '5:65: tune.space.lambda_l2: log and step exclude each other',
    ],
    ['{ space: { lambda_l2: { low: 1, values: [1] } } }', '5:31: tune.space.lambda_l2: values and low exclude each other'],
    [
      '{ sampler: grid, space: { lambda_l2: { low: 0, high: 1 } } }',
      '5:44: tune.space.lambda_l2: sampler grid needs a list or a step here',
    ],
    ['{ sampler: gp, space: { lambda_l2: [1] } }', '5:9: tune.sampler: gp is not built yet; use tpe'],
    ['{ budget_minutes: 0, space: { lambda_l2: [1] } }', '5:25: tune.budget_minutes: with 0 minutes no trial is run'],
    [
      '{ space: { lambda_l2: { low: 1, high: 2, when: { num_leaf: 3 } }, num_leaves: [3] } }',
      'tune.space.lambda_l2.when: num_leaf is no other parameter of the space; did you mean "num_leaves"?',
    ],
    [
      '{ space: { lambda_l2: { low: 1, high: 2, when: { lambda_l2: 1 } } } }',
      'tune.space.lambda_l2.when: lambda_l2 is no other parameter of the space',
    ],
    [
      '{ space: { lambda_l2: { low: 1, high: 2, when: { num_leaves: 4 } }, num_leaves: [3, 5] } }',
      'tune.space.lambda_l2.when.num_leaves: num_leaves is never 4 in the space',
    ],
    [
      '{ space: { lambda_l2: { low: 1, high: 2, when: { lambda_l1: 0.5 } }, lambda_l1: { low: 0, high: 1 } } }',
      'lambda_l1 is never 0.5 in the space',
    ],
  ])('%s is refused', (section, message) => {
    const found = tuning(section);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    expect(found[0]).toMatch(/^m\.yaml:5:\d+: [^\n]+$/);
  });

  it('refuses conditions that go round in a circle', () => {
    const circle =
      '{ space: { num_leaves: { low: 3, high: 9, when: { max_depth: 4 } }, max_depth: { low: 3, high: 9, when: { num_leaves: 4 } } } }';
    expect(tuning(circle)).toEqual([
      expect.stringContaining('tune.space.num_leaves.when: max_depth depends on num_leaves itself'),
      expect.stringContaining('tune.space.max_depth.when: num_leaves depends on max_depth itself'),
    ]);
  });

  it('refuses a parameter that train.params writes by another name, and a search without validation rows', () => {
    expect(tuning('{ space: { eta: [0.1] } }', 'train: { params: { learning_rate: 0.1 } }\n')).toEqual([
      expect.stringContaining('tune.space: eta is learning_rate in train.params; use one name in both places'),
    ]);
    expect(tuning('{ space: { eta: [0.1] } }', 'split: { validation: 0 }\n')).toEqual([
      expect.stringContaining('tune: trials are scored on the validation rows, but split.validation is 0'),
    ]);
  });

  it('says which part has no effect, and how many rounds the workflow has', () => {
    const { notices } = parseSpec(
      `${LEAST}tune: { rounds: 6, pruner: { name: halving }, space: { num_leaves: [7, 9] } }\n`,
      'm.yaml',
    );
    expect(notices.map(formatProblem)).toEqual([
      'm.yaml:5:17: tune.rounds: tune.yml has 4 rounds; run it again for the others, or call tune-plan in a workflow of your own',
      'm.yaml:5:20: tune.pruner is accepted, but has no effect yet',
    ]);
  });
});
