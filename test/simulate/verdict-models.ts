import { Random } from '../../shared/core/random.js';
import type { Predictions } from '../../shared/data/predictions.js';
import { selectLabels } from '../../shared/data/select.js';
import type { Labels } from '../../shared/data/table.js';
import type { Matrix } from '../../shared/features/plan.js';
import { gbdt } from '../../shared/training/gbdt/gbdt.js';
import { linear } from '../../shared/training/linear.js';
import { type Flights, readFlights, type Sample, type Target } from '../bench/flights.js';

/** Rows with their labels and what two models say of them. */
export interface Duel {
  readonly labels: Labels;
  readonly candidate: Predictions;
  readonly champion: Predictions;
}

const TRAIN_ROWS = 20_000;
/** The population: trials draw from it, and what is true of it is known. */
const POOL_ROWS = 200_000;

/** Two real models of flights, boosted trees and a linear one, on 200,000 flights that neither has seen. */
export async function trainDuel(target: Target, trees = { num_iterations: 60, num_leaves: 15 }): Promise<Duel> {
  const { train, test } = (await flights()).draw(TRAIN_ROWS, POOL_ROWS, 1, target);
  const candidate = await gbdt.train(inputOf(train, { ...trees, early_stopping_round: 0 }, 1));
  const champion = await linear.train(inputOf(train, {}, 1));
  return { labels: test.labels, candidate: candidate.predict(test.matrix), champion: champion.predict(test.matrix) };
}

/** Models of the same recipe and data that differ by their seed, on rows that none has seen. */
export async function trainSeeds(
  count: number,
  params: Readonly<Record<string, number>>,
): Promise<{ readonly labels: Labels; readonly models: readonly Predictions[] }> {
  const { train, test } = (await flights()).draw(2000, 50_000, 2);
  const models: Predictions[] = [];
  for (let seed = 0; seed < count; seed++) models.push((await gbdt.train(inputOf(train, params, seed))).predict(test.matrix));
  return { labels: test.labels, models };
}

/** So many different ones of the models, in an order of chance. */
export function chosenModels(models: readonly Predictions[], count: number, seed: number): Predictions[] {
  const random = new Random(seed, 2);
  const left = [...models];
  return Array.from({ length: count }, () => left.splice(random.integer(left.length), 1)[0]!);
}

let read: Promise<Flights> | undefined;
export function flights(): Promise<Flights> {
  read ??= readFlights();
  return read;
}

export function inputOf({ matrix, labels }: Sample, params: Readonly<Record<string, number>>, seed: number) {
  return {
    train: matrix,
    trainLabels: labels,
    validation: noRows(matrix),
    validationLabels: selectLabels(labels, new Uint32Array(0)),
    ...{ params, seed, threads: 1, progress: () => {} },
  };
}

function noRows(matrix: Matrix): Matrix {
  return { rows: 0, columns: matrix.columns.map((column) => ({ ...column, values: new Float32Array(0) })) };
}

/** So many rows of the population, each with replacement. */
export function drawRows(population: number, rows: number, seed: number): Uint32Array {
  const random = new Random(seed);
  return Uint32Array.from({ length: rows }, () => random.integer(population));
}

export function take({ labels, candidate, champion }: Duel, rows: Uint32Array): Duel {
  return { labels: selectLabels(labels, rows), candidate: takeScores(candidate, rows), champion: takeScores(champion, rows) };
}

export function takeScores(predictions: Predictions, rows: Uint32Array): Predictions {
  const width = predictions.task === 'regression' ? 1 : predictions.classes.length;
  const scores = new Float64Array(rows.length * width);
  for (let at = 0; at < rows.length; at++) {
    for (let column = 0; column < width; column++)
      scores[at * width + column] = predictions.scores[rows[at]! * width + column]!;
  }
  return { ...predictions, rows: rows.length, scores };
}

/** On every row one of the two, at random, gets what the other says: no difference, by construction. */
export function swapAtRandom(duel: Duel, seed: number): Duel {
  const random = new Random(seed, 1);
  const [candidate, champion] = [duel.candidate.scores.slice(), duel.champion.scores.slice()];
  const width = candidate.length / duel.candidate.rows;
  for (let row = 0; row < duel.candidate.rows; row++) {
    if (random.uniform() < 0.5) continue;
    for (let at = row * width; at < (row + 1) * width; at++) [candidate[at], champion[at]] = [champion[at]!, candidate[at]!];
  }
  return {
    labels: duel.labels,
    candidate: { ...duel.candidate, scores: candidate },
    champion: { ...duel.champion, scores: champion },
  };
}

/** A model between the two: the champion's scores moved towards the candidate's by a share of the way. */
export function between({ labels, candidate, champion }: Duel, share: number): Duel {
  const scores = champion.scores.map((score, at) => score + share * (candidate.scores[at]! - score));
  return { labels, candidate: { ...candidate, scores }, champion };
}
