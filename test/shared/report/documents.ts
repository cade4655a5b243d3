import { renderComparison } from '../../../shared/report/comparison.js';
import { renderEvaluation } from '../../../shared/report/evaluation.js';
import { renderHealth } from '../../../shared/report/health/health.js';
import { renderHealthIssue } from '../../../shared/report/health/issue.js';
import { renderTraining } from '../../../shared/report/training.js';
import { renderValidation, renderValidationComment } from '../../../shared/report/validation.js';
import * as contexts from './context-fixtures.js';
import * as extremes from './extreme-fixtures.js';
import * as fixtures from './fixtures.js';
import * as healths from './health/fixtures.js';
import * as models from './model-fixtures.js';
import { withOptions } from './training-fixtures.js';

const { context } = fixtures;
const health = {
  tool: 'mlops-actions 0.1.0',
  commit: '3f2c1ab7788990aa',
  runUrl: 'https://github.com/you/flights/actions/runs/17',
};

/** Every document that the snapshots keep and that Chromium draws, by name. */
export const documents: Readonly<Record<string, string>> = {
  better: renderComparison(fixtures.better, context),
  worse: renderComparison(fixtures.worse, context),
  'no-evidence': renderComparison(fixtures.noEvidence, context),
  equivalent: renderComparison(fixtures.equivalent, context),
  identical: renderComparison(fixtures.identical, context),
  'not-comparable': renderComparison(fixtures.targetChanged, context),
  'first-model': renderComparison(fixtures.firstModel, context),
  'gate-failed': renderComparison(fixtures.gateFailed, context),
  inconclusive: renderComparison(fixtures.inconclusive, context),
  fork: renderComparison(fixtures.noEvidence, fixtures.fromFork),
  'forty-slices': renderComparison(extremes.fortySlices, context),
  'two-hundred-metrics': renderComparison(extremes.twoHundredMetrics, context),
  'hostile-names': renderComparison(extremes.hostile, { ...context, fork: 'some<b>one</b>/@octo' }),
  'three-candidates': renderComparison(contexts.threeCandidates, context),
  'decay-over-versions': renderComparison(contexts.decayed, context),
  'steady-over-versions': renderComparison(contexts.steady, context),
  regression: renderComparison(fixtures.regression, context),
  'validation-failed': renderValidationComment(models.validationFailed, context),
  'validation-summary': renderValidation(models.validationFailed),
  'training-summary': renderTraining(models.training),
  'training-options': renderTraining(withOptions),
  'evaluation-summary': renderEvaluation(models.evaluation),
  'health-issue': renderHealthIssue(healths.ill, health, undefined).body,
  'health-watched': renderHealth(healths.watched, health),
  'health-well': renderHealth(healths.well, health),
  'health-unknown': renderHealth(healths.unknown, health),
  'health-hostile': renderHealthIssue(healths.hostile, health, undefined).body,
};
