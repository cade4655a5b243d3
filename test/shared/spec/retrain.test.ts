import { describe, expect, it } from 'vitest';
import { formatProblem, UserError } from '../../../shared/core/errors.js';
import { parseSpec } from '../../../shared/spec/load.js';
import { LEAST } from './samples.js';

const problems = (text: string): string[] => {
  try {
    return parseSpec(text, 'm.yaml').notices.map((notice) => `notice ${formatProblem(notice)}`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.problems.map(formatProblem);
  }
};
const retraining = (section: string, more = ''): string[] => problems(`${LEAST}retrain: ${section}\n${more}`);

describe('retrain', () => {
  it.each([
    '{}',
    '{ every: 1w, cooldown: 7d, promote: auto, budget_minutes: 90, when: [{ new_rows: 0.2 }] }',
    '{ every: 30d, window: all, promote: never }',
  ])('%s is a plan', (section) => {
    expect(retraining(section)).toEqual([]);
  });

  it.each([
    [
      '{ every: 7d, cooldown: 14d }',
      '5:33: retrain.cooldown (14d) is longer than retrain.every (7d), which could never be kept',
    ],
    [
      '{ every: 1d }',
      '5:19: retrain.cooldown (3d) is longer than retrain.every (1d), which could never be kept; change cooldown or every',
    ],
    ['{ every: 0d, cooldown: 0d }', '5:19: retrain.every: found 0, which would train in every run'],
    ['{ every: monthly }', '5:19: retrain.every'],
    ['{ window: 90d }', '5:20: retrain.window (90d) is counted by the time of the event: name its column with data.time'],
    ['{ window: 0d }', '5:20: retrain.window: found 0, expected all or a duration'],
    ['{ budget_minutes: 0 }', '5:28: retrain.budget_minutes: with 0 minutes nothing is ever trained'],
    ['{ tune: true }', '5:18: retrain.tune searches for parameters, and there is no section tune'],
    ['{ promote: yes }', '5:21: retrain.promote'],
    ['{ when: [{ metric: acc, below: 0.6 }] }', '5:29: retrain.when[0]: unknown metric "acc"; did you mean "accuracy"?'],
    ['{ when: [{ metric: rmse, above: 5 }] }', '5:29: retrain.when[0]: rmse is no metric of task binary'],
    ['{ when: [{ metric: auc, below: 68 }] }', '5:41: retrain.when[0]: auc is between 0 and 1, found 68; did you mean 0.68?'],
  ])('%s is none', (section, problem) => {
    expect(retraining(section).map((text) => text.slice('m.yaml:'.length))).toEqual([expect.stringContaining(problem)]);
  });

  it('says what looks unintended', () => {
    const monitor = 'monitor: { window: 7d }\n';
    const notices = (section: string, more: string) => retraining(section, more);
    expect(notices('{ when: [{ drift: true }] }', '')).toEqual([
      'notice m.yaml:5:19: retrain.when[0] needs what monitor sees of the live model, and the spec has no section monitor',
    ]);
    expect(notices('{ when: [{ drift: true }] }', monitor)).toEqual([]);
    expect(notices('{ when: [{ metric: log_loss, below: 0.4 }] }', monitor)).toEqual([
      'notice m.yaml:5:19: retrain.when[0] trains again when log_loss is below 0.4, though lower is better; is that meant?',
    ]);
  });

  it('counts a section with mistakes of its own as there', () => {
    expect(retraining('{ tune: true }', 'tune: { trials: 0 }\n').join()).not.toContain('there is no section tune');
  });
});
