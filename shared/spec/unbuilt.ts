import { pathText } from './accepted.js';
import type { Path } from './document.js';

/** What is said about a key whose action does not exist yet. */
export interface UnbuiltKey {
  readonly path: Path;
  readonly message: string;
  /** Ignoring it would silently give another model than the one that the spec describes. */
  readonly isError: boolean;
}

interface Rule {
  /** `*` stands for every key or item. */
  readonly path: readonly string[];
  readonly isError?: true;
  /** Values that ask for nothing beyond what is there. */
  readonly harmless?: (value: unknown) => boolean;
  /** What to do instead, where there is something. */
  readonly instead?: string;
}

const isOff = (value: unknown): boolean => value === false;

const RULES: readonly Rule[] = [
  {
    path: ['train', 'features'],
    isError: true,
    harmless: (value) => value === 'raw',
    instead: 'let the command read the raw columns (train.features: raw)',
  },
  { path: ['tune', 'pruner'] },
  { path: ['evaluate', 'baseline'], harmless: isOff },
];

/** Every key of the content whose action is not built. */
export function unbuiltKeys(content: unknown): UnbuiltKey[] {
  const found: UnbuiltKey[] = [];
  for (const rule of RULES) {
    for (const { path, value } of matches(content, rule.path)) {
      if (value === undefined || rule.harmless?.(value)) continue;
      found.push(rule.isError ? refusal(path, rule.instead) : notice(path));
    }
  }
  for (const { path, value } of matches(content, ['tune', 'sampler'])) {
    if (value !== 'gp') continue;
    const message = `${pathText(path)}: gp is not built yet; use tpe, which learns from earlier trials too`;
    found.push({ path, message, isError: true });
  }
  for (const { path, value } of [...matches(content, ['data', 'path']), ...matches(content, ['data', 'path', '*'])]) {
    if (typeof value === 'string' && /^https?:\/\//i.test(value)) {
      const message = `${pathText(path)}: data from a web address is not built yet; download it in a step before, and name the file`;
      found.push({ path, message, isError: true });
    }
  }
  return found;
}

function notice(path: Path): UnbuiltKey {
  return { path, message: `${pathText(path)} is accepted, but has no effect yet`, isError: false };
}

function refusal(path: Path, instead?: string): UnbuiltKey {
  const advice = instead ? `; ${instead}` : '';
  const message = `${pathText(path)} is not built yet, and ignoring it would silently give another model${advice}`;
  return { path, message, isError: true };
}

/** Everything in the content that a pattern of keys reaches. */
function matches(content: unknown, pattern: readonly string[]): { path: Path; value: unknown }[] {
  let reached: { path: Path; value: unknown }[] = [{ path: [], value: content }];
  for (const key of pattern) {
    reached = reached.flatMap(({ path, value }) => {
      if (typeof value !== 'object' || value === null) return [];
      const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
      return entries
        .filter(([step]) => key === '*' || step === key)
        .map(([step, inner]) => ({ path: [...path, step], value: inner }));
    });
  }
  return reached;
}
