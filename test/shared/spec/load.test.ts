import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem, UserError } from '../../../shared/core/errors.js';
import { loadSpec, parseSpec, type SpecOptions } from '../../../shared/spec/load.js';
import { LEAST, SAMPLE } from './samples.js';

/** What a text is told: its problems as people see them; an empty list when it is accepted. */
function problems(text: string, options?: SpecOptions): string[] {
  try {
    parseSpec(text, 'm.yaml', options);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.problems.map(formatProblem);
  }
}

/** The four required lines, and more from line 5 on. */
const after = (more: string): string[] => problems(LEAST + more);

describe('a spec', () => {
  it('of the documentation, in full', () => {
    const { spec, notices, file } = parseSpec(SAMPLE, 'mlops.yaml');
    expect(file).toBe('mlops.yaml');
    expect(notices).toEqual([]);
    expect(spec).toEqual({
      name: 'flight-delay',
      purpose: 'Warn travellers, when they book, that a flight is likely to arrive late.',
      task: 'binary',
      seed: 42,
      data: { path: 'data/flights.parquet', time: 'date' },
      target: { column: 'late', sql: 'delay > 15' },
      split: { by: 'time', validation: 0.1, test: 0.2, calibration: 0, stratify: true },
      features: { derive: [{ from: 'date', parts: ['hour', 'weekday'] }] },
      train: { algorithm: 'gbdt', params: { num_leaves: 31, num_iterations: 200 }, cache: true },
      evaluate: {
        primary: 'auc',
        metrics: ['auc', 'log_loss', 'brier'],
        slices: ['origin'],
        min_rows: 200,
        bootstrap: 2000,
        confidence: 0.95,
      },
      gates: ['auc >= 0.65', 'auc >= champion - 0.002', 'latency_p99_ms <= 5'],
      gates_inconclusive: 'pass',
    });
  });

  it('of four lines has all defaults', () => {
    expect(parseSpec(LEAST, 'm.yaml').spec).toMatchObject({
      split: { by: 'hash', validation: 0.1, test: 0.2, calibration: 0, stratify: true },
      features: {},
      train: { params: {}, cache: true },
      gates: [],
    });
  });

  it('says where everything stands', () => {
    const loaded = parseSpec(
      'name: m\ntask: binary\ndata: &d\n  path: d.csv\n  time:\n    t\ntarget: { column: "y" }\nfeatures: {}\ngates:\n- auc > 0.5\n-   "auc > champion"\n',
      'm.yaml',
    );
    const at = (...steps: (string | number)[]) => {
      const { line, column } = loaded.locate(steps);
      return `${line}:${column}`;
    };
    expect([at(), at('name'), at('data'), at('data', 'path'), at('data', 'time')]).toEqual(['1:1', '1:7', '3:1', '4:9', '6:5']);
    expect([at('target'), at('target', 'column'), at('gates'), at('gates', 0), at('gates', 1)]).toEqual([
      '7:9',
      '7:19',
      '9:1',
      '10:3',
      '11:5',
    ]);
    // What is not there: the nearest ancestor.
    expect([at('target', 'sql'), at('evaluate', 'primary'), at('gates', 7), at('split'), at('data', 'path', 'x')]).toEqual([
      '7:9',
      '1:1',
      '9:1',
      '1:1',
      '4:9',
    ]);
  });

  it('may repeat itself with anchors; places are those of the alias or within the anchor', () => {
    const { spec, locate } = parseSpec(`${LEAST}features: { use: &cols [a, b] }\nevaluate: { slices: *cols }\n`, 'm.yaml');
    expect(spec.evaluate.slices).toEqual(['a', 'b']);
    expect(locate(['evaluate', 'slices'])).toEqual({ file: 'm.yaml', line: 6, column: 21 });
    expect(locate(['evaluate', 'slices', 1])).toEqual({ file: 'm.yaml', line: 5, column: 28 });
  });

  it('with a byte order mark and Windows line ends', () => {
    expect(parseSpec(`\uFEFF${SAMPLE.replaceAll('\n', '\r\n')}`, 'm.yaml').spec.name).toBe('flight-delay');
  });
});

describe('mistakes of YAML', () => {
  it.each([
    ['', ['m.yaml:1:1: the file is empty; start one with: name: my-model,']],
    ['# nothing\n', ['m.yaml:1:1: the file is empty;']],
    ['- a\n- b\n', ['m.yaml:1:1: found a list, but a spec is a mapping that begins like "name: my-model"']],
    ['hello', ['m.yaml:1:1: found "hello", but a spec is a mapping']],
    ['name: m\ntask: binary: x\n', ['m.yaml:2:7: not valid YAML: nested mappings are not allowed in compact mappings']],
    ['name: "m\n', ['m.yaml:2:1: not valid YAML: missing closing "quote']],
    ['name: m\n\ttask: binary\n', ['m.yaml:2:1: ']],
    ['name: m\ndata: {\n\tpath: x\n', ['m.yaml:']],
    [`${LEAST}name: again\n`, ['m.yaml:5:1: the key name stands twice in the same mapping; keep one']],
    [`${LEAST}split: { test: 0.1, "test": 0.2 }\n`, ['m.yaml:5:21: the key "test" stands twice']],
    [`${LEAST}---\nname: b\n`, ['m.yaml:5:1: a second YAML document starts here (---); a spec is one document']],
    [`${LEAST}gates: *none\n`, ['m.yaml:5:8: the alias *none has no anchor &none before it']],
    [`${LEAST}gates: &g [*g]\n`, ['m.yaml:5:12: the alias *g stands inside of what it repeats']],
    [`${LEAST}purpose: !secret x\n`, ['m.yaml:5:10: not valid YAML: unresolved tag: !secret']],
    [`${'['.repeat(50_000)}`, ['nested too deeply to be a spec']],
    [
      `name: &a [x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]`,
      ['aliases (*name) repeat too much'],
    ],
  ])('%j', (text, expected) => {
    const found = problems(text);
    expect(found).toHaveLength(expected.length);
    for (const [index, message] of expected.entries()) expect(found[index]).toContain(message);
  });

  it('duplicate keys come together with all else', () => {
    expect(after('seed: 1\nseed: 2\nsplitt: 3\n')).toEqual([
      'm.yaml:6:1: the key seed stands twice in the same mapping; keep one',
      'm.yaml:7:1: unknown key "splitt"; did you mean "split"?',
    ]);
  });
});

describe('mistakes against the schema', () => {
  it.each([
    ['seed: x', '5:7: seed: found "x", expected a whole number from 0 to 4294967295'],
    ['seed: 1.5', '5:7: seed: found 1.5, expected a whole number from 0 to 4294967295'],
    ['seed: .nan', '5:7: seed: found NaN, expected a whole number'],
    ['owners: me', '5:9: owners: found "me", expected a list (text)'],
    ['purpose:', '5:1: purpose: found nothing (an empty value), expected text'],
    ['split: { tset: 0.1 }', '5:10: unknown key "tset" in split; did you mean "test"?'],
    [
      'split: { foo: 0.1 }',
      '5:10: unknown key "foo" in split; known keys: by, validation, test, calibration, stratify, hash_columns',
    ],
    ['split: { test: 0.95 }', '5:16: split.test: found 0.95, expected a number from 0 to 0.9'],
    ['split: { by: tme }', '5:14: split.by: found "tme", expected one of: hash, time or a mapping with group'],
    ['split: { by: { gruop: a } }', '5:16: unknown key "gruop" in split.by; did you mean "group"?'],
    ['split: { by: {} }', '5:14: split.by.group is missing; expected text that is not empty'],
    ['split: [1]', '5:8: split: found a list, expected a mapping with by, validation, test,'],
    ['features: { use: [] }', '5:18: features.use: found an empty list, expected a list (text that is not empty)'],
    ['features: { use: [3] }', '5:19: features.use[0]: found 3, expected text that is not empty'],
    ['features: { derive: [{ from: a }] }', '5:22: features.derive[0]: an item of derive has exactly one transform of: parts,'],
    [
      'features: { derive: [{ from: a, parts: [hours] }] }',
      '5:41: features.derive[0].parts[0]: found "hours", expected one of: year, quarter,',
    ],
    ['train: { algorithm: xgboost }', '5:21: train.algorithm: found "xgboost", expected one of: gbdt, linear, baseline'],
    ['train: { params: [1] }', '5:18: train.params: found a list, expected a mapping'],
    [
      'train: { params: { num_leaves: [1] } }',
      '5:32: train.params.num_leaves: found a list, expected text or a number or true or false',
    ],
    ['evaluate: { show_rows: 500 }', '5:24: evaluate.show_rows: found 500, expected a whole number from 0 to 50'],
    ['evaluate: { slices: [{ name: a }] }', '5:22: evaluate.slices[0].sql is missing; expected text'],
    [
      'evaluate: { slices: [7] }',
      '5:22: evaluate.slices[0]: found 7, expected text that is not empty or a mapping with name, sql, min_rows',
    ],
    [
      'evaluate: { custom: { auc: { sql: a, better: lower } } }',
      '5:23: the key "auc" in evaluate.custom is not accepted: this name has a meaning',
    ],
    [
      'evaluate: { custom: { own: { better: lower } } }',
      '5:28: evaluate.custom.own: a metric is either the mean of an expression (sql) or what a command finds',
    ],
    [
      'evaluate: { custom: { own: { sql: a, command: b, better: lower } } }',
      '5:28: evaluate.custom.own: a metric is either the mean of an expression (sql) or what a command finds',
    ],
    [
      'evaluate: { custom: { own: { sql: a, better: lower, timeout: 5m } } }',
      '5:28: evaluate.custom.own: columns, format and timeout are of a command',
    ],
    [
      'evaluate: { custom: { own: { command: b } } }',
      '5:28: evaluate.custom.own.better is missing; expected one of: higher, lower',
    ],
    [
      'evaluate: { custom: { own: { command: b, better: up } } }',
      '5:50: evaluate.custom.own.better: found "up", expected one of: higher, lower',
    ],
    [
      'evaluate: { custom: { own: { comand: b, better: lower } } }',
      '5:30: unknown key "comand" in evaluate.custom.own; did you mean "command"?',
    ],
    [
      'evaluate: { custom: { own: { command: b, better: lower, timeout: soon } } }',
      '5:66: evaluate.custom.own.timeout: found "soon", expected a duration such as 30s',
    ],
    [
      'evaluate: { custom: { own: { command: b, better: lower, columns: [] } } }',
      '5:66: evaluate.custom.own.columns: found an empty list, expected a list',
    ],
    [
      'evaluate: { custom: { own: { command: b, better: lower, format: json } } }',
      '5:65: evaluate.custom.own.format: found "json", expected one of: parquet, csv',
    ],
    [
      'evaluate: { custom: { rmse: { command: b, better: lower } } }',
      '5:23: the key "rmse" in evaluate.custom is not accepted: this name has a meaning',
    ],
    ['gates: auc > 0.5', '5:8: gates: found "auc > 0.5", expected a list (text that is not empty)'],
    ['contract: { columns: { a: { typ: integer } } }', '5:29: unknown key "typ" in contract.columns.a; did you mean "type"?'],
    [
      'contract: { columns: { "a b": { min: [] } } }',
      '5:38: contract.columns."a b".min: found an empty list, expected a number or text',
    ],
    [
      'contract: { columns: { a: { quantiles: { half: {} } } } }',
      '5:42: the key "half" in contract.columns.a.quantiles is not accepted: a quantile is',
    ],
    [
      'contract: { freshness: { column: a, max_age: 7 days } }',
      '5:46: contract.freshness.max_age: found "7 days", expected a duration: a number and a unit',
    ],
    [
      'retrain: { when: [{ metric: auc, bellow: 0.6 }] }',
      '5:34: unknown key "bellow" in retrain.when[0]; did you mean "below"?',
    ],
    ['__proto__: { a: 1 }', '5:1: unknown key "__proto__"; known keys: name,'],
    ['contract: { columns: { __proto__: { min: 1 } } }', '5:24: the key "__proto__" is not accepted'],
    [
      'features: { derive: [{ from: a, part: [hour] }] }',
      '5:33: unknown key "part" in features.derive[0]; did you mean "parts"?',
    ],
    ['toString: 1', '5:1: unknown key "toString"; known keys: name,'],
    ['7: 1', '5:1: unknown key "7"; known keys: name,'],
  ])('%s', (more, message) => {
    const found = after(more);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`m.yaml:${message}`);
  });

  it('what is required', () => {
    expect(problems('purpose: x\ndata:\n  time: t\n')).toEqual([
      "m.yaml:1:1: name is missing; expected the model's name: lower-case letters, digits and hyphens, such as flight-delay",
      'm.yaml:1:1: task is missing; expected one of: binary, multiclass, regression',
      'm.yaml:1:1: target is missing; expected a mapping with column, sql, positive, classes',
      'm.yaml:2:1: data.path is missing; expected text that is not empty or a list (text that is not empty)',
    ]);
  });

  it('a misspelt key is not missing as well', () => {
    expect(problems('name: m\ntask: binary\ndata: { pth: d.csv }\ntarget: { column: y }\n')).toEqual([
      'm.yaml:3:9: unknown key "pth" in data; did you mean "path"?',
    ]);
  });
});

describe('rules between keys', () => {
  it.each([
    ['split: { by: time }', '5:14: split.by: time needs data.time'],
    [
      'split: { validation: 0.5, test: 0.4, calibration: 0.1 }',
      '5:8: split: validation, test and calibration add up to 1; below 1 is needed',
    ],
    ['split: { validation: 0.7, test: 0.2, calibration: 0.1 }', '5:8: split: validation, test and calibration add up to 1;'],
    ['split: { by: { group: y } }', '5:23: split.by.group: y is the target'],
    ['features: { use: [a, y] }', '5:22: features.use: y is the target and cannot be a feature'],
    ['features: { use: [a, b, a] }', '5:25: features.use: a stands twice'],
    ['features: { use: [a], exclude: [a] }', '5:19: features.use: a stands in features.exclude as well'],
    ['features: { derive: [{ from: y, parts: [hour] }] }', '5:30: features.derive: y is the target'],
    [
      'features: { derive: [{ from: a, name: n, parts: [hour] }, { from: b, name: n, parts: [hour] }] }',
      '5:76: features.derive: the name n is taken',
    ],
    ['features: { derive: [{ from: a, since: y }] }', '5:30: features.derive: y is the target; a feature derived from it'],
    ['features: { derive: [{ from: a, ratio: true }] }', '5:30: features.derive: ratio is made of exactly 2 columns'],
    [
      'features: { derive: [{ from: [a, b, c], difference: true }] }',
      '5:30: features.derive: difference is made of exactly 2 columns, but from names 3: from: [first, second]',
    ],
    ['features: { derive: [{ from: a, interaction: true }] }', '5:30: features.derive: interaction is made of 2 to 6 columns'],
    ['features: { derive: [{ from: a, clip: {} }] }', '5:39: features.derive: clip needs min, max, or both'],
    [
      'features: { derive: [{ from: a, clip: { min: 3, max: 2 } }] }',
      '5:46: features.derive: clip has a min (3) above its max (2)',
    ],
    [
      'features: { derive: [{ from: a, bins: [1, 3, 3] }] }',
      '5:46: features.derive: the edges of bins must rise, but 3 follows 3',
    ],
    [
      'features: { derive: [{ from: a, since: 2001-02-30 }] }',
      '5:40: features.derive: since is "2001-02-30", which is no date; accepted is a date such as 2001-01-31',
    ],
    ['features: { select: { max: 0 } }', '5:28: features.select.max: '],
    ['features: { select: { method: shap } }', '5:31: features.select.method: found "shap", expected one of: gain'],
    ['features: { select: { min_importance: 3 } }', '5:39: features.select.min_importance: '],
    ['features: { select: { correlation_max: 2 } }', '5:40: features.select.correlation_max: '],
    ['features: { select: { maxx: 3 } }', '5:23: unknown key "maxx" in features.select; did you mean "max"?'],
    [
      'split: { validation: 0 }\nfeatures: { select: { method: permutation, max: 3 } }',
      '6:31: features.select.method: permutation needs rows that choose; raise split.validation, or use gain',
    ],
    ['features: { derive: [{ from: a, tfidf: 2000 }] }', '5:40: features.derive[0].tfidf: '],
    ['features: { derive: [{ from: a, quantile_bins: 0 }] }', '5:48: features.derive[0].quantile_bins: '],
    ['features: { derive: [{ from: a, hashed_tokens: -3 }] }', '5:48: features.derive[0].hashed_tokens: '],
    ['features: { derive: [{ from: a, one_hot: false }] }', '5:42: features.derive[0].one_hot: '],
    ['evaluate: { primary: rmse }', '5:22: evaluate.primary: rmse is no metric of task binary; its metrics: auc, pr_auc,'],
    [
      'evaluate: { metrics: [auc, f1_macro] }',
      '5:28: evaluate.metrics[1]: f1_macro is no metric of task binary; did you mean "f1"?',
    ],
    ['evaluate: { metrics: [auc, roc_auc] }', '5:28: evaluate.metrics[1]: unknown metric "roc_auc"; did you mean "auc"?'],
    ['evaluate: { metrics: [rows] }', '5:23: evaluate.metrics[0]: rows is measured for gates'],
    ['evaluate: { slices: [a, { name: a, sql: b }] }', '5:25: evaluate.slices: a stands twice'],
    ['gates: [auc >> 0.5]', '5:13: gate "auc >> 0.5": found ">>" where >=, >, <= or < is expected'],
    ['gates: ["auc > half"]', '5:16: gate "auc > half": found "half" where a number or "champion" is expected'],
    ['gates:\n- >-\n  auc\n  > half', '6:3: gate "auc > half": found "half"'],
    ['gates: [rmse <= 3]', '5:9: gate "rmse <= 3": rmse is no metric of task binary'],
    [
      'gates: [accuracy >= 80]',
      '5:9: gate "accuracy >= 80": accuracy is between 0 and 1, so this says nothing; did you mean "accuracy ≥ 0.8"?',
    ],
    ['gates: [log_loss <= -1]', '5:9: gate "log_loss <= -1": log_loss is never below 0'],
    ['train: { algorithm: gbdt, command: python train.py }', '5:27: train has both algorithm (gbdt) and command'],
    [
      'train: { params: { num_leafs: 3 } }',
      '5:20: train.params: unknown parameter "num_leafs" of gbdt; did you mean "num_leaves"?',
    ],
    [
      'train: { params: { num_leaves: 1 } }',
      '5:32: train.params.num_leaves: found 1, expected a whole number from 2 to 131072',
    ],
    ['train: { params: { eta: fast } }', '5:25: train.params.eta (learning_rate): found "fast", expected a number above 0'],
    [
      'train: { algorithm: linear, params: { num_leaves: 3 } }',
      '5:39: train.params: num_leaves is a parameter of gbdt, not of linear',
    ],
    ['contract: { rows: { min: 5, max: 3 } }', '5:26: contract.rows: min (5) is above max (3)'],
    ['contract: { columns: { a: { mean: { min: 2, max: 1 } } } }', '5:42: contract.columns.a.mean: min (2) is above max (1)'],
  ])('%s', (more, message) => {
    const found = after(more);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`m.yaml:${message}`);
  });

  it.each([
    [
      'task: regression\ntarget: { column: y, positive: 1 }',
      '3:22: target.positive is for task: binary; this task is regression',
    ],
    ['task: regression\ntarget: { column: y, classes: [a, b] }', '3:22: target.classes is for classification'],
    [
      'task: binary\ntarget: { column: y, classes: [a, b, c] }',
      '3:31: target.classes: found 3 classes; task: binary has exactly 2',
    ],
    ['task: multiclass\ntarget: { column: y, classes: [a, b, a] }', '3:38: target.classes: a stands twice'],
    [
      'task: binary\ntarget: { column: y, classes: [a, b], positive: c }',
      '3:49: target.positive: found "c", expected one of target.classes: a, b',
    ],
    ['task: binary\ntarget: { column: y }\nseed: 1\ndata2: 1', '5:1: unknown key "data2"'],
  ])('%s', (lines, message) => {
    const found = problems(`name: m\n${lines}\ndata: { path: d.csv }\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`m.yaml:${message}`);
  });

  it('columns with a role are no features', () => {
    const text =
      'name: m\ntask: binary\ndata: { path: d.csv, time: t, key: [k1, k2], weight: w }\ntarget: { column: y }\nsplit: { by: { group: g } }\nfeatures:\n  use: [t, k2, w, g, a]\n';
    expect(problems(text)).toEqual([
      'm.yaml:7:9: features.use: t is data.time and cannot be a feature by itself; derive parts of it with features.derive',
      'm.yaml:7:12: features.use: k2 is data.key and cannot be a feature',
      'm.yaml:7:16: features.use: w is data.weight and cannot be a feature',
      'm.yaml:7:19: features.use: g is split.by.group and cannot be a feature',
    ]);
    expect(problems('name: m\ntask: binary\ndata: { path: d.csv, key: y }\ntarget: { column: y }\n')).toEqual([
      'm.yaml:3:27: data.key: y is the target; another column is needed',
    ]);
  });

  it('all mistakes come at once, in the order of the file', () => {
    const text = `name: X
task: binary
data: { path: d.csv, tme: t }
target: { column: y }
split: { by: time, validation: lots }
train:
  extra: 1
  params: { num_leafs: 3 }
evaluate: { metrics: [auc, f2], bootstrap: 1 }
gates: [auc >= 0.5, acuracy > 0.5]
`;
    const places = problems(text).map((problem) => problem.split(': ')[0]);
    expect(places).toEqual(
      ['1:7', '3:22', '5:14', '5:32', '7:3', '8:13', '9:28', '9:44', '10:21'].map((place) => `m.yaml:${place}`),
    );
  });
});

describe('what is not built yet', () => {
  it.each([['train: { command: python train.py, features: engineered }', '5:36: train.features is not built yet']])(
    'refuses %s',
    (more, message) => {
      const found = after(more);
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(`m.yaml:${message}`);
    },
  );

  it('refuses data from the web', () => {
    expect(
      problems('name: m\ntask: binary\ndata: { path: [a.csv, "https://example.org/b.csv"] }\ntarget: { column: y }\n'),
    ).toEqual([
      'm.yaml:3:23: data.path[1]: data from a web address is not built yet; download it in a step before, and name the file',
    ]);
  });

  it('refuses two trainings, which say too little', () => {
    expect(problems(`${LEAST}evaluate: { seeds: 2 }`)).toEqual([
      'm.yaml:5:20: evaluate.seeds: two trainings say too little about chance; write 5 (or 3 at least), or 1 for none',
    ]);
  });

  it('lets metrics of its own decide, and says which part of the house cannot go by them', () => {
    const custom =
      'evaluate: { custom: { profit: { sql: a, better: higher } }, primary: profit }\ngates: [profit > 3, profit < 9]';
    expect(parseSpec(`${LEAST}${custom}`, 'm.yaml').notices.map(formatProblem)).toEqual([
      'm.yaml:5:70: evaluate.primary: profit decides comparisons; training, tuning and monitoring go by auc, since it is of evaluate.custom',
      'm.yaml:6:21: gate "profit < 9" asks for low profit, though higher is better; is that meant?',
    ]);
  });

  it('lets a metric that a command measures decide no more than a gate on its value', () => {
    const custom =
      'evaluate: { custom: { own: { command: ./own, better: lower, columns: [a], timeout: 30s } }, primary: own }\n';
    expect(problems(`${LEAST}${custom}gates: [own <= 3, own <= champion + 1, slice own <= champion]`)).toEqual([
      'm.yaml:5:102: evaluate.primary: own is one number of a command, without an interval, so it can give no verdict; choose a metric of the rows (one by sql too)',
      'm.yaml:6:19: gate "own <= champion + 1": own is one number of a command, without an interval, so nothing says whether a difference is chance; compare it with a number',
      'm.yaml:6:40: gate "slice own <= champion": own is one number of a command, without an interval, so nothing says whether a difference is chance; compare it with a number',
    ]);
  });

  it('accepts what leaves the model as it is, and says so once a key', () => {
    const { notices } = parseSpec(
      `${LEAST}train: { timeout: 3h, calibrate: none, objective: binary }
tune: { trials: 30, space: { num_leaves: [7, 31] }, pruner: { name: halving } }
evaluate: { custom: { profit: { sql: a, better: higher } }, metrics: [auc, profit], protected: [sex], seeds: 1, baseline: true }
registry: { attest: true }
deploy: { target: batch, canary: [100] }
monitor: { window: 7d }
retrain: { every: 30d }
contract:
  rows: { min: 1, change_max: 0.5 }
  freshness: { column: t, max_age: 1d }
  references: [{ columns: [a], file: b.csv, to: [a] }]
  drift: { alpha: 0.01 }
  checks: [{ name: c, sql: a > 0 }]
  unique: [[a]]
  columns:
    a: { min: 0, monotone: increasing, drift: { method: psi }, mean: { min: 1 }, format: "%Y" }
`,
      'm.yaml',
    );
    const says = (place: string, key: string): string => `m.yaml:${place}: ${key} is accepted, but has no effect yet`;
    expect(notices.map(formatProblem)).toEqual([
      'm.yaml:5:19: train.timeout has no effect without train.command',
      says('6:53', 'tune.pruner'),
      'm.yaml:9:34: deploy.canary has no effect with target: batch; it belongs to service',
    ]);
  });

  it.each([
    ['gates: [auc <= 0.5]', '5:9: gate "auc <= 0.5" asks for low auc, though higher is better'],
    ['gates: [rows < 100]', '5:9: gate "rows < 100" asks for low rows'],
    ['train: { params: { subsample: 0.5 } }', '5:31: train.params.subsample has no effect while bagging_freq is 0'],
    ['evaluate: { hide: [email] }', '5:19: evaluate.hide has no effect without evaluate.show_rows: no row is shown'],
    ['split: { by: { group: g }, stratify: true }', '5:38: split.stratify has no effect with by: group'],
  ])('notices %s', (more, message) => {
    const notices = parseSpec(LEAST + more, 'm.yaml').notices.map(formatProblem);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain(`m.yaml:${message}`);
  });
});

describe('inputs override the file', () => {
  const load = (...overrides: NonNullable<SpecOptions['overrides']>) => parseSpec(SAMPLE, 'm.yaml', { overrides }).spec;

  it('also where the file has nothing', () => {
    expect(load({ path: ['train', 'params', 'num_leaves'], value: 7 }).train.params).toEqual({
      num_leaves: 7,
      num_iterations: 200,
    });
    expect(load({ path: ['contract', 'rows', 'min'], value: 1 }).contract).toEqual({ rows: { min: 1 } });
    expect(load({ path: ['gates', 0], value: 'auc > 0.9' }).gates[0]).toBe('auc > 0.9');
    expect(load({ path: ['data', 'path'], value: 'a.csv' }, { path: ['data', 'path'], value: 'b.csv' }).data.path).toBe(
      'b.csv',
    );
  });

  it('and their mistakes are said to be theirs', () => {
    const overrides = [{ path: ['train', 'params'], value: { num_leafs: 3 }, origin: 'input params' }];
    expect(problems(SAMPLE, { overrides })).toEqual([
      'm.yaml: train.params: unknown parameter "num_leafs" of gbdt; did you mean "num_leaves"? (from input params)',
    ]);
    expect(problems(SAMPLE, { overrides: [{ path: ['seed'], value: 'x' }] })).toEqual([
      'm.yaml: seed: found "x", expected a whole number from 0 to 4294967295 (from an input)',
    ]);
    expect(problems(SAMPLE, { overrides: [{ path: ['name', 'x'], value: 1 }] })).toEqual([]);
  });

  it('a mistake of the file that an input replaces is none', () => {
    const overrides = [{ path: ['data', 'path'], value: 'd.csv' }];
    expect(problems('name: m\ntask: binary\ndata: { time: t }\ntarget: { column: y }\n', { overrides })).toEqual([]);
  });

  it('never reaches into prototypes', () => {
    problems(SAMPLE, { overrides: [{ path: ['__proto__', 'polluted'], value: 1 }] });
    expect('polluted' in {}).toBe(false);
    expect(problems(SAMPLE, { overrides: [{ path: ['__proto__', 'polluted'], value: 1 }] })[0]).toContain(
      'unknown key "__proto__"',
    );
  });
});

describe('junk', () => {
  const fragment = fc.constantFrom(
    ...SAMPLE.split(/(?<=[\s:,[\]{}])/),
    '- ',
    '&a ',
    '*a',
    '!!set ',
    '? ',
    '| ',
    '>\n',
    '"',
    "'",
    '\t',
    '\n',
    '\n  ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '#',
    '<<: ',
    '__proto__: ',
    '.inf',
    '~',
    '0x1F',
    '2024-01-01',
    'contract: ',
    'columns: ',
    'retrain: ',
    'when: ',
    'evaluate: ',
    'slices: ',
    'derive: ',
    'tune: ',
    'space: ',
  );
  const anyValue = fc.jsonValue({ maxDepth: 3 });

  it('of YAML is accepted or told what is wrong, nothing else', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (one) => {
        for (const problem of problems(one)) expect(problem).toMatch(/^m\.yaml:\d+:\d+: [^\n]+$/);
      }),
      { numRuns: 600 },
    );
  });

  it('in place of any part of a good spec', () => {
    const place = fc.constantFrom<(string | number)[]>(
      ['name'],
      ['task'],
      ['data'],
      ['data', 'path'],
      ['target'],
      ['target', 'classes'],
      ['split'],
      ['split', 'by'],
      ['features'],
      ['features', 'derive', 0],
      ['train'],
      ['train', 'params'],
      ['train', 'class_weight'],
      ['tune'],
      ['tune', 'space'],
      ['evaluate'],
      ['evaluate', 'slices'],
      ['evaluate', 'custom'],
      ['gates'],
      ['gates', 0],
      ['contract'],
      ['contract', 'columns'],
      ['contract', 'columns', 'a'],
      ['contract', 'checks'],
      ['retrain'],
      ['retrain', 'when'],
      ['deploy'],
      ['monitor', 'labels'],
      [],
    );
    fc.assert(
      fc.property(place, anyValue, (at, value) => {
        for (const problem of problems(SAMPLE, { overrides: [{ path: at, value }] }))
          expect(problem).toMatch(/^m\.yaml[^\n]+$/);
      }),
      { numRuns: 600 },
    );
  });
});

describe('files', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'spec-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });
  const message = (file: string, options?: SpecOptions): Promise<string> =>
    loadSpec(path.join(directory, file), options).then(
      () => 'loaded',
      (error: unknown) => {
        expect(error).toBeInstanceOf(UserError);
        return (error as UserError).message;
      },
    );

  it('are read', async () => {
    await writeFile(path.join(directory, 'mlops.yaml'), SAMPLE);
    const loaded = await loadSpec(path.join(directory, 'mlops.yaml'), { displayName: 'sub/mlops.yaml' });
    expect(loaded.spec.name).toBe('flight-delay');
    expect(loaded.locate(['task'])).toEqual({ file: 'sub/mlops.yaml', line: 4, column: 7 });
  });

  it('that are not there: where it looked, and how to start one', async () => {
    const missing = await message('mlops.yaml');
    expect(missing).toContain(`no spec: mlops.yaml is not in ${directory}; start one with: name: my-model, task: binary`);
    expect(missing).not.toContain('\n');
    await writeFile(path.join(directory, 'mlops.yml'), SAMPLE);
    expect(await message('mlops.yaml')).toContain('did you mean mlops.yml? (input spec)');
    expect(await message('sub/mlops.yaml')).toContain(`no spec: there is no directory ${path.join(directory, 'sub')}`);
    expect(await message('', { displayName: 'models' })).toBe(
      'models is a directory; name the spec file in it, such as models/mlops.yaml',
    );
  });

  it('that are no text', async () => {
    await writeFile(path.join(directory, 'mlops.yaml'), Buffer.from(SAMPLE, 'utf16le').subarray(1));
    await writeFile(path.join(directory, 'latin.yaml'), Buffer.from([0x6e, 0xe9, 0x0a]));
    expect(await message('latin.yaml', { displayName: 'latin.yaml' })).toBe(
      'latin.yaml: not UTF-8 text; save the file as UTF-8',
    );
    await writeFile(path.join(directory, 'large.yaml'), 'a'.repeat(1_000_001));
    expect(await message('large.yaml', { displayName: 'large.yaml' })).toBe('large.yaml: larger than 1 MB; this is no spec');
  });
});
