import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { acceleratedInterval, evenInterval, percentileInterval } from '../../../shared/evaluation/bootstrap-interval.js';
import { normalQuantile } from '../../../shared/evaluation/statistics.js';

interface Case {
  readonly name: string;
  readonly confidence: number;
  readonly value: number;
  readonly without: readonly number[];
  readonly resamples: readonly number[];
  readonly low: number;
  readonly high: number;
}

const golden = JSON.parse(readFileSync(new URL('./golden/bca.json', import.meta.url), 'utf8')) as {
  readonly scipy: string;
  readonly cases: readonly Case[];
};

describe(`bias-corrected and accelerated intervals are those of scipy ${golden.scipy}`, () => {
  test.each(golden.cases)('$name', ({ confidence, value, without, resamples, low, high }) => {
    const half = normalQuantile((1 + confidence) / 2);
    const values = Float64Array.from(resamples);
    const found = acceleratedInterval(values, half, value, Float64Array.from(without))!;
    expect(found.low).toBeCloseTo(low, 10);
    expect(found.high).toBeCloseTo(high, 10);
  });

  test('of skewed values they are not the percentiles', () => {
    const { confidence, value, without, resamples } = golden.cases[0]!;
    const half = normalQuantile((1 + confidence) / 2);
    const values = Float64Array.from(resamples);
    const found = acceleratedInterval(values, half, value, Float64Array.from(without))!;
    expect(found.high).toBeGreaterThan(percentileInterval(values, half)!.high);
  });
});

test('resamples that lie on one side, or units that say nothing, leave the percentiles as they are', () => {
  const values = Float64Array.from({ length: 200 }, (_, at) => at / 200);
  const plain = percentileInterval(values, 1.96)!;
  expect(acceleratedInterval(values, 1.96, 2, Float64Array.of(1, 2, 4))).toEqual(plain);
  expect(acceleratedInterval(values, 1.96, 0.4975, Float64Array.of(3, Number.NaN, 1))).toEqual(plain);
  const even = acceleratedInterval(values, 1.96, 0.4975, Float64Array.of(3, 3, 3))!;
  expect(even.low).toBeCloseTo(plain.low, 12);
});

test('an even interval holds the uneven one and has the value in its middle', () => {
  expect(evenInterval({ low: -1, high: 0.5 }, 0)).toEqual({ low: -1, high: 1 });
  expect(evenInterval({ low: 2, high: 7 }, 3)).toEqual({ low: -1, high: 7 });
});
