import { formatNumber, formatShare } from '../../core/format.js';
import type { ColumnDrift } from './drift.js';

/** Drift as it is shown: shares of the rows by group, and one line of words. */

/** What a group holds, and its share of the rows on either side. */
export interface GroupShare {
  readonly kind: 'range' | 'value' | 'other' | 'missing';
  readonly low?: number;
  readonly high?: number;
  readonly value?: string;
  readonly reference: number;
  readonly current: number;
}

/** Charts have room for so many groups. */
const MOST_GROUPS = 12;

export function groupShares({ grouped }: Pick<ColumnDrift, 'grouped'>): GroupShare[] {
  const [n, m] = [grouped.reference, grouped.current].map((counts) =>
    Math.max(
      1,
      counts.reduce((all, count) => all + count, 0),
    ),
  );
  const groups = grouped.groups.map(
    (group, index): GroupShare => ({
      ...group,
      reference: grouped.reference[index]! / n!,
      current: grouped.current[index]! / m!,
    }),
  );
  const values = groups.filter(({ kind }) => kind === 'value');
  if (values.length <= MOST_GROUPS) return groups;
  // Those that changed most are what a reader looks for.
  const shown = new Set(
    [...values].sort((a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference)).slice(0, MOST_GROUPS),
  );
  const rest = groups.filter((group) => group.kind !== 'missing' && !shown.has(group));
  const other = {
    kind: 'other' as const,
    reference: rest.reduce((all, group) => all + group.reference, 0),
    current: rest.reduce((all, group) => all + group.current, 0),
  };
  return [...values.filter((group) => shown.has(group)), other, ...groups.filter(({ kind }) => kind === 'missing')];
}

/** How far, how certain, and what came and went. @param against such as `the training rows` */
export function driftWords(column: ColumnDrift, against: string): string {
  const { effect, adjustedP, missing, newValues, goneValues } = column;
  const moved =
    effect.measure === 'wasserstein'
      ? `moved by ${formatNumber(effect.value, 2)} standard deviations from`
      : `a distance of ${formatNumber(effect.value, 2)} (1 is nothing in common) from`;
  const certain = adjustedP === undefined ? '' : `, p ${adjustedP < 0.001 ? '< 0.001' : `= ${formatNumber(adjustedP, 3)}`}`;
  return [`${moved} ${against}${certain}`, ...valueWords({ missing, newValues, goneValues })].join('; ');
}

/** What else changed: missing values, new and gone ones. */
export function valueWords({
  missing,
  newValues,
  goneValues,
}: Pick<ColumnDrift, 'missing' | 'newValues' | 'goneValues'>): string[] {
  const named = (values: ColumnDrift['newValues']): string =>
    values
      .slice(0, 3)
      .map(({ value, share }) => `${JSON.stringify(value)} ${formatShare(share)}`)
      .join(', ');
  return [
    ...(Math.abs(missing.current - missing.reference) >= 0.01
      ? [`missing ${formatShare(missing.reference)} → ${formatShare(missing.current)}`]
      : []),
    ...(newValues.length > 0 ? [`new: ${named(newValues)}`] : []),
    ...(goneValues.length > 0 ? [`gone: ${named(goneValues)}`] : []),
  ];
}
