import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { Arena, unitOf } from '../../../../shared/training/gbdt/arena.js';
import { kernelsOn } from '../../../../shared/training/gbdt/kernels.js';
import { type LossName, type LossRows, lossOf, metricOf, outputsOf } from '../../../../shared/training/gbdt/loss.js';

const random = new Random(5);
const ROWS = 21;

/** A loss with rows in an arena. */
function lossWith(
  task: LossName,
  classes: number,
  targets: readonly number[],
  scores: readonly (readonly number[])[],
  weights?: readonly number[],
  alpha = 0.5,
) {
  const outputs = outputsOf(task, classes);
  const arena = new Arena({
    rows: targets.length,
    heldOut: 0,
    width: 8,
    outputs,
    histogram: 2,
    slots: 3,
    leaves: 2,
    shards: 1,
  });
  arena.targets.set(targets);
  if (weights) arena.weights.set(weights);
  arena.scores.forEach((own, output) => {
    own.set(scores[output]!);
  });
  const rows: LossRows = { targets: arena.targets, weights: weights ? arena.weights : undefined, scores: arena.scores };
  return { loss: lossOf(task, classes, kernelsOn(arena.memory), alpha), rows, arena };
}

const weights = Array.from({ length: ROWS }, () => 0.5 + random.uniform());
const tasks: [LossName, number, () => number, number, number][] = [
  // Task, classes, a target, what the loss must be multiplied by, and LightGBM's factor on second derivatives.
  ['regression', 0, () => random.normal() * 3, 0.5, 1],
  ['poisson', 0, () => random.integer(5), 0.5, Math.exp(0.7)],
  ['binary', 2, () => random.integer(2), 1, 1],
  ['multiclass', 3, () => random.integer(3), 1, 1.5],
];

describe.each(tasks)('%s', (task, classes, draw, scale, curvature) => {
  const targets = Array.from({ length: ROWS }, draw);
  const scores = Array.from({ length: outputsOf(task, classes) }, () => Array.from({ length: ROWS }, () => random.normal()));

  it.each([true, false])('has the derivatives of its loss (central differences), weighted: %s', (weighted) => {
    const { loss, rows, arena } = lossWith(task, classes, targets, scores, weighted ? weights : undefined);
    const units = loss.limits(rows).map((limit) => unitOf(limit, ROWS));
    loss.gradients(rows, { gradient: 1 / units[0]!, hessian: 1 / units[1]! }, arena.gradients);
    const step = 1e-4;
    scores.forEach((own, output) => {
      own.forEach((_, row) => {
        const at = (shift: number): number => {
          const moved = scores.map((values) => values.slice());
          moved[output]![row]! += shift;
          const other = lossWith(task, classes, targets, moved, weighted ? weights : undefined);
          return scale * other.loss.sum(other.rows, row, row + 1);
        };
        const gradient = arena.gradients[output]![2 * row]! * units[0]!;
        const hessian = arena.gradients[output]![2 * row + 1]! * units[1]!;
        expect(gradient).toBeCloseTo((at(step) - at(-step)) / (2 * step), 5);
        expect(hessian).toBeCloseTo((curvature * (at(step) - 2 * at(0) + at(-step))) / step ** 2, 4);
      });
    });
  });

  it('knows how large they can get', () => {
    for (const size of [1, 50, 900]) {
      const wild = scores.map((own) => own.map((score) => score * size));
      const { loss, rows, arena } = lossWith(task, classes, targets, wild, weights);
      const [gradient, hessian] = loss.limits(rows);
      const units = [unitOf(gradient, ROWS), unitOf(hessian, ROWS)] as const;
      loss.gradients(rows, { gradient: 1 / units[0], hessian: 1 / units[1] }, arena.gradients);
      for (const own of arena.gradients) {
        own.forEach((value, at) => {
          const limit = at % 2 === 0 ? gradient : hessian;
          expect(Math.abs(value) * units[at % 2]!).toBeLessThanOrEqual(limit * (1 + 1e-8));
          expect(Math.abs(value)).toBeLessThanOrEqual(2 ** 30);
        });
      }
    }
  });
});

function metric(task: LossName, targets: number[], scores: number[][], given?: number[]): number {
  const classes = task === 'multiclass' ? scores.length : 2;
  const { loss, rows } = lossWith(task, classes, targets, scores, given);
  const weight = given ? given.reduce((sum, own) => sum + own, 0) : targets.length;
  return metricOf(loss, loss.sum(rows, 0, targets.length), weight);
}

describe('quantile', () => {
  const alpha = 0.8;
  const { loss, rows, arena } = lossWith('quantile', 0, [1, 5, 2], [[2, 3, 2]], [1, 2, 1], alpha);

  it('is steeper on the side that the level leaves less rows on', () => {
    const units = loss.limits(rows).map((limit) => unitOf(limit, 3));
    loss.gradients(rows, { gradient: 1 / units[0]!, hessian: 1 / units[1]! }, arena.gradients);
    const of = (which: number): number[] =>
      [0, 1, 2].map((row) => Number((arena.gradients[0]![2 * row + which]! * units[which]!).toFixed(6)));
    expect(of(0)).toEqual([0.2, -1.6, 0.2]);
    expect(of(1)).toEqual([1, 2, 1]);
  });

  it("is scikit-learn's mean_pinball_loss", () => {
    // mean_pinball_loss([1, 5, 2], [2, 3, 2], sample_weight=[1, 2, 1], alpha=0.8)
    expect(metricOf(loss, loss.sum(rows, 0, 3), 4)).toBeCloseTo(0.85, 12);
  });
});

describe('metricOf', () => {
  it('equals scikit-learn on hand-made scores', () => {
    // log_loss([1, 0], [sigmoid(2), sigmoid(-1)]), mean_squared_error([1, 5], [2, 3]) ** 0.5
    expect(metric('binary', [1, 0], [[2, -1]])).toBeCloseTo((Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(-1))) / 2, 12);
    expect(metric('regression', [1, 5], [[2, 3]])).toBeCloseTo(Math.sqrt(2.5), 12);
    // mean_poisson_deviance([0, 3], [1.5, 2])
    expect(metric('poisson', [0, 3], [[Math.log(1.5), Math.log(2)]])).toBeCloseTo((3 + 6 * Math.log(1.5) - 2) / 2, 12);
  });

  it('stays finite for certain and wrong scores', () => {
    expect(metric('binary', [1, 0], [[-800, 800]])).toBe(800);
    expect(metric('multiclass', [0], [[-800], [0], [0]])).toBeCloseTo(800 + Math.LN2, 9);
  });

  it('weighs rows', () => {
    expect(metric('binary', [1, 1], [[0, 3]], [1, 2])).toBeCloseTo(metric('binary', [1, 1, 1], [[0, 3, 3]]), 12);
  });
});
