import type { Finding, Sections } from './checks.js';
import { objectiveMistake, objectiveNamed } from './objectives.js';

const at = (key: string, message: string, more: Partial<Finding> = {}): Finding => ({
  path: ['train', key],
  message: `train.${key}: ${message}`,
  kind: 'error',
  ...more,
});

/** What the schema cannot say of the options of the built-in trainers. */
export function checkTrainOptions({ train, task }: Sections): Finding[] {
  if (!train || train.command !== undefined) return [];
  const algorithm = train.algorithm ?? 'gbdt';
  const findings: Finding[] = [];
  if (train.objective !== undefined && task) {
    const mistake = objectiveMistake(train.objective, task, algorithm);
    if (mistake !== undefined) findings.push(at('objective', mistake));
  }
  if (algorithm === 'gbdt' && train.params.alpha !== undefined && objectiveNamed(train.objective ?? '') !== 'quantile') {
    const message = 'train.params.alpha is the level of objective: quantile; add that, or remove alpha';
    findings.push({ path: ['train', 'params', 'alpha'], message, kind: 'error', atKey: true });
  }
  if (train.class_weight !== undefined && task === 'regression') {
    findings.push(at('class_weight', 'this task is regression, which has no classes; use data.weight', { atKey: true }));
  }
  return findings;
}
