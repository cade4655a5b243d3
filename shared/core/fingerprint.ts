import { canonicalJson, type Json, sha256 } from './json.js';

/** Everything that a result depends on, in one digest, and part by part, so that it can be said which of them changed. */
export interface Fingerprint {
  readonly digest: string;
  /** The start of a digest a part; their names are for people. */
  readonly parts: Readonly<Record<string, string>>;
}

/** @param parts by the names that people read */
export function fingerprintOfParts(parts: Readonly<Record<string, Json>>): Fingerprint {
  const digests = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, shortDigest(value)]));
  return { digest: sha256(canonicalJson(digests)), parts: digests };
}

/** The first 16 hex digits of a value's digest, for names and keys. */
export function shortDigest(value: Json): string {
  return sha256(canonicalJson(value)).slice('sha256:'.length, 'sha256:'.length + 16);
}

/** The parts that differ, in the order in which they are listed; undefined when the other says nothing of its parts. */
export function changedParts(now: Fingerprint, before: Fingerprint | undefined): readonly string[] | undefined {
  if (!before) return undefined;
  return Object.keys(now.parts).filter((name) => now.parts[name] !== before.parts[name]);
}
