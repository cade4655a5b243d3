import { foundText, pathText } from './accepted.js';
import type { Finding, Sections } from './checks.js';
import type { Path } from './document.js';
import { fitsTask, isMetric, METRIC_NAMES, metricByOtherName, metricsOfTask } from './metrics.js';
import { nearest } from './nearest.js';
import { type Algorithm, canonicalParam, PARAMS, paramMistakes } from './params.js';
import type { Spec } from './schema.js';

type Space = NonNullable<NonNullable<Spec['tune']>['space']>;
type Entry = Space[string];
type Range = Exclude<Entry, readonly unknown[]>;
type Scalar = string | number | boolean;

/** The rounds that tune.yml has. */
const WORKFLOW_ROUNDS = 4;

/** What the schema cannot say of the section `tune`: a metric of the task, and a space that the algorithm can try. */
export function checkTune({ tune, train, task, split }: Sections): Finding[] {
  if (!tune) return [];
  const findings = [...checkMetric(tune.metric, task)];
  if (split?.validation === 0) {
    findings.push(
      wrong(['tune'], 'tune: trials are scored on the validation rows, but split.validation is 0; set it, such as 0.1'),
    );
  }
  if (tune.budget_minutes === 0) {
    findings.push(
      wrong(['tune', 'budget_minutes'], 'tune.budget_minutes: with 0 minutes no trial is run; leave the key out for no limit'),
    );
  }
  if (tune.rounds !== undefined && tune.rounds > WORKFLOW_ROUNDS) {
    const message = `tune.rounds: tune.yml has ${WORKFLOW_ROUNDS} rounds; run it again for the others, or call tune-plan in a workflow of your own`;
    findings.push({ path: ['tune', 'rounds'], message, kind: 'notice' });
  }
  const { space } = tune;
  if (!space || Object.keys(space).length === 0) {
    const message = 'tune.space is empty: name at least one parameter, such as num_leaves: { low: 7, high: 255, log: true }';
    findings.push(wrong(space ? ['tune', 'space'] : ['tune'], message));
    return findings;
  }
  if (train?.command !== undefined) return findings;
  const algorithm = train?.algorithm ?? 'gbdt';
  for (const [name, entry] of Object.entries(space)) {
    findings.push(...checkName(name, algorithm, space, train?.params ?? {}));
    findings.push(...checkEntry(name, entry, algorithm, tune.sampler === 'grid'));
    findings.push(...checkConditions(name, space, algorithm));
  }
  return findings;
}

const wrong = (path: Path, message: string, atKey = false): Finding => ({
  path,
  message,
  kind: 'error',
  ...(atKey && { atKey }),
});

function checkMetric(name: string | undefined, task: Spec['task'] | undefined): Finding[] {
  if (name === undefined || (isMetric(name) && (!task || fitsTask(name, task)))) return [];
  const known = task ? metricsOfTask(task) : METRIC_NAMES;
  const meant = metricByOtherName(name, task) ?? nearest(name, known);
  const advice = meant ? `did you mean ${JSON.stringify(meant)}?` : `its metrics: ${known.join(', ')}`;
  const what = isMetric(name) ? `${name} is no metric of task ${task}` : `unknown metric ${JSON.stringify(name)}`;
  return [wrong(['tune', 'metric'], `tune.metric: ${what}; ${advice}`)];
}

function checkName(name: string, algorithm: Algorithm, space: Space, params: Readonly<Record<string, unknown>>): Finding[] {
  const path = ['tune', 'space', name];
  const canonical = canonicalParam(algorithm, name);
  if (canonical === undefined) {
    const [mistake] = paramMistakes(algorithm, { [name]: 0 });
    return [wrong(path, `tune.space: ${mistake?.message ?? name}`, true)];
  }
  const same = (other: string): boolean => other !== name && canonicalParam(algorithm, other) === canonical;
  const twice = Object.keys(space).find(same);
  if (twice !== undefined && Object.keys(space).indexOf(twice) < Object.keys(space).indexOf(name))
    return [wrong(path, `tune.space: ${name} and ${twice} are the same parameter; keep one`, true)];
  const written = Object.keys(params).find(same);
  if (written === undefined) return [];
  return [wrong(path, `tune.space: ${name} is ${written} in train.params; use one name in both places`, true)];
}

function checkEntry(name: string, entry: Entry, algorithm: Algorithm, isGrid: boolean): Finding[] {
  const path = ['tune', 'space', name];
  if (Array.isArray(entry)) return checkValues(path, name, entry, algorithm);
  if (entry.values) {
    const extra = (['low', 'high', 'log', 'type', 'step'] as const).find((key) => entry[key] !== undefined);
    if (extra)
      return [wrong([...path, extra], `${pathText(path)}: values and ${extra} exclude each other; keep one of them`, true)];
    return checkValues([...path, 'values'], name, entry.values, algorithm);
  }
  return checkRange(path, name, entry, algorithm, isGrid);
}

function checkValues(path: Path, name: string, values: readonly Scalar[], algorithm: Algorithm): Finding[] {
  return values.flatMap((value, index) => {
    if (values.indexOf(value) !== index) return [wrong([...path, index], `${pathText(path)}: ${value} stands twice`)];
    return valueMistake([...path, index], name, value, algorithm);
  });
}

function checkRange(path: Path, name: string, entry: Range, algorithm: Algorithm, isGrid: boolean): Finding[] {
  const { low, high, step, log, type } = entry;
  const place = pathText(path);
  if (low === undefined || high === undefined) {
    const missing = low === undefined ? (high === undefined ? 'low and high are' : 'low is') : 'high is';
    return [wrong(path, `${place}: ${missing} missing; accepted: { low, high }, or a list of values`)];
  }
  const findings = [
    ...valueMistake([...path, 'low'], name, low, algorithm, type),
    ...valueMistake([...path, 'high'], name, high, algorithm, type),
  ];
  if (findings.length > 0) return findings;
  const isInteger = isIntegerRange(name, entry, algorithm);
  if (low > high) return [wrong([...path, 'low'], `${place}: low (${low}) is above high (${high})`)];
  if (log && low <= 0) return [wrong([...path, 'low'], `${place}: log needs a low above 0, found ${low}`)];
  if (log && step !== undefined)
    return [wrong([...path, 'step'], `${place}: log and step exclude each other; for single values use a list`)];
  if (step !== undefined && step <= 0)
    return [wrong([...path, 'step'], `${place}.step: found ${step}, expected a number above 0`)];
  if (isInteger && type !== 'float' && step !== undefined && !Number.isInteger(step))
    return [
      wrong([...path, 'step'], `${place}.step: found ${step}, expected a whole number, since ${name} takes whole numbers`),
    ];
  if (type === 'float' && parameterIsInteger(name, algorithm))
    return [wrong([...path, 'type'], `${place}.type: ${name} takes whole numbers; leave type out, or use int`)];
  if (isGrid && !isInteger && step === undefined && low !== high)
    return [
      wrong(
        path,
        `${place}: sampler grid needs a list or a step here, since there is no end of real numbers; or use sampler: tpe`,
      ),
    ];
  return [];
}

function valueMistake(path: Path, name: string, value: Scalar, algorithm: Algorithm, type?: 'int' | 'float'): Finding[] {
  if (canonicalParam(algorithm, name) === undefined) return [];
  const [mistake] = paramMistakes(algorithm, { [name]: value });
  if (mistake) return [wrong(path, `${pathText(path.slice(0, 2))}.${mistake.message}`)];
  if (type === 'int' && !Number.isInteger(value))
    return [wrong(path, `${pathText(path)}: found ${value}, expected a whole number, since type is int`)];
  return [];
}

function parameterIsInteger(name: string, algorithm: Algorithm): boolean {
  const canonical = canonicalParam(algorithm, name);
  return canonical !== undefined && PARAMS[algorithm][canonical]?.type === 'integer';
}

function isIntegerRange(name: string, { type }: Range, algorithm: Algorithm): boolean {
  return type === undefined ? parameterIsInteger(name, algorithm) : type === 'int';
}

function checkConditions(name: string, space: Space, algorithm: Algorithm): Finding[] {
  const findings: Finding[] = [];
  for (const [other, value] of Object.entries(conditionsOf(space[name]!))) {
    const path = ['tune', 'space', name, 'when', other];
    const entry = Object.hasOwn(space, other) ? space[other] : undefined;
    const place = `${pathText(['tune', 'space', name])}.when`;
    if (!entry || other === name) {
      const meant = nearest(
        other,
        Object.keys(space).filter((key) => key !== name),
      );
      const advice = meant ? `did you mean ${JSON.stringify(meant)}?` : 'a condition names another key of tune.space';
      findings.push(wrong(path, `${place}: ${other} is no other parameter of the space; ${advice}`, true));
    } else if (leadsTo(space, other, name)) {
      findings.push(wrong(path, `${place}: ${other} depends on ${name} itself; one of the conditions has to go`, true));
    } else if (!canBe(other, entry, value, algorithm)) {
      findings.push(
        wrong(path, `${place}.${other}: ${other} is never ${foundText(value)} in the space, so ${name} would never be tried`),
      );
    }
  }
  return findings;
}

function conditionsOf(entry: Entry): Readonly<Record<string, Scalar>> {
  return Array.isArray(entry) ? {} : (entry.when ?? {});
}

function leadsTo(space: Space, from: string, target: string, seen: ReadonlySet<string> = new Set()): boolean {
  if (from === target) return true;
  if (seen.has(from) || !Object.hasOwn(space, from)) return false;
  return Object.keys(conditionsOf(space[from]!)).some((next) => leadsTo(space, next, target, new Set([...seen, from])));
}

/** Whether a parameter takes exactly this value somewhere; of real numbers that is never certain. */
function canBe(name: string, entry: Entry, value: Scalar, algorithm: Algorithm): boolean {
  if (Array.isArray(entry)) return entry.includes(value);
  if (entry.values) return entry.values.includes(value);
  const { low, high } = entry;
  // A range with mistakes of its own has been reported.
  if (low === undefined || high === undefined) return true;
  if (typeof value !== 'number' || value < low || value > high) return false;
  const step = entry.step ?? (isIntegerRange(name, entry, algorithm) ? 1 : undefined);
  if (step === undefined || step <= 0) return low === high;
  const steps = (value - low) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}
