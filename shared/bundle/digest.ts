import { canonicalJson, type Json, sha256 } from '../core/json.js';
import type { Manifest } from './manifest.js';

/** What identifies a model; everything else of a manifest stands beside it. */
export type Identity = Pick<Manifest, 'signature' | 'params' | 'features' | 'split' | 'seed'> & {
  /** sha256 of model.onnx; of predictions.parquet where there is none. */
  readonly model: string;
  /** Digest of the data fingerprint. */
  readonly data: string;
};

/**
 * The digest of a model: sha256 over the canonical JSON of model bytes, signature, params, feature plan, data
 * fingerprint, split rule and seed. Two trainings that differ in none of these are the same model.
 */
export function modelDigest({ model, signature, params, features, data, split, seed }: Identity): string {
  return sha256(canonicalJson({ model, signature, params, features, data, split, seed } as unknown as Json));
}
