import type { DroppedFeature, FeatureSelection } from '../bundle/selection.js';
import { formatCount, formatShare } from '../core/format.js';
import { alert, details } from './comment.js';
import { code } from './escape.js';
import { table } from './table.js';
import { metricNumbers, metricTitle, plural } from './wording.js';

/** Rows of the table; a text can have hundreds of words. */
const MOST_DROPPED = 100;

/** Of the kept, the importance that the model ended up with stands in a table of its own. */
const MOST_KEPT = 20;

const METHODS: Readonly<Record<FeatureSelection['method'], string>> = {
  gain: 'by gain',
  permutation: 'by permutation on validation rows',
  null_importance: 'by gain, against that on shuffled targets',
};

/** What was dropped of the features, why, and what it cost; empty without a selection. */
export function selectionSection(selection: FeatureSelection | undefined): string {
  if (!selection) return '';
  const { dropped } = selection;
  const head = `<b>Selection</b>: ${selectionText(selection)}`;
  const rows = dropped.slice(0, MOST_DROPPED).map((one) => [code(one.feature, 40), reasonText(one)]);
  if (dropped.length > MOST_DROPPED) rows.push([`${formatCount(dropped.length - MOST_DROPPED)} more`, '']);
  const list = dropped.length === 0 ? 'Nothing was dropped.' : table([{ head: 'dropped' }, { head: 'why' }], rows);
  const section = details(head, [keptText(selection), list].filter((part) => part !== '').join('\n\n'));
  return [sparedText(selection), section].filter((part) => part !== '').join('\n\n');
}

/** How many features stay, and the loss on the validation rows before and after; these rows chose, so it flatters a little. */
export function selectionText({ dropped, offered, spared, validation }: FeatureSelection): string {
  const reason = spared ? ' (though none passes, since a model needs one)' : '';
  const kept = `${formatCount(offered - dropped.length)} of ${plural(offered, 'feature')} kept${reason}`;
  if (!validation) return kept;
  const { metric, all, kept: after } = validation;
  const write = metricNumbers({ name: metric, better: 'lower', candidate: after, champion: all });
  return `${kept}, ${metricTitle(metric)} on the validation rows ${write.value(all)} with all, ${write.value(after)} with these`;
}

/** Nothing passed: whoever reads the metrics has to know that the model has nothing to go by. */
function sparedText({ spared, offered }: FeatureSelection): string {
  if (!spared) return '';
  const what = offered === 1 ? 'The only feature' : `None of the ${plural(offered, 'feature')}`;
  return alert('WARNING', [
    `${what} ${offered === 1 ? 'does not pass' : 'passes'} the selection. ${code(spared.feature, 40)} stays because a model needs one: ${reasonText(spared)}.`,
  ]);
}

/** The shares of the kept features as they were measured, before the others were dropped. */
function keptText({ kept = [], method }: FeatureSelection): string {
  if (kept.length === 0) return '';
  const rows = kept.slice(0, MOST_KEPT).map(({ feature, value }) => [code(feature, 40), formatShare(value)]);
  if (kept.length > MOST_KEPT) rows.push([`${formatCount(kept.length - MOST_KEPT)} more`, '']);
  return table([{ head: 'kept' }, { head: `importance ${METHODS[method]}`, align: 'right' }], rows);
}

function reasonText({ reason, of, value = 0 }: DroppedFeature): string {
  switch (reason) {
    case 'constant':
      return 'one value in all training rows';
    case 'duplicate':
      return `the values of ${code(of ?? '', 40)}`;
    case 'correlated':
      return `correlation ${value.toFixed(3)} with ${code(of ?? '', 40)}`;
    case 'importance':
      return `${formatShare(value)} of the importance is too little`;
    case 'chance':
      return `${formatShare(value)} of the importance is what shuffled targets give as well`;
    case 'count':
      return `${formatShare(value)} of the importance, and enough others have more`;
  }
}
