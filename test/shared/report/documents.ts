import { renderComparison } from '../../../shared/report/comparison.js';
import { renderEvaluation } from '../../../shared/report/evaluation.js';
import { renderTraining } from '../../../shared/report/training.js';
import { renderValidation, renderValidationComment } from '../../../shared/report/validation.js';
import * as extremes from './extreme-fixtures.js';
import * as fixtures from './fixtures.js';
import * as models from './model-fixtures.js';

const { context } = fixtures;

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
  'forty-slices': renderComparison(extremes.fortySlices, context),
  'two-hundred-metrics': renderComparison(extremes.twoHundredMetrics, context),
  'hostile-names': renderComparison(extremes.hostile, { ...context, fork: 'some<b>one</b>/@octo' }),
  regression: renderComparison(fixtures.regression, context),
  'validation-failed': renderValidationComment(models.validationFailed, context),
  'validation-summary': renderValidation(models.validationFailed),
  'training-summary': renderTraining(models.training),
  'evaluation-summary': renderEvaluation(models.evaluation),
};
