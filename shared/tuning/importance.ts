import { paramsKey, type SearchSpace } from './space.js';
import type { Trial } from './study.js';

export interface ParamImportance {
  readonly name: string;
  /** Share of the variance of the ranks that the parameter explains by itself, 0 to 1. */
  readonly share: number;
}

/** Fewer finished trials say nothing about a parameter. */
export const MIN_TRIALS = 12;
const MOST_GROUPS = 4;

/**
 * How much each parameter mattered, by itself: the finished trials are ranked by value and put into groups (up to four of
 * the same size along a number, one a value of a list; inactive ones are a group of their own), and the share of the
 * ranks' variance that lies between the groups is what the parameter explains. Corrected for chance, so that a parameter
 * which does nothing is at 0 on average: epsilon squared, (H − k + 1) / (n − k) of the Kruskal-Wallis H, not below 0.
 * Source: M. Tomczak and E. Tomczak, "The need to report effect size estimates revisited" (2014).
 * @returns the largest first; nothing with fewer than MIN_TRIALS finished trials
 */
export function paramImportance(space: SearchSpace, trials: readonly Trial[]): readonly ParamImportance[] {
  const finished = trials.filter(({ value }) => value !== undefined);
  if (finished.length < MIN_TRIALS) return [];
  const ranks = averageRanks(finished.map(({ value }) => value!));
  return space
    .map(({ name, kind }) => ({ name, share: epsilonSquared(ranks, groupsOf(finished, name, kind === 'number')) }))
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

/** The group of each trial, from 0. */
function groupsOf(trials: readonly Trial[], name: string, isNumber: boolean): readonly number[] {
  const paramOf = (trial: Trial) => (Object.hasOwn(trial.params, name) ? trial.params[name] : undefined);
  const labels = new Map<string, number>();
  const labelled = (text: string): number => {
    if (!labels.has(text)) labels.set(text, labels.size);
    return labels.get(text)!;
  };
  if (!isNumber) {
    return trials.map((trial) => {
      const value = paramOf(trial);
      return labelled(value === undefined ? 'inactive' : paramsKey({ value }));
    });
  }
  const values = trials.map(paramOf).filter((value): value is number => typeof value === 'number');
  const sorted = values.toSorted((a, b) => a - b);
  const distinct = new Set(sorted).size;
  const groups = Math.min(MOST_GROUPS, distinct);
  // Equal values are never divided: the group is that of the first of them.
  return trials.map((trial) => {
    const value = paramOf(trial);
    if (typeof value !== 'number') return labelled('inactive');
    return labelled(String(Math.floor((sorted.indexOf(value) * groups) / sorted.length)));
  });
}

function epsilonSquared(ranks: readonly number[], groups: readonly number[]): number {
  const n = ranks.length;
  const count = Math.max(...groups) + 1;
  if (count < 2 || n <= count) return 0;
  const mean = (n + 1) / 2;
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  let total = 0;
  for (let index = 0; index < n; index++) {
    sums[groups[index]!]! += ranks[index]!;
    sizes[groups[index]!]! += 1;
    total += (ranks[index]! - mean) ** 2;
  }
  if (total === 0) return 0;
  const between = sums.reduce((sum, rank, group) => sum + sizes[group]! * (rank / sizes[group]! - mean) ** 2, 0);
  const statistic = ((n - 1) * between) / total;
  return Math.min(1, Math.max(0, (statistic - count + 1) / (n - count)));
}

/** Ranks from 1; equal values share the mean of theirs. */
function averageRanks(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let at = from; at <= to; at++) ranks[order[at]!] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}
