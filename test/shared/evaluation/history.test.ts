import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../shared/bundle/manifest.js';
import { Random } from '../../../shared/core/random.js';
import { historyOf, isBelowBand, type MeasuredVersion } from '../../../shared/evaluation/history.js';

const manifest = (name: string, changes: object = {}): Manifest =>
  ({
    ...{ task: 'binary', digest: `sha256:${name}`, classes: ['no', 'yes'], target: { column: 'late' } },
    data: { digest: 'sha256:a', rows: 10_000 },
    split: { by: 'hash', shares: { test: 0.2 } },
    training: { rows: { test: 2000 } },
    ...changes,
  }) as unknown as Manifest;

const version = (number: number, auc: number, changes: object = {}): MeasuredVersion => ({
  version: `v1.${number}.0`,
  at: `2026-01-0${number + 1}T00:00:00Z`,
  manifest: manifest(`v${number}`, changes),
  metrics: { auc },
});

const question = (versions: readonly MeasuredVersion[], auc: number) => ({
  metric: {
    name: 'auc',
    better: 'higher' as const,
    candidate: auc,
    candidateInterval: { low: auc - 0.0196, high: auc + 0.0196 },
  },
  ...{ rows: 2000, confidence: 0.95, versions, candidate: { manifest: manifest('new'), metrics: { auc } } },
});

describe('the metric over versions', () => {
  test('stands in the order of time, and the best version sets the band', () => {
    const history = historyOf(question([version(2, 0.75), version(0, 0.8), version(1, 0.78)], 0.77))!;
    expect(history.versions.map(({ version: name }) => name)).toEqual(['v1.0.0', 'v1.1.0', 'v1.2.0']);
    expect(history.band).toMatchObject({ version: 'v1.0.0', from: 0.8 });
    // Three versions, one-sided: z of 1 - 0.05 / 3 is 2.128, and two figures differ by the root of two standard errors of 0.01.
    expect(history.band!.to).toBeCloseTo(0.8 - 2.128 * Math.SQRT2 * 0.01, 4);
    expect(isBelowBand(history)).toBe(false);
    expect(isBelowBand(historyOf(question([version(0, 0.8), version(1, 0.79)], 0.76))!)).toBe(true);
  });

  test('a version on few rows allows more, so another one may set the band', () => {
    const lucky = version(0, 0.81, { training: { rows: { test: 50 } } });
    expect(historyOf(question([lucky, version(1, 0.79)], 0.78))!.band!.version).toBe('v1.1.0');
  });

  test('an error is worse above the band', () => {
    const { metric, ...rest } = question([version(0, 0.2), version(1, 0.21)], 0.25);
    const history = historyOf({ ...rest, metric: { ...metric, better: 'lower' } })!;
    expect(history.band!.to).toBeGreaterThan(0.2);
    expect(isBelowBand(history)).toBe(true);
  });

  test('other targets and figures that are not there are left out with the reason; the candidate itself is no version before', () => {
    const versions = [
      version(0, 0.8, { target: { column: 'late', sql: 'delay > 30' } }),
      { ...version(1, 0.8), metrics: { log_loss: 0.4 } },
      version(2, 0.8),
      version(3, 0.8),
      { ...version(4, 0.8), manifest: manifest('new') },
    ];
    const history = historyOf(question(versions, 0.8))!;
    expect(history.versions).toHaveLength(2);
    expect(history.leftOut).toEqual([
      { version: 'v1.0.0', reason: 'the target changed: was `delay > 30`, is `late`' },
      { version: 'v1.1.0', reason: 'it recorded no auc' },
    ]);
    expect(historyOf(question(versions.slice(0, 3), 0.8))).toBeUndefined();
  });

  test('tells test sets apart by data, split and target', () => {
    const [same, data, split] = historyOf(
      question(
        [version(0, 0.8), version(1, 0.8, { data: { digest: 'sha256:b' } }), version(2, 0.8, { split: { by: 'time' } })],
        0.8,
      ),
    )!.versions;
    const own = historyOf(question([version(0, 0.8), version(1, 0.8)], 0.8))!.candidate.testSet;
    expect([same!.testSet, data!.testSet, split!.testSet].map((name) => name === own)).toEqual([true, false, false]);
  });

  test('has no band where the metric has no interval', () => {
    const { metric, ...rest } = question([version(0, 0.8), version(1, 0.8)], 0.8);
    const { candidateInterval: _none, ...bare } = metric;
    expect(historyOf({ ...rest, metric: bare })!.band).toBeUndefined();
  });

  test('a model that is as good as those before is rarely below the band', () => {
    const random = new Random(11);
    let alarms = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const figure = (): number => 0.8 + 0.01 * random.normal();
      const versions = Array.from({ length: 6 }, (_, number) => version(number, figure()));
      if (isBelowBand(historyOf(question(versions, figure()))!)) alarms++;
    }
    // At most 5 %; a correct procedure stays below 6.3 % of 2000 trials in 99 of 100 runs.
    expect(alarms / 2000).toBeLessThan(0.063);
    expect(alarms).toBeGreaterThan(10);
  });
});
