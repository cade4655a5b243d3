import { formatCount } from '../core/format.js';
import type { Change, Comparison } from '../evaluation/comparison.js';
import { details } from './comment.js';
import { code, text } from './escape.js';
import { table } from './table.js';
import { plural } from './wording.js';

/** More changes than these are folded behind the line. */
const IN_LINE = 8;
const DRIFTED_IN_LINE = 3;

/** One line with what differs between the two models, and the whole list folded where the line cannot hold it. */
export function changesSection(result: Comparison): string[] {
  if (!result.champion) return [''];
  const { changes } = result;
  const features = changes.filter((change) => change.kind === 'feature');
  const drifted = changes.filter((change) => change.kind === 'drift');
  const others = changes.filter((change) => change.kind !== 'feature' && change.kind !== 'drift');
  const items = [
    ...others.slice(0, IN_LINE).map(item),
    ...featureItems(features),
    ...dataItem(result),
    ...drifted.slice(0, DRIFTED_IN_LINE).map((change) => `${code(change.name, 40)} drifted (${text(change.after ?? '', 160)})`),
  ];
  const hidden =
    Math.max(0, others.length - IN_LINE) + hiddenFeatures(features) + Math.max(0, drifted.length - DRIFTED_IN_LINE);
  if (hidden > 0) items.push(`${formatCount(hidden)} more`);
  const line =
    changes.length === 0
      ? `**What changed:** nothing that reaches the model${items.length > 0 ? ` · ${items.join(' · ')}` : ''}`
      : `**What changed:** ${items.join(' · ')}`;
  if (hidden === 0) return [line, ''];
  const rows = changes
    .slice(0, 300)
    .map((change) => [change.kind, code(change.name, 40), side(change.before), side(change.after, 200)]);
  const columns = [{ head: 'what' }, { head: 'name' }, { head: 'before' }, { head: 'after' }];
  return [`${line}\n\n${details(`<b>Changes</b>: ${formatCount(changes.length)}`, table(columns, rows))}`, line, ''];
}

function side(value: string | undefined, longest = 60): string {
  return value === undefined ? '–' : text(value, longest) || '(empty)';
}

function item(change: Change): string {
  const name = code(change.name, 40);
  const kind = change.kind === 'signature' ? 'input' : change.kind;
  const label = kind === 'param' ? name : change.name === kind ? kind : `${kind} ${name}`;
  if (change.before !== undefined && change.after !== undefined) {
    return `${label} ${side(change.before)} → ${side(change.after)}`;
  }
  if (change.after !== undefined) return `${label} ${side(change.after)} (new)`;
  return change.before === undefined ? label : `${label} (no longer ${side(change.before)})`;
}

const FEATURES_IN_LINE = 4;

function featureItems(features: readonly Change[]): string[] {
  const names = (list: readonly Change[]): string => {
    const more = list.length > FEATURES_IN_LINE ? ` and ${formatCount(list.length - FEATURES_IN_LINE)} more` : '';
    return (
      list
        .slice(0, FEATURES_IN_LINE)
        .map((change) => code(change.name, 40))
        .join(', ') + more
    );
  };
  const groups = featureGroups(features);
  return [
    groups.added.length > 0 ? `${groups.added.length === 1 ? 'new feature' : 'new features'} ${names(groups.added)}` : '',
    groups.removed.length > 0 ? `without ${names(groups.removed)}` : '',
    groups.changed.length > 0 ? `${groups.changed.length === 1 ? 'feature' : 'features'} ${names(groups.changed)} changed` : '',
  ].filter((part) => part !== '');
}

function featureGroups(features: readonly Change[]): Record<'added' | 'removed' | 'changed', Change[]> {
  return {
    added: features.filter((change) => change.before === undefined),
    removed: features.filter((change) => change.before !== undefined && change.after === undefined),
    changed: features.filter((change) => change.before !== undefined && change.after !== undefined),
  };
}

function hiddenFeatures(features: readonly Change[]): number {
  return Object.values(featureGroups(features)).reduce((sum, group) => sum + Math.max(0, group.length - FEATURES_IN_LINE), 0);
}

function dataItem(result: Comparison): string[] {
  const same = result.champion !== undefined && result.champion.dataRows === result.candidate.dataRows;
  if (!same || result.changes.some((change) => change.kind === 'data')) return [];
  return [`data: the same ${plural(result.candidate.dataRows, 'row')}`];
}
