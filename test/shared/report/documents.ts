import { renderComparison } from '../../../shared/report/comparison.js';
import { renderEvaluation } from '../../../shared/report/evaluation.js';
import { renderTraining } from '../../../shared/report/training.js';
import { renderValidation, renderValidationComment } from '../../../shared/report/validation.js';
import * as fixtures from './fixtures.js';

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
  'forty-slices': renderComparison(fixtures.fortySlices, context),
  'two-hundred-metrics': renderComparison(fixtures.twoHundredMetrics, context),
  'hostile-names': renderComparison(fixtures.hostile, { ...context, fork: 'some<b>one</b>/@octo' }),
  regression: renderComparison(fixtures.regression, context),
  'validation-failed': renderValidationComment(fixtures.validationFailed, context),
  'validation-summary': renderValidation(fixtures.validationFailed),
  'training-summary': renderTraining(fixtures.training),
  'evaluation-summary': renderEvaluation(fixtures.evaluation),
};
