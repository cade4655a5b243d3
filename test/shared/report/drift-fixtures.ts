import type { DriftColumn, DriftReport } from '../../../shared/data/drift/report.js';
import type { Validation } from '../../../shared/data/validation.js';
import { validationFailed } from './model-fixtures.js';

/** @param word in every name and value of the data @param columns of every kind in turn */
export function driftFixture({ word = 'plain', columns = 6 }: { word?: string; columns?: number } = {}): DriftReport {
  const ranges = [0.02, 0.05, 0.08, 0.1, 0.1, 0.12, 0.13, 0.14, 0.13, 0.13];
  const base = { isTarget: false, psi: 0.12, missing: { reference: 0.01, current: 0.08 } };
  const kinds: ((index: number) => DriftColumn)[] = [
    (index) => ({
      ...{ name: `${word} number ${index}`, from: `${word} number ${index}`, drifted: true, effect: 0.62, adjustedP: 1e-9 },
      ...{ ...base, measure: 'wasserstein', detail: `moved by 0.62 standard deviations from ${word}, p < 0.001` },
      groups: ranges.map((current, index) => ({
        kind: 'range' as const,
        ...(index > 0 && { low: 100_000 * index }),
        ...(index < 9 && { high: 100_000 * (index + 1) }),
        ...{ reference: ranges[9 - index]!, current },
      })),
    }),
    (index) => ({
      ...{ name: `${word} text ${index}`, from: `${word} text ${index}`, drifted: index < 6, effect: 0.31, adjustedP: 0.004 },
      ...{ ...base, measure: 'jensen-shannon', detail: `a distance of 0.31; new: "${word} 3" 9.0 %` },
      groups: [
        ...[0.4, 0.3, 0.2, 0].map((reference, at) => ({
          ...{ kind: 'value' as const, value: `${word} ${at}`, reference, current: [0.2, 0.3, 0.3, 0.09][at]! },
        })),
        { kind: 'other', reference: 0.09, current: 0.03 },
        { kind: 'missing', reference: 0.01, current: 0.08 },
      ],
    }),
    (index) => ({
      ...{ name: `${word} void ${index}`, from: `${word} void ${index}`, drifted: false, effect: 0, groups: [] },
      ...{ ...base, measure: 'wasserstein', detail: `not held against ${word}: no values`, note: 'no values' },
    }),
  ];
  return {
    ...{ reference: { kind: 'data', shown: `${word}.csv`, rows: 12_000 }, rows: 4000, minEffect: 0.1, alpha: 0.05 },
    columns: Array.from({ length: columns }, (_, index) => kinds[index % kinds.length]!(index)),
    schemaChanges: [
      { column: `${word} gone`, change: 'gone', detail: 'the reference has it (number), and the data does not' },
      { column: `${word} new`, change: 'new', detail: 'the reference does not have it (string)' },
    ],
    notices: [`A notice with \`${word}\`.`],
  };
}

export function driftedValidation(drift: DriftReport): Validation {
  return { ...validationFailed, model: 'churn', passed: true, rules: [], drift };
}
