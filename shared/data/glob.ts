import { readdirSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';

/** Whether a path is a pattern: it holds `*`, `?`, `[...]` or `{...}`. */
export function isPattern(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}

/** The directory in front of a pattern's first wildcard; for a plain path, its directory. */
export function fixedPart(pattern: string): string {
  const { root, segments } = split(pattern);
  const first = segments.findIndex(isPattern);
  return join(root, ...segments.slice(0, first < 0 ? -1 : first));
}

/**
 * The files that match an absolute pattern: `*` and `?` within a name, `[a-z]`, `{a,b}`, and `**` for any number of
 * directories. Names that begin with a dot match only a segment that does too; `**` does not follow links.
 * Sorted by code unit, so that the order is the same on every system.
 */
export function expandPattern(pattern: string): string[] {
  const { root, segments } = split(pattern);
  const found = new Set<string>();
  walk(root, segments, found);
  return [...found].sort();
}

function walk(directory: string, segments: readonly string[], found: Set<string>): void {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  if (segment === '**') {
    walk(directory, rest, found);
    for (const entry of entriesOf(directory)) {
      if (entry.isDirectory() && !entry.name.startsWith('.')) walk(join(directory, entry.name), segments, found);
    }
    return;
  }
  const names = isPattern(segment) ? matching(directory, segment) : [segment];
  for (const name of names) {
    const path = join(directory, name);
    const kind = statSync(path, { throwIfNoEntry: false });
    if (rest.length > 0 && kind?.isDirectory()) walk(path, rest, found);
    if (rest.length === 0 && kind?.isFile()) found.add(path);
  }
}

function matching(directory: string, segment: string): string[] {
  const expression = segmentExpression(segment);
  return entriesOf(directory)
    .map((entry) => entry.name)
    .filter((name) => expression.test(name) && (segment.startsWith('.') || !name.startsWith('.')));
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // A directory that is not there or not ours to read holds no match; "nothing matches" is said by the caller.
    return [];
  }
}

function segmentExpression(segment: string): RegExp {
  let depth = 0;
  const source = segment.replace(/\[!?[^\]]+\]|[\s\S]/g, (part) => {
    if (part.length > 1 && part.startsWith('[')) return `[${part.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part === '{') return depth++ >= 0 ? '(?:' : '';
    if (part === '}' && depth > 0) return depth-- > 0 ? ')' : '';
    if (part === ',' && depth > 0) return '|';
    return part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  });
  return new RegExp(`^${source}${')'.repeat(depth)}$`, 's');
}

function split(path: string): { root: string; segments: string[] } {
  const { root } = parse(path);
  return { root, segments: path.slice(root.length).split(/[\\/]/).filter(Boolean) };
}
