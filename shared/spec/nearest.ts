import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a misspelt name most likely means: the one with the fewest edits, case and hyphens aside; letters in
 * another order are one edit. Undefined when even the best is a different word: more than two fifths of the letters
 * changed (one is always forgiven). Ties go to the earlier candidate.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name);
  const limit = Math.max(1, Math.floor(wanted.length * 0.4));
  let best: string | undefined;
  let fewest = limit + 1;
  for (const candidate of candidates) {
    const edits = editsBetween(wanted, plain(candidate));
    if (edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

function editsBetween(a: string, b: string): number {
  const edits = distance(a, b);
  return edits > 1 && a.length === b.length && letters(a) === letters(b) ? 1 : edits;
}

function letters(text: string): string {
  return [...text].sort().join('');
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}
