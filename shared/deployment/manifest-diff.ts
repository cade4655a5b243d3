import { createTwoFilesPatch } from 'diff';

/** A unified diff of two texts, without the head that names files; empty when they are the same. */
export function unifiedDiff(before: string, after: string, name: string): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch(`live/${name}`, `new/${name}`, before, after, undefined, undefined, { context: 3 });
  return patch.slice(patch.indexOf('---')).trimEnd();
}
