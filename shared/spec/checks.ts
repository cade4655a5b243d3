import { foundText, pathText } from './accepted.js';
import { checkDeploy } from './deploy-checks.js';
import type { Path } from './document.js';
import { type Gate, gateText, readGate, unknownMetric } from './gates.js';
import {
  betterOf,
  DEFAULT_PRIMARY,
  fairnessOfTask,
  fitsTask,
  isFairness,
  isMeasurement,
  isMetric,
  metricByOtherName,
  metricsOfTask,
  rangeOf,
} from './metrics.js';
import { checkMonitor } from './monitor-checks.js';
import { paramMistakes } from './params.js';
import { checkRegistry } from './registry-checks.js';
import { checkRetrain } from './retrain-checks.js';
import type { DerivedFeature, Spec } from './schema.js';
import { valueAt } from './schema-errors.js';
import { checkTrainOptions } from './train-checks.js';
import { countProblem, momentOf, transformOf } from './transforms.js';
import { checkTune } from './tune-checks.js';

/** Something to say about a place of the spec. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly kind: 'error' | 'notice';
  /** Point at the key rather than the value. */
  readonly atKey?: boolean;
  /** The character of a text on one line that is meant. */
  readonly offset?: number;
}

/** The sections that fulfil the schema; the others have errors of their own. */
export type Sections = Partial<Spec>;

/**
 * What the schema cannot say: rules between keys, names of metrics and parameters, gates.
 * @param content the raw content, for what was really written (defaults are not)
 */
export function checkSections(sections: Sections, content: unknown): Finding[] {
  return [
    ...checkTarget(sections),
    ...checkSplit(sections, content),
    ...checkFeatures(sections),
    ...checkTrain(sections),
    ...checkTrainOptions(sections),
    ...checkTune(sections),
    ...checkRegistry(sections),
    ...checkRetrain(sections, content),
    ...checkMetrics(sections, content),
    ...checkGates(sections, content),
    ...checkContractLimits(sections),
    ...checkDeploy(sections),
    ...checkMonitor(sections),
  ];
}

/** The names of `evaluate.custom`, also where that section has errors. */
function customMetrics(content: unknown): string[] {
  const custom = valueAt(content, ['evaluate', 'custom']);
  return typeof custom === 'object' && custom !== null && !Array.isArray(custom) ? Object.keys(custom) : [];
}

/** Those of them that a command measures. */
function commandMetrics(content: unknown): string[] {
  return customMetrics(content).filter((name) => valueAt(content, ['evaluate', 'custom', name, 'command']) !== undefined);
}

const error = (path: Path, message: string, more: Partial<Finding> = {}): Finding => ({
  path,
  message,
  kind: 'error',
  ...more,
});
const notice = (path: Path, message: string): Finding => ({ path, message, kind: 'notice' });

function checkTarget({ task, target, data }: Sections): Finding[] {
  if (!target) return [];
  const findings: Finding[] = [];
  if (task && task !== 'binary' && target.positive !== undefined) {
    findings.push(error(['target', 'positive'], `target.positive is for task: binary; this task is ${task}`, { atKey: true }));
  }
  if (target.classes) {
    const texts = target.classes.map(String);
    const twice = texts.find((text, index) => texts.indexOf(text) !== index);
    if (task === 'regression') {
      findings.push(
        error(['target', 'classes'], 'target.classes is for classification; this task is regression', { atKey: true }),
      );
    } else if (twice !== undefined) {
      findings.push(error(['target', 'classes', texts.lastIndexOf(twice)], `target.classes: ${twice} stands twice`));
    } else if (task === 'binary' && texts.length !== 2) {
      findings.push(error(['target', 'classes'], `target.classes: found ${texts.length} classes; task: binary has exactly 2`));
    } else if (task === 'binary' && target.positive !== undefined && !texts.includes(String(target.positive))) {
      const message = `target.positive: found ${foundText(target.positive)}, expected one of target.classes: ${texts.join(', ')}`;
      findings.push(error(['target', 'positive'], message));
    }
  }
  for (const [role, columns] of [
    ['time', data?.time ? [data.time] : []],
    ['key', data?.key ? [data.key].flat() : []],
    ['weight', data?.weight ? [data.weight] : []],
  ] as const) {
    if (!columns.includes(target.column)) continue;
    findings.push(error(['data', role], `data.${role}: ${target.column} is the target; another column is needed`));
  }
  return findings;
}

function checkSplit({ split, data, target }: Sections, content: unknown): Finding[] {
  if (!split) return [];
  const findings: Finding[] = [];
  const by = typeof split.by === 'string' ? split.by : 'group';
  if (by === 'time' && valueAt(content, ['data', 'time']) === undefined && data) {
    findings.push(error(['split', 'by'], 'split.by: time needs data.time, the column with the time of the event'));
  }
  if (typeof split.by !== 'string' && split.by.group === target?.column) {
    findings.push(
      error(['split', 'by', 'group'], `split.by.group: ${split.by.group} is the target; name the column of the group`),
    );
  }
  const held = split.validation + split.test + split.calibration;
  // Shares are decimal fractions; 0.7 + 0.2 + 0.1 must count as 1.
  if (held > 1 - 1e-9) {
    const sum = Number(held.toFixed(6));
    const message = `split: validation, test and calibration add up to ${sum}; below 1 is needed, since the rest is for training`;
    findings.push(error(['split'], message));
  }
  for (const key of ['stratify', 'hash_columns'] as const) {
    if (by === 'hash' || !valueAt(content, ['split', key])) continue;
    findings.push(notice(['split', key], `split.${key} has no effect with by: ${by}; it belongs to by: hash`));
  }
  return findings;
}

function checkFeatures({ features, data, target, split }: Sections): Finding[] {
  if (!features) return [];
  const findings: Finding[] = [];
  const roles = new Map<string, string>();
  for (const column of data?.key ? [data.key].flat() : []) roles.set(column, 'data.key');
  if (data?.weight) roles.set(data.weight, 'data.weight');
  if (data?.time) roles.set(data.time, 'data.time');
  if (split && typeof split.by !== 'string') roles.set(split.by.group, 'split.by.group');
  if (target) roles.set(target.column, 'the target');
  for (const [index, column] of (features.use ?? []).entries()) {
    const path = ['features', 'use', index];
    const role = roles.get(column);
    if (role) {
      const advice = role === 'data.time' ? ' by itself; derive parts of it with features.derive' : '';
      findings.push(error(path, `features.use: ${column} is ${role} and cannot be a feature${advice}`));
    } else if (features.exclude?.includes(column)) {
      findings.push(error(path, `features.use: ${column} stands in features.exclude as well; keep one`));
    } else if (features.use?.indexOf(column) !== index) {
      findings.push(error(path, `features.use: ${column} stands twice`));
    }
  }
  if (features.select?.method === 'permutation' && split?.validation === 0) {
    const message = 'features.select.method: permutation needs rows that choose; raise split.validation, or use gain';
    findings.push(error(['features', 'select', 'method'], message));
  }
  const names = new Set<string>();
  for (const [index, item] of (features.derive ?? []).entries()) {
    if (target && [item.from, item.since ?? []].flat().includes(target.column)) {
      const message = `features.derive: ${target.column} is the target; a feature derived from it would give the answer away`;
      findings.push(error(['features', 'derive', index, 'from'], message));
    }
    findings.push(...checkTransform(item, index));
    if (item.name === undefined) continue;
    if (names.has(item.name) || features.use?.includes(item.name)) {
      findings.push(error(['features', 'derive', index, 'name'], `features.derive: the name ${item.name} is taken`));
    }
    names.add(item.name);
  }
  return findings;
}

function checkTransform(item: DerivedFeature, index: number): Finding[] {
  const path = ['features', 'derive', index];
  const findings: Finding[] = [];
  const transform = transformOf(item);
  const count = countProblem(transform, [item.from].flat().length);
  if (count !== undefined) findings.push(error([...path, 'from'], count));
  const { min, max } = item.clip ?? {};
  if (item.clip && min === undefined && max === undefined) {
    findings.push(error([...path, 'clip'], 'features.derive: clip needs min, max, or both'));
  }
  if (min !== undefined && max !== undefined && min > max) {
    findings.push(error([...path, 'clip', 'min'], `features.derive: clip has a min (${min}) above its max (${max})`));
  }
  const edges = Array.isArray(item.bins) ? item.bins : [];
  const down = edges.findIndex((edge, at) => at > 0 && edge <= edges[at - 1]!);
  if (down > 0) {
    const message = `features.derive: the edges of bins must rise, but ${edges[down]} follows ${edges[down - 1]}`;
    findings.push(error([...path, 'bins', down], message));
  }
  const { since } = item;
  if (since !== undefined && /^\d{4}-/.test(since) && momentOf(since) === undefined) {
    const message = `features.derive: since is ${JSON.stringify(since)}, which is no date; accepted is a date such as 2001-01-31 or 2001-01-31T12:00:00, or the name of a column`;
    findings.push(error([...path, 'since'], message));
  }
  return findings;
}

function checkTrain({ train }: Sections): Finding[] {
  if (!train) return [];
  if (train.command !== undefined) {
    if (train.algorithm === undefined) return [];
    const message = `train has both algorithm (${train.algorithm}) and command; keep the one that trains the model`;
    return [error(['train', 'command'], message, { atKey: true })];
  }
  const findings = paramMistakes(train.algorithm ?? 'gbdt', train.params).map(({ name, message, unknown }) =>
    error(['train', 'params', name], unknown ? `train.params: ${message}` : `train.params.${message}`, { atKey: unknown }),
  );
  const idle = (['inputs', 'format', 'features', 'timeout'] as const)
    .filter((key) => train[key] !== undefined)
    .map((key) => notice(['train', key], `train.${key} has no effect without train.command`));
  return [...findings, ...idle, ...checkIdleBagging(train)];
}

/** LightGBM's rule, and a common slip: the share alone does nothing. */
function checkIdleBagging({ algorithm = 'gbdt', params }: Spec['train']): Finding[] {
  if (algorithm !== 'gbdt') return [];
  const share = ['bagging_fraction', 'sub_row', 'subsample', 'bagging'].find((name) => Object.hasOwn(params, name));
  const every = ['bagging_freq', 'subsample_freq'].some((name) => Number(params[name] ?? 0) > 0);
  if (!share || every || params[share] === 1) return [];
  return [
    notice(['train', 'params', share], `train.params.${share} has no effect while bagging_freq is 0; add bagging_freq: 1`),
  ];
}

function checkMetrics({ evaluate, task }: Sections, content: unknown): Finding[] {
  if (!evaluate) return [];
  const custom = customMetrics(content);
  const check = (path: Path, name: string): Finding[] => {
    if (custom.includes(name)) return [];
    const known = isMetric(name);
    if (known && (!task || fitsTask(name, task))) return [];
    return [error(path, `${pathText(path)}: ${metricAdvice(name, task, custom)}`)];
  };
  const findings = (evaluate.metrics ?? []).flatMap((name, index) => check(['evaluate', 'metrics', index], name));
  if (evaluate.primary !== undefined) {
    const path = ['evaluate', 'primary'];
    findings.push(...check(path, evaluate.primary));
    if (commandMetrics(content).includes(evaluate.primary)) {
      findings.push(
        error(
          path,
          `${pathText(path)}: ${evaluate.primary} is one number of a command, without an interval, so it can give no verdict; choose a metric of the rows (one by sql too)`,
        ),
      );
    } else if (custom.includes(evaluate.primary) && task) {
      const others = `training, tuning and monitoring go by ${DEFAULT_PRIMARY[task]}`;
      findings.push(
        notice(path, `${pathText(path)}: ${evaluate.primary} decides comparisons; ${others}, since it is of evaluate.custom`),
      );
    }
  }
  if (evaluate.seeds === 2) {
    const message = 'evaluate.seeds: two trainings say too little about chance; write 5 (or 3 at least), or 1 for none';
    findings.push(error(['evaluate', 'seeds'], message));
  }
  if (evaluate.protected?.length && task && fairnessOfTask(task).length === 0) {
    findings.push(
      notice(
        ['evaluate', 'protected'],
        `evaluate.protected has no effect with task ${task}; groups are compared for binary and regression`,
      ),
    );
  }
  if (evaluate.hide?.length && !evaluate.show_rows)
    findings.push(notice(['evaluate', 'hide'], 'evaluate.hide has no effect without evaluate.show_rows: no row is shown'));
  const names = (evaluate.slices ?? []).map((slice) => (typeof slice === 'string' ? slice : slice.name));
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    findings.push(error(['evaluate', 'slices', index], `evaluate.slices: ${name} stands twice`));
  }
  return findings;
}

function checkGates({ gates, task, evaluate }: Sections, content: unknown): Finding[] {
  const custom = customMetrics(content);
  return (gates ?? []).flatMap((text, index) => {
    const path = ['gates', index];
    const gate = readGate(text, custom);
    if (!('kind' in gate)) return [error(path, gate.message, { offset: gate.offset })];
    if (isMetric(gate.metric) && task && !fitsTask(gate.metric, task)) {
      return [error(path, `gate ${JSON.stringify(text)}: ${metricAdvice(gate.metric, task, custom)}`)];
    }
    if (isFairness(gate.metric)) {
      if (task && !fairnessOfTask(task).includes(gate.metric)) {
        return [error(path, `gate ${JSON.stringify(text)}: ${gate.metric} is no measure of task ${task}`)];
      }
      if (!evaluate?.protected?.length) {
        return [
          error(
            path,
            `gate ${JSON.stringify(text)}: ${gate.metric} is between groups; name their columns in evaluate.protected`,
          ),
        ];
      }
    }
    if (gate.kind !== 'value' && commandMetrics(content).includes(gate.metric)) {
      const message = `gate ${JSON.stringify(text)}: ${gate.metric} is one number of a command, without an interval, so nothing says whether a difference is chance; compare it with a number`;
      return [error(path, message)];
    }
    const impossible = impossibility(gate);
    if (impossible) return [error(path, `gate ${JSON.stringify(text)}: ${impossible}`)];
    const better = evaluate?.custom?.[gate.metric]?.better ?? betterOf(gate.metric);
    if (better && (better === 'higher') !== gate.op.startsWith('>')) {
      const message = `gate ${JSON.stringify(text)} asks for ${gate.op.startsWith('>') ? 'high' : 'low'} ${gate.metric}, though ${better} is better; is that meant?`;
      return [notice(path, message)];
    }
    return [];
  });
}

/** Why no model can pass the gate, or any. */
function impossibility(gate: Gate): string | undefined {
  const range = rangeOf(gate.metric);
  if (gate.kind !== 'value' || !range) return undefined;
  const [low, high] = range;
  if (gate.number >= low && gate.number <= high) return undefined;
  const ends =
    Number.isFinite(low) && Number.isFinite(high)
      ? `is between ${low} and ${high}`
      : low === 0
        ? 'is never below 0'
        : `is at most ${high}`;
  const asShare = { ...gate, number: gate.number / 100 };
  const meant =
    high === 1 && gate.number > 1 && gate.number <= 100 ? `; did you mean ${JSON.stringify(gateText(asShare))}?` : '';
  return `${gate.metric} ${ends}, so this says nothing${meant}`;
}

function metricAdvice(name: string, task: Spec['task'] | undefined, custom: readonly string[]): string {
  if (isMeasurement(name)) return `${name} is measured for gates; it is no metric of predictions`;
  if (!isMetric(name)) return unknownMetric(name, custom, task ? metricsOfTask(task) : undefined);
  const other = task && metricByOtherName(name, task);
  const known = task ? metricsOfTask(task).join(', ') : '';
  return `${name} is no metric of task ${task}; ${other ? `did you mean ${JSON.stringify(other)}?` : `its metrics: ${known}`}`;
}

function checkContractLimits({ contract }: Sections): Finding[] {
  if (!contract || typeof contract === 'string') return [];
  const findings: Finding[] = [];
  const check = (path: Path, limits: { min?: unknown; max?: unknown } | undefined) => {
    const { min, max } = limits ?? {};
    if (typeof min !== typeof max || (typeof min !== 'number' && typeof min !== 'string')) return;
    if ((min as number | string) > (max as number | string)) {
      findings.push(error([...path, 'min'], `${pathText(path)}: min (${min}) is above max (${max})`));
    }
  };
  check(['contract', 'rows'], contract.rows);
  for (const [name, rules] of Object.entries(contract.columns ?? {})) {
    const path = ['contract', 'columns', name];
    // Texts are dates, which compare like their text only in the same form.
    if (typeof rules.min === 'number') check(path, rules);
    for (const key of ['length', 'distinct', 'mean'] as const) check([...path, key], rules[key]);
    for (const [quantile, limits] of Object.entries(rules.quantiles ?? {})) check([...path, 'quantiles', quantile], limits);
  }
  for (const [index, { columns, to }] of (contract.references ?? []).entries()) {
    if (columns.length === to.length) continue;
    const path = ['contract', 'references', index, 'to'];
    const message = `${pathText(path)}: found ${to.length} ${to.length === 1 ? 'column' : 'columns'} for the ${columns.length} of columns; one each is needed`;
    findings.push(error(path, message));
  }
  return findings;
}
