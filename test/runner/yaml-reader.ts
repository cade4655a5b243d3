import { closest, distance } from 'fastest-levenshtein';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type Location, type Problem, UserError } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';

/** A YAML value that knows where it stands in its file. */
export type YamlValue = YamlScalar | YamlSequence | YamlMapping;

interface YamlScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly location: Location;
}

interface YamlSequence {
  readonly kind: 'sequence';
  readonly items: readonly YamlValue[];
  readonly location: Location;
}

interface YamlMapping {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, YamlEntry>;
  readonly location: Location;
}

export interface YamlEntry {
  readonly key: string;
  readonly location: Location;
  readonly value: YamlValue;
}

const MAX_DEPTH = 60;

/**
 * Reads one YAML document with the location of every value. Anchors are resolved; merge keys (`<<`) are not known, as on GitHub.
 * @throws UserError with all syntax mistakes at once.
 */
export function parseYaml(file: string, text: string): YamlValue {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const locate = (offset: number): Location => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) {
    throw new UserError(document.errors.map((error) => ({ message: error.message, location: locate(error.pos[0]) })));
  }
  const convert = (node: unknown, fallback: Location, depth: number): YamlValue => {
    const given = node as Node | null | undefined;
    const location = given?.range ? locate(given.range[0]) : fallback;
    if (depth > MAX_DEPTH) throw new UserError({ message: `nested more than ${MAX_DEPTH} levels deep`, location });
    if (isAlias(given)) return convert(given.resolve(document), location, depth + 1);
    if (isMap(given)) {
      const entries = new Map<string, YamlEntry>();
      for (const pair of given.items) {
        const keyNode = pair.key as Node | null;
        const keyLocation = keyNode?.range ? locate(keyNode.range[0]) : location;
        const resolved = isAlias(keyNode) ? keyNode.resolve(document) : keyNode;
        if (!isScalar(resolved)) throw new UserError({ message: 'a key must be a plain text', location: keyLocation });
        const key = String(resolved.value ?? '');
        entries.set(key, { key, location: keyLocation, value: convert(pair.value, keyLocation, depth + 1) });
      }
      return { kind: 'mapping', entries, location };
    }
    if (isSeq(given)) {
      return { kind: 'sequence', items: given.items.map((item) => convert(item, location, depth + 1)), location };
    }
    const value = isScalar(given) ? given.value : null;
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { kind: 'scalar', value: plain, location };
  };
  return convert(document.contents, { file, line: 1, column: 1 }, 0);
}

/** The value without its locations. */
export function toJson(value: YamlValue): Json {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'sequence') return value.items.map(toJson);
  return Object.fromEntries([...value.entries.values()].map((entry) => [entry.key, toJson(entry.value)]));
}

/** How a scalar reads as text: null is empty, as in GitHub's own reader. */
export function scalarText(value: string | number | boolean | null): string {
  return value === null ? '' : String(value);
}

/** `a, b or c`, for messages. */
function oneOf(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Reads values of the wanted kinds and collects every problem, so that all mistakes of a file are told at once. */
export class YamlReader {
  readonly problems: Problem[] = [];

  report(location: Location, message: string): void {
    this.problems.push({ message, location });
  }

  /** Throws what was collected, if anything. */
  finish(): void {
    if (this.problems.length > 0) throw new UserError(this.problems);
  }

  /** The entries of a mapping; with `keys`, any other key is a problem. An empty value is an empty mapping. */
  mapping(value: YamlValue, what: string, keys?: readonly string[]): ReadonlyMap<string, YamlEntry> {
    if (value.kind === 'scalar' && value.value === null) return new Map();
    if (value.kind !== 'mapping') {
      this.report(value.location, `${what} must be a mapping of keys to values`);
      return new Map();
    }
    if (keys) {
      for (const entry of value.entries.values()) {
        if (keys.includes(entry.key)) continue;
        const near = closest(entry.key, [...keys]);
        const hint = distance(entry.key, near) <= 3 ? `; did you mean '${near}'?` : '';
        this.report(entry.location, `unknown key '${entry.key}' in ${what}${hint} (accepted: ${oneOf(keys)})`);
      }
    }
    return value.entries;
  }

  list(value: YamlValue, what: string): readonly YamlValue[] {
    if (value.kind === 'sequence') return value.items;
    this.report(value.location, `${what} must be a list`);
    return [];
  }

  text(value: YamlValue, what: string): string {
    if (value.kind === 'scalar' && value.value !== null) return scalarText(value.value);
    this.report(value.location, `${what} must be a text`);
    return '';
  }

  /** A text or a list of texts, as `needs:` and `types:` take them. */
  texts(value: YamlValue, what: string): string[] {
    if (value.kind === 'sequence') return value.items.map((item) => this.text(item, `each entry of ${what}`));
    return [this.text(value, what)];
  }

  boolean(value: YamlValue, what: string): boolean {
    if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
    this.report(value.location, `${what} must be true or false`);
    return false;
  }

  choice<Name extends string>(value: YamlValue, what: string, names: readonly Name[]): Name | undefined {
    const found = value.kind === 'scalar' ? names.find((name) => name === value.value) : undefined;
    if (found === undefined) {
      const given = value.kind === 'scalar' ? `'${scalarText(value.value)}'` : `a ${value.kind}`;
      this.report(value.location, `${what} must be ${oneOf(names)}, not ${given}`);
    }
    return found;
  }
}
