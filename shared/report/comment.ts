import { createHash } from 'node:crypto';
import { cleanLine, codeElement, link, text } from './escape.js';

/** GitHub refuses comments that are longer, in UTF-16 code units. */
export const COMMENT_LIMIT = 65_536;

/** A job summary may have 1 MiB of UTF-8; a UTF-16 code unit takes at most 3 bytes of it. */
export const SUMMARY_LIMIT = 340_000;

/** Below this no comment can keep its verdict; a smaller limit is a mistake of the caller. */
export const SMALLEST_LIMIT = 24_000;

/** What a comment knows that its result does not: where it is posted from. All of it is trusted. */
export interface CommentContext {
  /** The workflow's name; with the model's it identifies the comment. */
  readonly workflow: string;
  readonly links?: {
    readonly report?: string;
    readonly bundle?: string;
    readonly run?: string;
    readonly help?: string;
  };
  /** The fork (`owner/name`) whose run made the result: its figures are then claims, and the comment says so. */
  readonly fork?: string;
  /** Longest text in UTF-16 code units; default COMMENT_LIMIT, at least SMALLEST_LIMIT. */
  readonly limit?: number;
}

/**
 * The first line of the comment of a model in a workflow, by which it is found again. Different names give different
 * lines, and no name can end the HTML comment.
 */
export function commentMarker(model: string, workflow: string): string {
  return `<!-- mlops-actions: ${markerPart(model, /[^\w.-]/gu)} / ${markerPart(workflow, /[^\w ./()-]/gu)} -->`;
}

function markerPart(name: string, encoded: RegExp): string {
  const percent = (found: string): string =>
    [...Buffer.from(found)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  const part = name
    .replace(encoded, percent)
    .replace(/-(?=-|$)/g, '%2D')
    .replace(/^ | $/g, '%20');
  if (part.length <= 120) return part;
  return `${part.slice(0, 100)}~${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** `> [!NOTE]` and its lines: a coloured box on GitHub. Lines are safe Markdown. */
export function alert(kind: 'NOTE' | 'IMPORTANT' | 'WARNING' | 'CAUTION', lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`[!${kind}]`, ...lines].map((line) => `> ${line}`).join('\n');
}

/** A folded part. The summary is safe HTML (Markdown is not read there) and carries the part's conclusion. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Says that a result comes from a run that anybody may have written. */
export function forkNote(fork: string | undefined): string {
  if (fork === undefined) return '';
  return alert('NOTE', [
    `This result was made by a run of the fork ${codeElement(fork, 100)}, with the code of that fork. It was checked for its form only.`,
  ]);
}

/** The small last line. Parts are safe HTML; empty ones are left out. */
export function footer(parts: readonly string[], context: CommentContext, shortened: readonly string[]): string {
  const links = context.links ?? {};
  const full = links.report ?? links.run;
  const missing =
    shortened.length === 0
      ? ''
      : `shortened to fit: ${shortened.join(', ')}${full === undefined ? '' : ` (all of it in ${link('the full report', full)})`}`;
  const all = [
    ...parts,
    links.report === undefined ? '' : link('report', links.report),
    links.bundle === undefined ? '' : link('bundle', links.bundle),
    links.run === undefined ? '' : link('run', links.run),
    links.help === undefined ? '' : link('how to read this', links.help),
    missing,
  ];
  return `<sub>${all.filter((part) => part !== '').join(' · ')}</sub>`;
}

/** `commit 3f2c1ab`, or nothing. */
export function commitPart(commit: string | undefined): string {
  return commit === undefined || commit === '' ? '' : `commit ${text(cleanLine(commit).slice(0, 7), 7)}`;
}

/** The room for a text by its context. @throws RangeError when it is below SMALLEST_LIMIT */
export function limitOf(context: { readonly limit?: number }, usual = COMMENT_LIMIT): number {
  const limit = context.limit ?? usual;
  if (!(limit >= SMALLEST_LIMIT)) throw new RangeError(`a limit of ${limit} characters is below ${SMALLEST_LIMIT}`);
  return limit;
}
