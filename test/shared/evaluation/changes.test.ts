import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../shared/bundle/manifest.js';
import { describeChanges } from '../../../shared/evaluation/changes.js';
import { incomparableReason } from '../../../shared/evaluation/comparability.js';
import { summarizeModel } from '../../../shared/evaluation/summary.js';

const manifest: Manifest = {
  format: 1,
  name: 'flight-delay',
  task: 'binary',
  digest: `sha256:${'a'.repeat(64)}`,
  signature: { inputs: [{ name: 'distance', column: 'integer', tensor: 'int64' }], outputs: [] },
  classes: ['false', 'true'],
  target: { column: 'late', sql: 'delay > 15' },
  algorithm: 'gbdt',
  params: { num_leaves: 31, num_iterations: 200 },
  features: { features: [{ name: 'distance', kind: 'numeric', from: 'distance' }] },
  seed: 42,
  data: { digest: `sha256:${'d'.repeat(64)}`, rows: 306018, schema: [] },
  split: {
    by: 'time',
    column: 'date',
    shares: { validation: 0.1, calibration: 0, test: 0.2 },
    boundaries: { validation: '1', calibration: '2', test: '2' },
  },
  training: {
    rows: { train: 210000, validation: 30000, calibration: 0, test: 60000 },
    seconds: 3.1,
    iterations: 180,
    finishedAt: '',
  },
  commit: 'c0ffee',
  run: { id: 1, attempt: 1, url: 'https://example.org/run' },
  tool: { name: 'mlops-actions', version: '0.1.0' },
  files: { 'model.onnx': { sha256: `sha256:${'b'.repeat(64)}`, bytes: 1234 } },
};

describe('describeChanges', () => {
  const changed = (change: Partial<Manifest>): unknown[] => describeChanges({ ...manifest, ...change }, manifest);

  test('nothing', () => {
    expect(changed({})).toEqual([]);
  });

  test('params and the algorithm', () => {
    expect(changed({ params: { num_leaves: 127, num_iterations: 200, lambda_l2: 1 } })).toEqual([
      { kind: 'param', name: 'num_leaves', before: '31', after: '127' },
      { kind: 'param', name: 'lambda_l2', after: '1' },
    ]);
    expect(changed({ algorithm: 'linear', params: { num_iterations: 100, C: 1 } })).toEqual([
      { kind: 'algorithm', name: 'algorithm', before: 'gbdt', after: 'linear' },
      { kind: 'param', name: 'num_iterations', before: '200', after: '100' },
    ]);
    expect(changed({ threshold: 0.5 })).toEqual([]);
    expect(changed({ threshold: 0.4 })).toEqual([{ kind: 'param', name: 'threshold', after: '0.4' }]);
  });

  test('features: added, removed, of another kind; levels are data', () => {
    const features: Manifest['features']['features'] = [
      { name: 'distance', kind: 'categorical', from: 'distance', levels: ['1'] },
      { name: 'date_hour', kind: 'date_part', from: 'date', part: 'hour' },
    ];
    expect(changed({ features: { features } })).toEqual([
      { kind: 'feature', name: 'distance', before: 'numeric', after: 'categorical' },
      { kind: 'feature', name: 'date_hour', after: 'hour of date' },
    ]);
    const champion = { ...manifest, features: { features } };
    const relevelled = { ...features[0]!, levels: ['2', '1'] } as (typeof features)[number];
    expect(describeChanges({ ...champion, features: { features: [relevelled] } }, champion)).toEqual([
      { kind: 'feature', name: 'date_hour', before: 'hour of date' },
    ]);
  });

  test('target, data, split, seed, inputs', () => {
    expect(
      changed({
        target: { column: 'late', sql: 'delay > 30' },
        data: { ...manifest.data, digest: 'sha256:0', rows: 310000, where: 'delay < 500' },
        split: { ...manifest.split, shares: { validation: 0.125, calibration: 0, test: 0.2 } } as Manifest['split'],
        seed: 7,
        signature: { inputs: [{ name: 'distance', column: 'number', tensor: 'float64' }], outputs: [] },
      }),
    ).toEqual([
      { kind: 'target', name: 'target', before: 'late: delay > 15', after: 'late: delay > 30' },
      { kind: 'data', name: 'where', after: 'delay < 500' },
      { kind: 'data', name: 'rows', before: '306,018', after: '310,000' },
      {
        kind: 'split',
        name: 'split',
        before: 'time (date), 10 % validation, 20 % test',
        after: 'time (date), 12.5 % validation, 20 % test',
      },
      { kind: 'seed', name: 'seed', before: '42', after: '7' },
      { kind: 'signature', name: 'distance', before: 'integer', after: 'number' },
    ]);
    expect(changed({ data: { ...manifest.data, digest: `sha256:${'e'.repeat(64)}` } })).toEqual([
      { kind: 'data', name: 'content', before: 'sha256:dddddddd', after: 'sha256:eeeeeeee' },
    ]);
  });
});

describe('incomparableReason', () => {
  const reason = (change: Partial<Manifest>): string | undefined => incomparableReason({ ...manifest, ...change }, manifest);

  test('what cannot be reconciled', () => {
    expect(reason({ target: { column: 'late', sql: 'delay > 30' } })).toBe(
      'the target changed: was `delay > 15`, is `delay > 30`',
    );
    expect(reason({ target: { column: 'late' } })).toBe('the target changed: was `delay > 15`, is `late`');
    expect(reason({ task: 'regression', classes: [] })).toBe('the task changed: was binary, is regression');
    expect(reason({ classes: ['true', 'false'] })).toBe('the positive class changed: was "true", is "false"');
    expect(reason({ task: 'binary', classes: ['maybe', 'true'] })).toBe('the classes changed: "maybe" added, "false" removed');
    expect(reason({ data: { ...manifest.data, where: "origin  = 'O  X'" } })).toBe(
      "the rows changed: data.where was absent, is `origin = 'O  X'`",
    );
  });

  test('what can', () => {
    expect(reason({ target: { column: 'is_late', sql: ' delay  >\n15 ' } })).toBeUndefined();
    expect(
      reason({
        seed: 1,
        algorithm: 'linear',
        split: { ...manifest.split, shares: { validation: 0, calibration: 0, test: 0.5 } } as Manifest['split'],
      }),
    ).toBeUndefined();
    const multiclass = {
      task: 'multiclass',
      target: { column: 'weather' },
      classes: ['rain', 'sun', 'fog'],
      data: {},
    } as const;
    expect(incomparableReason(multiclass, { ...multiclass, classes: ['sun', 'fog', 'rain'] })).toBeUndefined();
  });
});

test('summarizeModel', () => {
  expect(
    summarizeModel(manifest, {
      cost: { latency: { p50Ms: 0.1, p99Ms: 0.4 }, memoryBytes: 2e6 },
      importance: [{ feature: 'distance', importance: 1 }],
    }),
  ).toEqual({
    digest: manifest.digest,
    algorithm: 'gbdt',
    params: manifest.params,
    features: ['distance'],
    iterations: 180,
    trainingSeconds: 3.1,
    trainingRows: 210000,
    dataRows: 306018,
    sizeBytes: 1234,
    latency: { p50Ms: 0.1, p99Ms: 0.4 },
    memoryBytes: 2e6,
    importance: [{ feature: 'distance', importance: 1 }],
    commit: 'c0ffee',
    runUrl: 'https://example.org/run',
  });
  expect(summarizeModel({ ...manifest, files: {} }).sizeBytes).toBe(0);
});
