import { foundText } from './accepted.js';
import type { Finding, Sections } from './checks.js';
import { objectiveMistake, objectiveNamed } from './objectives.js';
import type { Task } from './schema.js';
import { isThresholdMetric, THRESHOLD_METRICS } from './threshold-metrics.js';

const at = (key: string, message: string, more: Partial<Finding> = {}): Finding => ({
  path: ['train', key],
  message: `train.${key}: ${message}`,
  kind: 'error',
  ...more,
});

/** What only the built-in trainers do. */
const BUILT_IN = ['objective', 'class_weight', 'monotone', 'calibrate', 'threshold', 'cross_validation'] as const;

/** What the schema cannot say of the options of the built-in trainers. */
export function checkTrainOptions({ train, task, features }: Sections): Finding[] {
  if (!train) return [];
  if (train.command !== undefined) return [...notOfCommands(train), ...(features?.select ? [selectOfCommand] : [])];
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
  if (train.monotone !== undefined) {
    const objective = objectiveNamed(train.objective ?? '');
    const why =
      algorithm !== 'gbdt'
        ? `needs algorithm: gbdt; this algorithm is ${algorithm}`
        : task === 'multiclass'
          ? 'of more than two classes no single probability can be held to rise; it is for binary and regression'
          : objective === 'quantile'
            ? "does not go with objective: quantile, whose leaves take quantiles of their rows whatever the neighbours' are"
            : undefined;
    if (why !== undefined) findings.push(at('monotone', why, { atKey: true }));
  }
  if (train.calibrate !== undefined && train.calibrate !== 'none' && task === 'regression') {
    findings.push(at('calibrate', 'this task is regression, which has no probabilities; leave it out', { atKey: true }));
  }
  if (train.threshold !== undefined && task) findings.push(...checkThreshold(train.threshold.metric, task));
  return findings;
}

/** Ignoring them would silently give another model than the one that the spec describes. */
function notOfCommands(train: NonNullable<Sections['train']>): Finding[] {
  return BUILT_IN.filter((key) => train[key] !== undefined && train[key] !== 'none').map((key) =>
    at(key, 'is for the built-in trainers; with train.command the program has to do it by itself, so remove it', {
      atKey: true,
    }),
  );
}

const selectOfCommand: Finding = {
  path: ['features', 'select'],
  message: 'features.select is for the built-in trainers; with train.command the program has to do it by itself, so remove it',
  kind: 'error',
  atKey: true,
};

function checkThreshold(metric: string, task: Task): Finding[] {
  if (task !== 'binary') {
    return [at('threshold', `this task is ${task}; a threshold decides between two classes (task: binary)`, { atKey: true })];
  }
  if (isThresholdMetric(metric)) return [];
  const accepted = THRESHOLD_METRICS.join(', ');
  const why =
    metric === 'precision' || metric === 'recall'
      ? `${metric} is best at an end, where nearly nothing or all is positive; accepted: ${accepted}`
      : `found ${foundText(metric)}, expected a metric that depends on the threshold: ${accepted}`;
  return [{ path: ['train', 'threshold', 'metric'], message: `train.threshold.metric: ${why}`, kind: 'error' }];
}
