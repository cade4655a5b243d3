import type { FairnessName } from '../spec/metrics.js';
import type { FairnessGroup, ProtectedColumn } from './comparison.js';
import { predictedClasses, type Sample } from './sample.js';
import { type Blocks, type Slots, type Statistic, unitOf, type Weights } from './statistic.js';

/** A protected column's groups, by row: −1 for rows of no group that is large enough. */
export interface Groups {
  readonly column: string;
  readonly names: readonly string[];
  readonly of: Int32Array;
}

/** What is summed of each group. */
const SUMS = 5;
const [ROWS, DECIDED, POSITIVE, BOTH, EXCESS] = [0, 1, 2, 3, 4] as const;

type Rate = (sums: Float64Array, start: number) => number;

const share = (sums: Float64Array, start: number, of: number, among: number): number =>
  sums[start + among]! > 0 ? sums[start + of]! / sums[start + among]! : Number.NaN;

/** What must be alike in all groups: the share decided positive, that among the positive rows, the mean prediction less the mean label. */
const RATES: Readonly<Record<FairnessName, Rate>> = {
  demographic_parity_difference: (sums, start) => share(sums, start, DECIDED, ROWS),
  equal_opportunity_difference: (sums, start) => share(sums, start, BOTH, POSITIVE),
  calibration_difference: (sums, start) => share(sums, start, EXCESS, ROWS),
};

/**
 * The largest difference between two groups of a protected column, and of several columns the largest of these (as Fairlearn
 * aggregates, "between groups"). NaN where no column has two groups with a rate.
 */
export function fairnessStatistic(sample: Sample, slots: Slots, threshold?: number, blocks?: Blocks): Statistic | undefined {
  const wanted = Object.entries(RATES).flatMap(([name, rate]) => {
    const slot = slots.get(name);
    return slot === undefined ? [] : [{ rate, slot }];
  });
  if (wanted.length === 0 || !sample.groups) return undefined;
  const tables = sample.groups.map((groups) => tableOf(groups, sample, threshold, blocks));
  const sums = tables.map(({ groups }) => new Float64Array(groups * SUMS));
  return {
    visits: tables.reduce((visits, { units }) => visits + units.length * SUMS, 0),
    evaluate(weights, out) {
      for (const [at, table] of tables.entries()) sumTable(table, weights, sums[at]!);
      for (const { rate, slot } of wanted) {
        let widest = Number.NaN;
        for (const [at, { groups }] of tables.entries()) {
          const gap = gapOf(Array.from({ length: groups }, (_, group) => rate(sums[at]!, group * SUMS)));
          if (!(gap <= widest)) widest = Number.isNaN(gap) ? widest : gap;
        }
        out[slot] = widest;
      }
    },
  };
}

/** Between the largest and the smallest of the rates that there are; NaN of fewer than two. */
function gapOf(rates: readonly number[]): number {
  const known = rates.filter((rate) => !Number.isNaN(rate));
  return known.length < 2 ? Number.NaN : Math.max(...known) - Math.min(...known);
}

/** Sums a unit and group, so that each is read once a resample. */
interface Table {
  readonly groups: number;
  readonly units: Uint32Array;
  readonly groupOf: Uint32Array;
  readonly values: Float64Array;
}

function tableOf({ of, names }: Groups, sample: Sample, threshold: number | undefined, blocks: Blocks | undefined): Table {
  const places = new Map<number, number>();
  const units: number[] = [];
  const groupOf: number[] = [];
  const values: number[] = [];
  const decisions = sample.task === 'regression' ? undefined : predictedClasses(sample, threshold);
  for (let row = 0; row < sample.rows; row++) {
    const group = of[row]!;
    if (group < 0) continue;
    const key = unitOf(row, blocks) * names.length + group;
    let place = places.get(key);
    if (place === undefined) {
      place = units.length;
      places.set(key, place);
      units.push(unitOf(row, blocks));
      groupOf.push(group);
      values.push(0, 0, 0, 0, 0);
    }
    const label = sample.labels[row]!;
    const score = sample.task === 'regression' ? sample.scores[row]! : sample.scores[row * sample.classes + 1]!;
    const decision = decisions?.[row] ?? 0;
    const start = place * SUMS;
    values[start + ROWS]!++;
    values[start + DECIDED]! += decision;
    if (decisions && label === 1) {
      values[start + POSITIVE]!++;
      values[start + BOTH]! += decision;
    }
    values[start + EXCESS]! += score - label;
  }
  return {
    groups: names.length,
    units: Uint32Array.from(units),
    groupOf: Uint32Array.from(groupOf),
    values: Float64Array.from(values),
  };
}

function sumTable({ units, groupOf, values }: Table, weights: Weights, sums: Float64Array): void {
  sums.fill(0);
  for (let at = 0; at < units.length; at++) {
    const weight = weights[units[at]!]!;
    if (weight === 0) continue;
    const start = groupOf[at]! * SUMS;
    for (let value = 0; value < SUMS; value++) sums[start + value]! += weight * values[at * SUMS + value]!;
  }
}

/** Each group with its rates in both models, for the report. Rows count alike here. */
export function describeGroups(
  candidate: Sample,
  champion: Sample | undefined,
  thresholds: { readonly candidate?: number | undefined; readonly champion?: number | undefined } = {},
): ProtectedColumn[] {
  return (candidate.groups ?? []).map((groups) => {
    const ratesOf = (sample: Sample, threshold: number | undefined): FairnessGroup['candidate'][] => {
      const table = tableOf(groups, sample, threshold, undefined);
      const sums = new Float64Array(groups.names.length * SUMS);
      sumTable(table, new Uint8Array(sample.rows).fill(1), sums);
      return groups.names.map((_, group) => {
        const rate = (name: FairnessName): number | null => {
          const value = RATES[name](sums, group * SUMS);
          return Number.isNaN(value) ? null : value;
        };
        return {
          ...(sample.task === 'binary' && {
            selected: rate('demographic_parity_difference'),
            found: rate('equal_opportunity_difference'),
          }),
          excess: rate('calibration_difference'),
        };
      });
    };
    const own = ratesOf(candidate, thresholds.candidate);
    const other = champion && ratesOf(champion, thresholds.champion);
    const counts = new Uint32Array(groups.names.length);
    for (const group of groups.of) if (group >= 0) counts[group]!++;
    return {
      column: groups.column,
      groups: groups.names.map((name, group) => ({
        name,
        rows: counts[group]!,
        candidate: own[group]!,
        ...(other && { champion: other[group]! }),
      })),
    };
  });
}
