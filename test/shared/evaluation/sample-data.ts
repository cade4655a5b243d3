import { Random } from '../../../shared/core/random.js';
import type { Predictions } from '../../../shared/data/predictions.js';
import type { Labels } from '../../../shared/data/table.js';

export interface Duel {
  readonly labels: Labels;
  readonly candidate: Predictions;
  readonly champion: Predictions;
}

/**
 * Two binary models that see the same signal through noise of their own.
 * @param noise standard deviation of each model's noise on the log-odds
 */
export function binaryDuel(rows: number, seed: number, noise: { candidate: number; champion: number }): Duel {
  const random = new Random(seed);
  const values = new Int32Array(rows);
  const logits = { candidate: new Float64Array(rows), champion: new Float64Array(rows) };
  for (let row = 0; row < rows; row++) {
    const signal = 1.2 * random.normal() - 0.7;
    values[row] = random.uniform() < sigmoid(signal) ? 1 : 0;
    logits.candidate[row] = signal + noise.candidate * random.normal();
    logits.champion[row] = signal + noise.champion * random.normal();
  }
  return {
    labels: { task: 'binary', classes: ['no', 'yes'], values },
    candidate: binaryPredictions(logits.candidate.map(sigmoid)),
    champion: binaryPredictions(logits.champion.map(sigmoid)),
  };
}

export function binaryPredictions(positive: ArrayLike<number>): Predictions {
  const scores = new Float64Array(positive.length * 2);
  for (let row = 0; row < positive.length; row++) {
    scores[row * 2] = 1 - positive[row]!;
    scores[row * 2 + 1] = positive[row]!;
  }
  return { task: 'binary', classes: ['no', 'yes'], rows: positive.length, scores };
}

/** Two regression models; each error is the shared one plus the model's own. */
export function regressionDuel(rows: number, seed: number, noise: { candidate: number; champion: number }): Duel {
  const random = new Random(seed);
  const values = Float64Array.from({ length: rows }, () => 10 * random.normal());
  const shared = values.map((value) => value + random.normal());
  return {
    labels: { task: 'regression', values },
    candidate: { task: 'regression', rows, scores: shared.map((value) => value + noise.candidate * random.normal()) },
    champion: { task: 'regression', rows, scores: shared.map((value) => value + noise.champion * random.normal()) },
  };
}

/** The rows in another order, or some of them, or some several times: `order[new] = old`. */
export function permuteDuel(duel: Duel, order: readonly number[]): Duel {
  const { labels } = duel;
  return {
    labels:
      labels.task === 'regression'
        ? { ...labels, values: Float64Array.from(order, (row) => labels.values[row]!) }
        : { ...labels, values: Int32Array.from(order, (row) => labels.values[row]!) },
    candidate: permute(duel.candidate, order),
    champion: permute(duel.champion, order),
  };
}

export function shuffled(length: number, seed: number): number[] {
  const random = new Random(seed);
  const order = Array.from({ length }, (_, index) => index);
  for (let at = length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

function permute(predictions: Predictions, order: readonly number[]): Predictions {
  const width = predictions.scores.length / predictions.rows;
  const scores = Float64Array.from(
    { length: order.length * width },
    (_, at) => predictions.scores[order[Math.floor(at / width)]! * width + (at % width)]!,
  );
  return { ...predictions, rows: order.length, scores };
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
