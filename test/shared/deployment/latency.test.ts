import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMetrics } from '../../../shared/core/prometheus.js';
import { checkLatency, histogramOf, histogramQuantile, increase, latencyGates } from '../../../shared/deployment/latency.js';

test('takes the gates that a number decides, and no others', () => {
  const gates = latencyGates([
    'auc >= 0.6',
    'latency_p99_ms <= 5',
    'latency_p50_ms < 2',
    'latency_p99_ms <= champion + 1',
    'nonsense',
  ]);
  expect(gates).toEqual([
    { text: 'latency_p99_ms <= 5', measure: 'p99Ms', op: '<=', number: 5 },
    { text: 'latency_p50_ms < 2', measure: 'p50Ms', op: '<', number: 2 },
  ]);
  expect(checkLatency(gates, { p50Ms: 2, p99Ms: 5 }, 'here').map(({ ok }) => ok)).toEqual([true, false]);
  expect(checkLatency(gates, { p50Ms: 1, p99Ms: 5.01 }, 'here')).toEqual([
    { name: 'latency_p99_ms <= 5', ok: false, detail: '5.01 ms here' },
    { name: 'latency_p50_ms < 2', ok: true, detail: '1.00 ms here' },
  ]);
});

test('sums the buckets of a version over its other labels', () => {
  const samples = parseMetrics(
    ['0.01', '0.1', '+Inf']
      .flatMap((le, at) => [
        `took_bucket{model="a",version="v1",le="${le}",protocol="x"} ${at}`,
        `took_bucket{model="a",version="v1",le="${le}",protocol="y"} ${10 * at}`,
        `took_bucket{model="a",version="v2",le="${le}"} 1000`,
      ])
      .join('\n'),
  );
  expect([...histogramOf(samples, 'took', { model: 'a', version: 'v1' })]).toEqual([
    [0.01, 0],
    [0.1, 11],
    [Number.POSITIVE_INFINITY, 22],
  ]);
});

const empty = new Map([
  [1, 0],
  [2, 0],
  [4, 0],
  [Number.POSITIVE_INFINITY, 0],
]);
const histogram = (values: readonly number[]) =>
  new Map([...empty.keys()].map((bound): [number, number] => [bound, values.filter((value) => value <= bound).length]));

test('estimates quantiles as Prometheus does', () => {
  // histogram_quantile(0.5, …) of 2 in (0, 1], 6 in (1, 2] and 2 in (2, 4]: the 5th of 10 is the 3rd of 6 in its bucket.
  const values = [...Array(2).fill(0.5), ...Array(6).fill(1.5), ...Array(2).fill(3)];
  expect(histogramQuantile(empty, histogram(values), 0.5)).toBeCloseTo(1.5, 12);
  expect(histogramQuantile(empty, histogram(values), 0.99)).toBeCloseTo(3.9, 12);
  expect(histogramQuantile(empty, histogram([9]), 0.5)).toBe(4);
  expect(histogramQuantile(empty, empty, 0.5)).toBeUndefined();
  expect(histogramQuantile(histogram([9, 9]), histogram([9, 9]), 0.5)).toBeUndefined();
});

test('a quantile lies in the bucket of the true one, and what was counted before does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 4, noNaN: true }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.double({ min: 0.001, max: 9, noNaN: true }), { maxLength: 20 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, earlier, share) => {
        const estimate = histogramQuantile(histogram(earlier), histogram([...earlier, ...values]), share)!;
        const truth = [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
        const bounds = [0, 1, 2, 4];
        const upper = bounds.find((bound) => truth <= bound)!;
        expect(estimate).toBeLessThanOrEqual(upper);
        expect(estimate).toBeGreaterThanOrEqual(bounds[bounds.indexOf(upper) - 1]!);
      },
    ),
  );
});

test('a counter that begins anew is not counted backwards', () => {
  expect(increase(5, 8)).toBe(3);
  expect(increase(500, 3)).toBe(3);
});
