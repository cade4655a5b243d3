import {
  Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { Location, Problem } from '../core/errors.js';

/** Keys and indices from the top of the file: `['gates', 1]`. */
export type Path = readonly (string | number)[];

/** A YAML file with the place of everything in it. */
export interface YamlDocument {
  /** The content as plain values; undefined when the syntax is too broken to tell. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Where the value of a path stands, or its nearest ancestor that exists. `offset`: characters into a text on one line. */
  locate(path: Path, offset?: number): Location;
  /** Where the key of a path stands; like locate for what has no key. */
  locateKey(path: Path): Location;
}

/** Aliases may blow a small file up to a huge one; no spec needs more than this. */
const MAX_ALIASES = 100;

/**
 * Reads one YAML 1.2 document (core schema). Duplicate keys, several documents, unknown tags, aliases without an
 * anchor and aliases inside themselves are problems.
 */
export function readYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter();
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    return locatable(parse(text, lines), text, at);
  } catch (error) {
    // Parser and visitor recurse; only absurd nesting exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    const start = { file, line: 1, column: 1 };
    const problems = [{ message: 'nested too deeply to be a spec', location: start }];
    return { value: undefined, problems, locate: () => start, locateKey: () => start };
  }
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  return parseDocument(text, {
    lineCounter,
    schema: 'core',
    version: '1.2',
    resolveKnownTags: false,
    uniqueKeys: true,
    merge: false,
    prettyErrors: false,
    logLevel: 'error',
  });
}

function locatable(document: Document.Parsed, text: string, at: (offset: number) => Location): YamlDocument {
  const problems = syntaxProblems(document, text, at);
  const isBroken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  let value: unknown;
  if (!aliasProblems(document, at, problems) && !isBroken) {
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      problems.push({ message: `aliases (*name) repeat too much; write it out, or repeat less`, location: at(0) });
    }
  }

  const positionOf = (path: Path, wanted: 'key' | 'value', inside = 0): Location => {
    let place = 0;
    let node: unknown = document.contents;
    if (isCollection(node) && node.range) place = node.range[0];
    for (const [depth, step] of path.entries()) {
      const holder = isAlias(node) ? node.resolve(document) : node;
      const found = child(holder, step);
      if (!found) break;
      node = found.value;
      const isLast = depth === path.length - 1;
      const useKey = found.key !== undefined && ((isLast && wanted === 'key') || !startsOnItsOwn(node));
      place = useKey ? found.key! : ((node as Node).range?.[0] ?? place);
      if (isLast && inside > 0 && !useKey) place += textOffset(node, text, place, inside);
    }
    return at(place);
  };
  return {
    value,
    problems,
    locate: (path, offset) => positionOf(path, 'value', offset),
    locateKey: (path) => positionOf(path, 'key'),
  };
}

function child(node: unknown, step: string | number): { value: unknown; key?: number } | undefined {
  if (isSeq(node)) {
    const item = typeof step === 'number' ? node.items[step] : undefined;
    return item === undefined ? undefined : { value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => keyText(key) === String(step));
  if (!pair) return undefined;
  const start = (pair.key as Node | null)?.range?.[0];
  return start === undefined ? { value: pair.value } : { value: pair.value, key: start };
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return key.value === null ? '' : String(key.value);
}

/** Whether a position of the value itself says more than that of its key: not for block collections and empty values. */
function startsOnItsOwn(node: unknown): boolean {
  if (isCollection(node)) return node.flow === true;
  if (isScalar(node)) return node.range !== undefined && node.range !== null && node.range[1] > node.range[0];
  return node instanceof Alias;
}

/** How far a character of a scalar's text is from its start in the file; 0 where escapes or line breaks make it unclear. */
function textOffset(node: unknown, text: string, start: number, inside: number): number {
  if (!isScalar(node) || typeof node.value !== 'string') return 0;
  const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  return text.startsWith(node.value, start + quote) ? quote + inside : 0;
}

function syntaxProblems(document: Document.Parsed, text: string, at: (offset: number) => Location): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<number>();
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const location = at(pos[0]);
    // One slip makes the parser stumble several times in a line; the first report is the telling one.
    if (seen.has(location.line!)) continue;
    seen.add(location.line!);
    problems.push({ message: syntaxMessage(code, message, text.slice(pos[0])), location });
  }
  return problems;
}

function syntaxMessage(code: string, message: string, rest: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^("[^"\n]*"|'[^'\n]*'|[^\s:,}\]]+)/.exec(rest)?.[0] ?? 'this key';
    return `the key ${key} stands twice in the same mapping; keep one`;
  }
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; YAML is indented with spaces';
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document starts here (---); a spec is one document';
  if (/call stack/i.test(message)) return 'nested too deeply to be a spec';
  const plain = message.replace(/\s+/g, ' ').replace(/ at line \d+, column \d+:?.*$/, '');
  return `not valid YAML: ${plain.charAt(0).toLowerCase()}${plain.slice(1)}`;
}

/** Adds what is wrong with aliases; true when the document cannot be turned into values. */
function aliasProblems(document: Document.Parsed, at: (offset: number) => Location, problems: Problem[]): boolean {
  let found = false;
  visit(document, {
    Alias(_key, alias, ancestors) {
      const target = alias.resolve(document);
      if (target && !ancestors.some((ancestor) => ancestor === target)) return;
      found = true;
      const message = target
        ? `the alias *${alias.source} stands inside of what it repeats`
        : `the alias *${alias.source} has no anchor &${alias.source} before it`;
      problems.push({ message, location: at(alias.range?.[0] ?? 0) });
    },
  });
  return found;
}
