import type { z } from 'zod';
import { acceptedText, foundText, knownKeys, pathText, type SchemaNode } from './accepted.js';
import type { Path } from './document.js';
import { nearest } from './nearest.js';

type Issue = z.core.$ZodIssue;

/** One mistake against the schema: where, what, and whether the key itself is the mistake. */
export interface SchemaMistake {
  readonly path: Path;
  readonly message: string;
  readonly atKey: boolean;
  /** A required key is absent, or one of several (the path is then that of the mapping). */
  readonly absent?: 'key' | 'one of several';
  /** The key that an unknown one most likely means. */
  readonly meant?: string;
}

/**
 * Zod's issues as one plain line each. A union's issues are those of the one branch that the value was meant for;
 * where no branch is clearly meant, the line names all that is accepted.
 * @param value the whole content that was checked
 * @param schema the JSON Schema of the same content, which knows what is accepted where
 */
export function schemaMistakes(issues: readonly Issue[], value: unknown, schema: SchemaNode): SchemaMistake[] {
  const mistakes = issues.flatMap((issue) => mistakesOf(issue, [], value, schema));
  // A key that is misspelt is not missing as well.
  const misspelt = mistakes.filter((one) => one.meant !== undefined);
  const meant = new Set(misspelt.map((one) => pathText([...one.path.slice(0, -1), one.meant!])));
  const within = new Set(misspelt.map((one) => pathText(one.path.slice(0, -1))));
  return mistakes.filter(({ path, absent }) => !absent || !(absent === 'key' ? meant : within).has(pathText(path)));
}

function mistakesOf(issue: Issue, base: Path, value: unknown, schema: SchemaNode): SchemaMistake[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const found = valueAt(value, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const place = path.length === 0 ? '' : ` in ${pathText(path)}`;
      const known = knownKeys(schema, path);
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        const advice = meant ? `did you mean ${JSON.stringify(meant)}?` : `known keys: ${known.join(', ')}`;
        const message = `unknown key ${JSON.stringify(key)}${place}; ${advice}`;
        return { path: [...path, key], atKey: true, message, ...(meant && { meant }) };
      });
    }
    case 'invalid_union': {
      const meant = meantBranch(issue.errors);
      if (meant) return meant.flatMap((inner) => mistakesOf(inner, path, value, schema));
      break;
    }
    case 'invalid_key': {
      const key = String(path.at(-1));
      const why = issue.issues.map((inner) => inner.message).join('; ');
      return [
        {
          path,
          atKey: true,
          message: `the key ${JSON.stringify(key)} in ${pathText(path.slice(0, -1))} is not accepted: ${why}`,
        },
      ];
    }
    case 'custom':
      return [{ path, atKey: false, message: `${pathText(path)}: ${issue.message}`, absent: 'one of several' }];
    default:
  }
  const accepted = acceptedText(schema, path);
  const message =
    path.length === 0
      ? `found ${foundText(found)}, but a spec is a mapping that begins like "name: my-model"`
      : found === undefined
        ? `${pathText(path)} is missing; expected ${accepted}`
        : `${pathText(path)}: found ${foundText(found)}, expected ${accepted}`;
  return [{ path, atKey: false, message, ...(found === undefined && { absent: 'key' as const }) }];
}

/** The branch of a union that the value was meant for: the only one that does not fail on the value as a whole, or the nearest. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const deep = branches.filter(
    (issues) => issues.length > 0 && issues.every((issue) => issue.path.length > 0 || isInner(issue)),
  );
  const ranked = deep.toSorted((a, b) => weight(a) - weight(b));
  const best = ranked[0];
  if (!best) return undefined;
  // Which keys are missing depends on the branch; when keys are unknown in all of them, only those are certain.
  const tied = ranked[1] !== undefined && weight(ranked[1]) === weight(best);
  const unknown = best.filter((issue) => issue.code === 'unrecognized_keys');
  return tied && unknown.length > 0 ? unknown : best;
}

/** How many things are wrong: unknown keys count each. */
function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function isInner(issue: Issue): boolean {
  return (
    issue.code === 'unrecognized_keys' || issue.code === 'too_small' || issue.code === 'too_big' || issue.code === 'custom'
  );
}

/** `__proto__` as a key: nothing is called that on purpose, and records would drop it without a word. */
export function forbiddenKeys(value: unknown, path: Path = []): SchemaMistake[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, inner]) => {
    const at = [...path, key];
    if (key !== '__proto__') return forbiddenKeys(inner, at);
    return [{ path: at, atKey: true, message: `the key "__proto__" is not accepted` }];
  });
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}
