import { cleanLine, clip } from '../escape.js';

/** Pieces of our pages. Every value of the data goes through `html` or `prose`; all else is our own markup. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as one safe line of HTML, in content and in attributes. */
export function html(value: string, longest = 120): string {
  return escaped(clip(cleanLine(value), longest));
}

/** What is one clean line already. */
export function escaped(clean: string): string {
  return clean.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A name: an empty one can be seen, and its own direction of writing does not turn what stands beside it. */
export function nameHtml(value: string, longest = 60): string {
  return `<bdi>${html(value, longest) || '(empty)'}</bdi>`;
}

/** Our own sentence, in which backticks mark names. With an odd number of them none can be told apart: all is text. */
export function proseHtml(value: string): string {
  const clean = clip(cleanLine(value), 1000);
  const parts = clean.split('`');
  if (parts.length % 2 === 0) return escaped(clean);
  return parts.map((part, index) => (index % 2 === 0 ? escaped(part) : `<code><bdi>${escaped(part)}</bdi></code>`)).join('');
}

/** A share of the track, from its left end. */
export function barHtml(share: number, kind: 'plain' | 'accent' = 'plain'): string {
  return `<span class="bar${kind === 'accent' ? ' accent' : ''}"><i style="left:0;width:${percent(share)}"></i></span>`;
}

/** A number from -1 to 1, from the middle of the track. */
export function signedBarHtml(value: number): string {
  const size = Math.min(1, Math.abs(value)) / 2;
  return `<span class="bar middle accent"><i style="left:${percent(value < 0 ? 0.5 - size : 0.5)};width:${percent(size)}"></i></span>`;
}

function percent(share: number): string {
  const bounded = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  return `${Number((100 * bounded).toFixed(2))}%`;
}

export interface HeadCell {
  readonly text: string;
  /** `number`: to the right; `wide`: takes the room that is left; `roomy`: not on a phone. */
  readonly kind?: string;
}

/** A table of cells that are safe already. */
export function tableHtml(head: readonly HeadCell[], rows: readonly (readonly string[])[]): string {
  const attribute = ({ kind }: HeadCell): string => (kind === undefined ? '' : ` class="${kind}"`);
  const body = rows.map((row) => `<tr>${row.map((cell, index) => `<td${attribute(head[index]!)}>${cell}</td>`).join('')}</tr>`);
  const top = head.map((cell) => `<th${attribute(cell)} scope="col">${cell.text}</th>`).join('');
  return `<div class="scroll"><table><thead><tr>${top}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

/** Terms and their values, which are safe already. */
export function termsHtml(kind: 'facts' | 'stats', terms: readonly (readonly [string, string])[]): string {
  return `<dl class="${kind}">${terms.map(([term, value]) => `<div><dt>${term}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

/**
 * The end of a page: how to read its numbers, and what made them.
 * @param lines safe HTML
 * @param last safe HTML behind the other facts, which may be empty
 */
export function footerHtml(
  lines: readonly string[],
  { tool, createdAt, commit }: { readonly tool: string; readonly createdAt: string; readonly commit?: string },
  last: string,
): string {
  const facts = [
    html(tool, 60),
    `${html(createdAt.slice(0, 16).replace('T', ' '), 20)} UTC`,
    ...(commit === undefined ? [] : [`commit ${html(commit.slice(0, 7))}`]),
    ...(last === '' ? [] : [last]),
  ];
  return `<footer><ul>${lines.map((line) => `<li>${line}</li>`).join('')}</ul><p>${facts.join(' · ')}</p></footer>`;
}

/** The colours of both models' lines. @param champion how it is called; absent where it has no line */
export function legendHtml(champion?: string): string {
  const line = (colour: string, name: string): string => `<span style="--swatch:var(--${colour})">${html(name)}</span>`;
  return `<span class="legend">${line('accent', 'candidate')}${champion === undefined ? '' : line('axis', champion)}</span>`;
}

/** @param caption safe HTML. @param picture an element */
export function figureHtml(caption: string, picture: string): string {
  return `<figure><figcaption>${caption}</figcaption>${picture}</figure>`;
}
