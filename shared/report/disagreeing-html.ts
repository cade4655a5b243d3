import { formatNumber, formatSigned } from '../core/format.js';
import type { Comparison, DisagreeingRow, DisagreeingRows } from '../evaluation/comparison.js';
import { html, nameHtml, tableHtml } from './page/marks.js';
import { plural } from './wording.js';

const ANSWERS: Readonly<Record<DisagreeingRows['answer'], string>> = {
  'positive class': 'The answers are probabilities of the positive class.',
  'own class': "The answers are probabilities of the row's own class.",
  value: 'The answers are the predicted values.',
};

/** Single rows on which the two models differ most, with what each column does to either answer. */
export function disagreeingHtml(
  { disagreeing, classes }: Pick<Comparison, 'disagreeing' | 'classes'>,
  champion: string,
): string {
  if (!disagreeing || disagreeing.rows.length === 0) return '';
  const { rows, answer, hidden } = disagreeing;
  const positive = answer === 'positive class' ? classes?.at(-1)?.name : undefined;
  const words = [
    `${plural(rows.length, 'row')} of the held-out ones: first those that the candidate is nearer to, then those that ${html(champion)} is.`,
    positive === undefined ? ANSWERS[answer] : `The answers are probabilities of ${nameHtml(positive)}.`,
    'Beside a value stands how far it alone moves the answer, against the typical value of its column.',
    hidden > 0 ? `${plural(hidden, 'column')} hidden.` : '',
  ];
  return [
    '<h3>Rows</h3>',
    `<p class="soft">${words.filter((part) => part !== '').join(' ')}</p>`,
    ...rows.map((row, index) => rowHtml(row, index, champion, gainOf(row, answer, positive))),
  ].join('\n');
}

function rowHtml(row: DisagreeingRow, index: number, champion: string, gain: number): string {
  const { id, label, candidate, champion: before, columns } = row;
  const write = (value: number | undefined): string => (value === undefined ? '' : formatSigned(value, 3));
  const name = id === undefined ? `row ${index + 1}` : `row ${nameHtml(id, 40)}`;
  const chip =
    gain === 0 ? '' : ` <span class="chip ${gain > 0 ? 'clear' : 'error'}">${gain > 0 ? 'nearer' : 'further off'}</span>`;
  const summary = `${name}: label <b>${nameHtml(label, 40)}</b>, ${html(champion)} ${formatNumber(before, 3)} → candidate <b>${formatNumber(candidate, 3)}</b>${chip}`;
  const head = [
    { text: 'column', kind: 'name' },
    { text: 'value' },
    ...[champion, 'candidate'].map((of) => ({ text: html(of), kind: 'number' })),
  ];
  const body = columns.map((column) => [
    nameHtml(column.name),
    column.value === null ? '<span class="soft">missing</span>' : nameHtml(column.value, 80),
    write(column.champion),
    write(column.candidate),
  ]);
  return `<details class="card"${index === 0 ? ' open' : ''}><summary>${summary}</summary>${tableHtml(head, body)}</details>`;
}

/** Above 0 where the candidate is nearer to the label; 0 where that cannot be told. */
function gainOf({ label, candidate, champion }: DisagreeingRow, answer: DisagreeingRows['answer'], positive?: string): number {
  if (answer === 'own class') return candidate - champion;
  if (answer === 'positive class') return positive === undefined ? 0 : (label === positive ? 1 : -1) * (candidate - champion);
  const gain = Math.abs(champion - Number(label)) - Math.abs(candidate - Number(label));
  return Number.isFinite(gain) ? gain : 0;
}
