import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Labels } from '../../../shared/data/table.js';
import { fitCalibrator } from '../../../shared/training/calibration.js';
import { scoredRows } from '../../../shared/training/calibration-rows.js';
import { centredIsotonic, poolViolators, valueAt } from '../../../shared/training/isotonic.js';
import { fitSigmoid } from '../../../shared/training/platt.js';

interface Case {
  readonly slope: number;
  readonly intercept: number;
  readonly isotonic: readonly number[];
}

/** What golden/calibration.py stored of scikit-learn. */
const golden = JSON.parse(readFileSync(new URL('golden/calibration.json', import.meta.url), 'utf8')) as {
  readonly x: number[];
  readonly y: number[];
  readonly weights: number[];
  readonly plain: Case;
  readonly weighted: Case;
};
const x = Float64Array.from(golden.x);
const y = Float64Array.from(golden.y);

describe.each(['plain', 'weighted'] as const)('as scikit-learn does it, %s', (kind) => {
  const weights = kind === 'weighted' ? Float64Array.from(golden.weights) : undefined;

  it('sigmoid', () => {
    const { slope, intercept } = fitSigmoid(x, y, weights);
    expect(slope).toBeCloseTo(golden[kind].slope, 4);
    expect(intercept).toBeCloseTo(golden[kind].intercept, 4);
  });

  it('isotonic: the blocks', () => {
    const blocks = poolViolators(x, y, weights);
    const theirs = [...new Set(golden[kind].isotonic.map((value) => value.toFixed(9)))].sort();
    expect(blocks.map((block) => block.y.toFixed(9))).toEqual(theirs);
    const total = blocks.reduce((sum, block) => sum + block.weight, 0);
    expect(total).toBeCloseTo(weights ? weights.reduce((sum, own) => sum + own, 0) : x.length, 9);
  });
});

describe('a centred isotonic curve', () => {
  const points = fc.array(fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.constantFrom(0, 1)), {
    minLength: 1,
    maxLength: 60,
  });

  it('never falls, stays between 0 and 1, and keeps the mean of the outcomes at its knots', () => {
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 2, noNaN: true }), (rows, gap) => {
        const [xs, ys] = [Float64Array.from(rows, ([at]) => at), Float64Array.from(rows, ([, value]) => value)];
        const curve = centredIsotonic(xs, ys, undefined, gap);
        for (let knot = 1; knot < curve.x.length; knot++) {
          expect(curve.y[knot]!).toBeGreaterThan(curve.y[knot - 1]!);
          expect(curve.x[knot]! - curve.x[knot - 1]!).toBeGreaterThanOrEqual(gap);
        }
        const places = [-10, ...Array.from(xs).sort((a, b) => a - b), 10].map((place) => valueAt(curve, place));
        places.forEach((value, index) => {
          expect(value).toBeGreaterThanOrEqual(Math.max(0, places[index - 1] ?? 0));
          expect(value).toBeLessThanOrEqual(1);
        });
      }),
    );
  });
});

describe('fitCalibrator', () => {
  /** Probabilities that are too sure of themselves: the true log-odds are half as large. */
  function overconfident(rows: number, width: number) {
    const random = new Random(11);
    const scores = new Float64Array(rows * width);
    const values = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      const odds = Array.from({ length: width }, () => random.normal() * 1.5);
      const powers = odds.map((value) => Math.exp(value));
      const draw = random.uniform() * powers.reduce((sum, value) => sum + value, 0);
      let sum = 0;
      values[row] = powers.findIndex((value) => {
        sum += value;
        return draw < sum;
      });
      const sure = odds.map((value) => Math.exp(2 * value));
      const total = sure.reduce((all, value) => all + value, 0);
      for (let index = 0; index < width; index++) scores[row * width + index] = sure[index]! / total;
    }
    const classes = Array.from({ length: width }, (_, index) => `c${index}`);
    const task = width === 2 ? ('binary' as const) : ('multiclass' as const);
    return { labels: { task, classes, values } as Labels, predictions: { task, classes, rows, scores } };
  }

  function logLoss(labels: Labels, scores: Float64Array, width: number): number {
    let sum = 0;
    labels.values.forEach((label, row) => {
      sum -= Math.log(scores[row * width + label]!);
    });
    return sum / labels.values.length;
  }

  it.each([
    ['sigmoid', 2],
    ['isotonic', 2],
    ['sigmoid', 3],
    ['isotonic', 3],
  ] as const)('%s, %i classes: takes the overconfidence away, and sums stay 1', (method, width) => {
    const { labels, predictions } = overconfident(4000, width);
    const calibrator = fitCalibrator(method, scoredRows(labels, predictions, undefined, 'split.calibration'));
    const { scores } = calibrator.apply(predictions);
    expect(logLoss(labels, scores, width)).toBeLessThan(logLoss(labels, predictions.scores, width) - 0.03);
    for (let row = 0; row < 4000; row++) {
      const own = scores.subarray(row * width, (row + 1) * width);
      expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...own)).toBeGreaterThan(0);
    }
    expect(calibrator).toMatchObject({ method, rows: 4000, source: 'split.calibration' });
  });

  it('says in one line that the rows are too few, in all or of a class', () => {
    const { labels, predictions } = overconfident(150, 2);
    const rows = scoredRows(labels, predictions, undefined, 'split.calibration');
    expect(() => fitCalibrator('isotonic', rows)).toThrow(
      /^train\.calibrate: isotonic needs at least 200 labelled rows and 10 of each class, and the calibration part has 150, \d+ of them "c\d"; raise split\.calibration/,
    );
    const rare = { ...labels, values: labels.values.map((_, row) => (row < 9 ? 1 : 0)) } as Labels;
    expect(() => fitCalibrator('sigmoid', scoredRows(rare, predictions, undefined, 'out-of-fold predictions'))).toThrow(
      /the train part has 150, 9 of them "c1"; leave it out$/,
    );
  });

  it('leaves rows without a label out', () => {
    const { labels, predictions } = overconfident(300, 2);
    const some = { ...labels, values: labels.values.map((label, row) => (row % 3 === 0 ? -1 : label)) } as Labels;
    expect(scoredRows(some, predictions, new Float64Array(300).fill(2), 'split.calibration')).toMatchObject({
      predictions: { rows: 200, scores: { length: 400 } },
      weights: new Float64Array(200).fill(1),
    });
  });
});
