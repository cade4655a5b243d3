import { filled } from '../core/filled.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import type { Better } from '../spec/metrics.js';
import type { Groups } from './fairness.js';
import { orderOf } from './row-order.js';
import { type CustomValues, type Extras, reorderSample, type Sample, takeSample } from './sample.js';
import type { Blocks } from './statistic.js';

/** The same labelled rows with the scores of one model or of two, in an order that only their values decide. */
export interface Pair {
  readonly rows: number;
  readonly candidate: Sample;
  readonly champion?: Sample;
  /** Rows that depend on each other share a block. Absent as well where every row has a block of its own. */
  readonly blocks?: Blocks;
  /** How much each row counts (`data.weight`), in the samples' order; absent where all count the same. */
  readonly weights?: Float64Array;
}

/** A metric of the spec's own, by row of the pair's input. */
export interface CustomMetric {
  readonly name: string;
  readonly better: Better;
  readonly candidate: Float64Array;
  readonly champion?: Float64Array;
}

export interface PairInput {
  readonly labels: Labels;
  readonly candidate: Predictions;
  readonly champion?: Predictions | undefined;
  /** Indices into all arrays; default all rows. */
  readonly rows?: ArrayLike<number> | undefined;
  /** Any number a row that is equal for rows that depend on each other: a day, a customer. */
  readonly blocks?: Int32Array | undefined;
  /** Finite, not negative. */
  readonly weights?: Float64Array | undefined;
  readonly custom?: readonly CustomMetric[] | undefined;
  readonly groups?: readonly Groups[] | undefined;
}

/**
 * Packs labelled rows of both models and sorts them by label and scores, blocks by their rows. Rows that are equal in
 * all of these can stand for each other, so whatever is drawn from the pair with a seed is the same for every order
 * of the input, and mirrored when the models change places (unless both give the same scores, to other rows).
 */
export function pairSamples(input: PairInput): Pair {
  const { labels, rows } = input;
  const { sample: candidate, origin } = takeSample(labels, input.candidate, rows, extrasOf(input, 'candidate'));
  const champion = input.champion && takeSample(labels, input.champion, rows, extrasOf(input, 'champion')).sample;
  const weights = weightsOf(input.weights, origin);
  const models =
    champion && comesFirst(champion, candidate) ? [champion, candidate] : champion ? [candidate, champion] : [candidate];
  const columns = [
    candidate.labels,
    ...models.flatMap(scoreColumns),
    ...(weights ? [weights] : []),
    ...(candidate.groups ?? []).map(({ of }) => of),
    ...models.flatMap(({ custom }) =>
      [...(custom?.values() ?? [])].map(({ values }) =>
        values.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value)),
      ),
    ),
  ];
  const compare = (a: number, b: number): number => {
    for (let at = 0; at < columns.length; at++) {
      const left = columns[at]![a]!;
      const right = columns[at]![b]!;
      if (left < right) return -1;
      if (left > right) return 1;
    }
    return 0;
  };
  const order = orderOf(columns, candidate.rows);
  const numbered = input.blocks && numberBlocks(input.blocks, origin, order, compare);
  const blocks = numbered && numbered.count < candidate.rows ? numbered : undefined;
  return {
    rows: candidate.rows,
    candidate: reorderSample(candidate, order),
    ...(champion && { champion: reorderSample(champion, order) }),
    ...(blocks && { blocks }),
    ...(weights && { weights: filled(new Float64Array(order.length), (at) => weights[order[at]!]!) }),
  };
}

function extrasOf(input: PairInput, model: 'candidate' | 'champion'): Extras {
  const custom = customOf(input, model);
  return { ...(custom && { custom }), ...(input.groups?.length && { groups: input.groups }) };
}

function customOf({ custom }: PairInput, model: 'candidate' | 'champion'): ReadonlyMap<string, CustomValues> | undefined {
  if (!custom?.length) return undefined;
  return new Map(custom.flatMap(({ name, better, [model]: values }) => (values ? [[name, { better, values }] as const] : [])));
}

/** Of the packed rows; undefined where all are the same. */
function weightsOf(weights: Float64Array | undefined, origin: Uint32Array): Float64Array | undefined {
  if (!weights || origin.length === 0) return undefined;
  const packed = filled(new Float64Array(origin.length), (at) => weights[origin[at]!]!);
  return packed.every((weight) => weight === packed[0]) ? undefined : packed;
}

/** An order of models that depends on their scores alone: the extremes tell most of them apart. */
function comesFirst(model: Sample, other: Sample): boolean {
  const [own, others] = [extremes(model.scores), extremes(other.scores)];
  if (own.low !== others.low) return own.low < others.low;
  if (own.high !== others.high) return own.high < others.high;
  const [sorted, otherSorted] = [model.scores.slice().sort(), other.scores.slice().sort()];
  const at = sorted.findIndex((score, index) => score !== otherSorted[index]);
  return at >= 0 && sorted[at]! < otherSorted[at]!;
}

function extremes(scores: Float64Array): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < low) low = score;
    if (score > high) high = score;
  }
  return { low, high };
}

function scoreColumns(sample: Sample): Float64Array[] {
  if (sample.task === 'regression') return [sample.scores];
  return Array.from({ length: sample.classes }, (_, column) => {
    const values = new Float64Array(sample.rows);
    for (let row = 0; row < sample.rows; row++) values[row] = sample.scores[row * sample.classes + column]!;
    return values;
  });
}

function numberBlocks(
  blocks: Int32Array,
  origin: Uint32Array,
  order: Uint32Array,
  compare: (a: number, b: number) => number,
): Blocks {
  // Rows that cannot be told apart get one rank, so that a block is known by the ranks of its rows.
  const members = new Map<number, number[]>();
  const places = new Map<number, number[]>();
  let rank = 0;
  for (let at = 0; at < order.length; at++) {
    if (at > 0 && compare(order[at - 1]!, order[at]!) !== 0) rank++;
    const block = blocks[origin[order[at]!]!]!;
    let ranks = members.get(block);
    if (!ranks) {
      ranks = [];
      members.set(block, ranks);
      places.set(block, []);
    }
    ranks.push(rank);
    places.get(block)!.push(at);
  }
  const byContent = [...members.keys()].sort((a, b) => compareRanks(members.get(a)!, members.get(b)!) || a - b);
  const of = new Uint32Array(order.length);
  for (const [number, block] of byContent.entries()) for (const at of places.get(block)!) of[at] = number;
  return { of, count: byContent.length };
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}
