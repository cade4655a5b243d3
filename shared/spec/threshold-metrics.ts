/** The metrics that a decision threshold can be chosen by: those that have their best in between. */
export const THRESHOLD_METRICS = ['f1', 'mcc', 'balanced_accuracy', 'accuracy'] as const;
export type ThresholdMetric = (typeof THRESHOLD_METRICS)[number];

export function isThresholdMetric(name: string): name is ThresholdMetric {
  return (THRESHOLD_METRICS as readonly string[]).includes(name);
}
