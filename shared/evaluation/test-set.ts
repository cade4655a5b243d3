import type { Manifest } from '../bundle/manifest.js';
import { canonicalJson, type Json, sha256 } from '../core/json.js';

/** Names the rows that a model held out and what they are labelled with: the same name, the same test set. Eight hex digits. */
export function testSetOf({ data, split, target }: Pick<Manifest, 'data' | 'split' | 'target'>): string {
  return sha256(canonicalJson({ data: data.digest, split: split as unknown as Json, target })).slice(7, 15);
}
