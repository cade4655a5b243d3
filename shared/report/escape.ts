/**
 * Every value that reaches Markdown goes through one of these functions. Values come from specs, data and result
 * files that nobody trusts: they may hold Markdown, HTML, mentions, links, line breaks or characters that reorder text.
 *
 * What escapes are made of, and why:
 * - Entities (`&#42;`), not backslashes: they mean the same in Markdown, in table cells and inside HTML blocks such as
 *   `<summary>`, where Markdown is not read.
 * - A zero-width space after `@`, within `://` and `www.`, and after a `#` that a number follows: GitHub looks for
 *   mentions, links and issue numbers in the text that comes out, where an entity is no obstacle any more.
 */

const ZERO_WIDTH_SPACE = '\u200b';

/** Stands for a place where a long word may break, until it becomes `<wbr>`; no cleaned value holds it. */
const BREAK = '\u0001';

/** Words up to this many characters are left whole; longer ones may break, so that no table grows sideways. */
const LONGEST_WORD = 22;
const BREAK_EVERY = 14;

const LONGEST_ADDRESS = 2000;

/** A text of many special characters is cut shorter, so that its escapes take at most this many times its room. */
const MOST_GROWTH = 4;

/**
 * One line of visible text: line breaks and control characters become spaces, characters that reorder or hide text
 * (and lone surrogates) become U+FFFD, and more than three combining marks in a row are dropped.
 */
export function cleanLine(value: string): string {
  return value
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]+/gu, ' ')
    .replace(/\u200b/g, '')
    .replace(/(?![\u200c\u200d])[\p{Cf}\p{Cs}]/gu, '\ufffd')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .trim();
}

/** At most `longest` characters (code points); a cut is shown by an ellipsis at the end. */
export function clip(value: string, longest: number): string {
  if (value.length <= longest) return value;
  const characters = Array.from(value.slice(0, 2 * longest + 2));
  return characters.length <= longest ? value : `${characters.slice(0, longest - 1).join('')}…`;
}

/** Like clip, but keeps both ends: names often differ at their end. */
export function clipMiddle(value: string, longest: number): string {
  if (value.length <= longest) return value;
  const characters = Array.from(value.length > 100_000 ? value.slice(0, 50_000) + value.slice(-50_000) : value);
  if (characters.length <= longest) return value;
  const tail = Math.floor((longest - 1) / 3);
  return `${characters.slice(0, longest - 1 - tail).join('')}…${characters.slice(-tail).join('')}`;
}

/** Prose: a reason, a note, a value. Safe in a paragraph, in a table cell and inside HTML. */
export function text(value: string, longest = 300): string {
  return bounded(clip(cleanLine(value), longest), longest, clip, (clean) => escapeClean(breakLongWords(clean)));
}

/** Prose in which our own sentences mark names by backticks (`late`): those become code, everything else is text. */
export function prose(value: string, longest = 300): string {
  return bounded(clip(cleanLine(value), longest), longest, clip, (clean) => {
    const parts = clean.split('`');
    const isPaired = parts.length % 2 === 1;
    if (!isPaired) return escapeClean(breakLongWords(clean));
    return parts.map((part, index) => (index % 2 === 0 ? escapeClean(breakLongWords(part)) : codeElement(part))).join('');
  });
}

/** Safe text that will begin a line: it starts no list, heading or rule there. */
export function lineStart(safe: string): string {
  return safe
    .replace(/^[-+=#]/, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/^(\d+)([.)])/, (_, digits: string, mark: string) => `${digits}&#${mark.charCodeAt(0)};`);
}

/** A name in a code span, safe wherever Markdown is read; an empty name reads `(empty)`. */
export function code(value: string, longest = 60): string {
  const clean = clipMiddle(cleanLine(value), longest);
  if (/^[\w .,:=+\-/%()≥≤…→−−]+$/.test(clean) && !/\S{23}/.test(clean)) return `\`${clean}\``;
  return codeElement(clean, longest);
}

/** The same as an element, for places where Markdown is not read: `<summary>`, `<sub>`. */
export function codeElement(value: string, longest = 60): string {
  const clean = clipMiddle(cleanLine(value), longest);
  if (clean === '') return '(empty)';
  return bounded(clean, longest, clipMiddle, (fitting) => `<code>${escapeClean(breakLongWords(fitting))}</code>`);
}

/**
 * A link, as an element so that it works everywhere; the label alone when the address is not plain http(s).
 * @param label Markdown or HTML that is safe already
 */
export function link(label: string, address: string | undefined): string {
  const safe = address === undefined ? undefined : safeAddress(address);
  return safe === undefined ? label : `<a href="${safe}">${label}</a>`;
}

/** The address, ready for an attribute; undefined when it is not an http(s) address without credentials. */
export function safeAddress(address: string): string | undefined {
  if (address.length > LONGEST_ADDRESS || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (!['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  const encoded = url.href.replace(
    /[^\w.~:/?#@!$&+,;=%-]|[@$]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  const safe = encoded.replaceAll('&', '&amp;');
  return safe.length <= LONGEST_ADDRESS ? safe : undefined;
}

/** The address only when it is on the same host as `trusted`: a result file may hold any address. */
export function sameHost(address: string | undefined, trusted: string | undefined): string | undefined {
  if (!address || !trusted || !URL.canParse(address) || !URL.canParse(trusted)) return undefined;
  return new URL(address).origin === new URL(trusted).origin ? address : undefined;
}

/** A quoted text inside a Mermaid diagram: only characters that mean nothing to Mermaid or to Markdown's fences. */
export function mermaidText(value: string, longest = 70): string {
  const plain = cleanLine(value)
    .replace(/[^\p{L}\p{N} .,:()+\-−%/=_…×→·²≥≤']/gu, ' ')
    .replace(/%{2,}/g, '%')
    .replace(/-{2,}/g, '-')
    .replace(/ +/g, ' ')
    .trim();
  return `"${clip(plain, longest) || ' '}"`;
}

/** A line for places that are not Markdown (a check's title, an annotation): cleaned and clipped, nothing else. */
export function plainLine(value: string, longest: number): string {
  return clip(cleanLine(value), longest);
}

/** Escapes a text, of which less is taken when its escapes would take more than MOST_GROWTH times the room. */
function bounded(
  clean: string,
  longest: number,
  shorten: (value: string, longest: number) => string,
  escapeAll: (value: string) => string,
): string {
  const room = MOST_GROWTH * longest + 40;
  let escaped = escapeAll(clean);
  for (let most = longest; escaped.length > room; escaped = escapeAll(shorten(clean, most))) {
    most = Math.max(4, Math.floor(Math.min(0.9, room / escaped.length) * most));
  }
  return escaped;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  '*': '&#42;',
  '~': '&#126;',
  '[': '&#91;',
  ']': '&#93;',
  '\\': '&#92;',
  '|': '&#124;',
  '^': '&#94;',
  // GitHub's own advice for a dollar sign that starts no formula.
  $: '<span>$</span>',
};

function escapeClean(clean: string): string {
  return (
    clean
      .replace(/[&<>"'`*~[\]\\|^$]/g, (character) => ENTITIES[character]!)
      // Between two letters or digits an underscore never emphasises, and `log_loss` stays readable in the source.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '&#95;')
      .replace(/@(?=\S)/g, `@${ZERO_WIDTH_SPACE}`)
      .replace(/:(?=\/\/)/g, `:${ZERO_WIDTH_SPACE}`)
      .replace(/:(?=[\w+-]+:)/g, `:${ZERO_WIDTH_SPACE}`)
      .replace(/(www)(?=\.)/gi, `$1${ZERO_WIDTH_SPACE}`)
      .replace(/(GH-|(?<!&)#)(?=\d)/gi, `$1${ZERO_WIDTH_SPACE}`)
      .replaceAll(BREAK, '<wbr>')
  );
}

function breakLongWords(clean: string): string {
  return clean.replace(/\S+/g, (word) => {
    const characters = Array.from(word);
    if (characters.length <= LONGEST_WORD) return word;
    let sinceBreak = 0;
    return characters
      .map((character, index) => {
        sinceBreak++;
        const last = index === characters.length - 1;
        const combines = /\p{M}|\u200d/u.test(characters[index + 1] ?? '') || character === '\u200d';
        const natural = sinceBreak >= 4 && /[_./\-=:,]/.test(character);
        if (last || combines || !(natural || sinceBreak >= BREAK_EVERY)) return character;
        sinceBreak = 0;
        return character + BREAK;
      })
      .join('');
  });
}
