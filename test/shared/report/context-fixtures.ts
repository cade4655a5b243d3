import type { Comparison } from '../../../shared/evaluation/comparison.js';
import { better, candidateModel, metric, noEvidence } from './fixtures.js';

/** Comparisons with what stands around them: other candidates, and the versions before. */

/** Three candidates against one champion: each interval is of 98.33 %. */
export const threeCandidates: Comparison = {
  ...better,
  confidence: 1 - 0.05 / 3,
  candidates: [
    {
      ...{ name: 'models/shallow', digest: `sha256:11aa${'1'.repeat(56)}22bb`, best: false, verdict: 'no evidence' },
      ...{ metric: metric('auc', 'higher', 0.7312, 0.733, 0.0028), gatesOutcome: 'pass', blocked: false, failed: [] },
    },
    {
      ...{ name: 'models/deep', digest: candidateModel.digest, best: true, verdict: 'better' },
      ...{ metric: metric('auc', 'higher', 0.7312, 0.7406, 0.0028), gatesOutcome: 'pass', blocked: false, failed: [] },
    },
    {
      ...{ name: 'llm-answers.parquet', digest: `sha256:33cc${'3'.repeat(56)}44dd`, best: false, verdict: 'better' },
      ...{ metric: metric('auc', 'higher', 0.7312, 0.7441, 0.003), gatesOutcome: 'fail', blocked: true },
      failed: ['slice auc >= champion - 0.02'],
    },
  ],
};

/** A version a month, each too little worse than the one before to be seen. */
const recorded = [0.7452, 0.7449, 0.7438, 0.7431, 0.742].map((value, index) => ({
  version: `v1.${index}.0`,
  at: `2026-0${index + 5}-01T00:00:00.000Z`,
  ...{ value, rows: 61_204, testSet: '1f0c9a2e' },
}));

export const decayed: Comparison = {
  ...noEvidence,
  metrics: [metric('auc', 'higher', 0.742, 0.7411, 0.0014), ...noEvidence.metrics.slice(1)],
  history: {
    ...{ metric: 'auc', better: 'higher', versions: recorded },
    candidate: { value: 0.7397, rows: 61_204, testSet: '1f0c9a2e' },
    leftOut: [{ version: 'v0.9.0', reason: 'the target changed: was `delay > 30`, is `delay > 15`' }],
    band: { version: 'v1.0.0', from: 0.7452, to: 0.7409 },
  },
};

/** Retrained on new rows each time, so that no two figures are of the same test rows. */
export const steady: Comparison = {
  ...better,
  history: {
    ...{ metric: 'auc', better: 'higher', leftOut: [] },
    versions: recorded.map((version, index) => ({ ...version, testSet: `0000000${index}`, rows: 50_000 + 2_000 * index })),
    candidate: { value: 0.7406, rows: 61_204, testSet: '1f0c9a2e' },
    band: { version: 'v1.0.0', from: 0.7452, to: 0.7401 },
  },
};
