import type { Json } from '../core/json.js';

/**
 * What programs remember in a text that people read: a line of JSON in an HTML comment, which no page shows. Each has a name, and
 * belongs to one program; the others leave it as it is.
 */

const BEGIN = '<!-- mlops-actions block ';
const END = ' -->';

/** The line of a block, in plain ASCII. Nothing in it can end the comment. */
export function hiddenBlock(name: string, value: Json): string {
  if (!/^[a-z][a-z-]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a hidden block`);
  const json = JSON.stringify(value).replace(
    /[<>\u007f-\uffff]|-(?=-)/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${BEGIN}${name} ${json}${END}`;
}

/** The line of a block as it stands in a text; undefined where there is none. */
export function findHiddenBlock(text: string, name: string): string | undefined {
  return text.split(/\r?\n/).find((line) => line.startsWith(`${BEGIN}${name} `) && line.endsWith(END));
}

/** What a block holds; undefined where there is none, or where somebody has broken it. */
export function readHiddenBlock(text: string, name: string): Json | undefined {
  const line = findHiddenBlock(text, name);
  if (line === undefined) return undefined;
  try {
    return JSON.parse(line.slice(BEGIN.length + name.length + 1, -END.length)) as Json;
  } catch {
    return undefined;
  }
}

/** The text with the block in place of an earlier one of its name, else at its end. */
export function withHiddenBlock(text: string, name: string, value: Json): string {
  return withBlockLine(text, name, hiddenBlock(name, value));
}

/** A new text with a block of the old one, as it stood there. */
export function keepHiddenBlock(text: string, old: string, name: string): string {
  const line = findHiddenBlock(old, name);
  return line === undefined ? text : withBlockLine(text, name, line);
}

function withBlockLine(text: string, name: string, line: string): string {
  const found = findHiddenBlock(text, name);
  if (found !== undefined)
    return text
      .split(/\r?\n/)
      .map((other) => (other === found ? line : other))
      .join('\n');
  return `${text.replace(/\n*$/, '')}\n\n${line}\n`;
}
