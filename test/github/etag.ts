import { createHash } from 'node:crypto';

/** The weak ETag of an answer's bytes. */
export function weakEtag(bytes: Uint8Array): string {
  return `W/"${createHash('sha256').update(bytes).digest('hex')}"`;
}

/** Whether `If-None-Match` (a list, `*`, strong or weak) names this ETag; a weak comparison, as for GET. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}
