import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { sha256 } from '../core/json.js';
import type { ReferenceProfile } from '../data/reference-profile.js';
import { modelDigest } from './digest.js';
import type { Explanation } from './explanation.js';
import { BUNDLE_FILES } from './files.js';
import type { Importance, Manifest } from './manifest.js';

export interface BundleContent {
  /** The manifest without what follows from the content. */
  readonly manifest: Omit<Manifest, 'digest' | 'files'>;
  /** Absent for a trainer whose model cannot be ONNX: then the predictions stand for it. */
  readonly model?: Uint8Array;
  /** Flat, by metric name; null where a metric is undefined on these rows. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly importance: Importance;
  /** SHAP values, of models that have them. */
  readonly explanation?: Explanation;
  /** What later rows are held against. */
  readonly profile?: ReferenceProfile;
  /** Writes predictions.parquet to the given path. */
  readonly writePredictions: (file: string) => Promise<void>;
  /** Texts that are rendered from the finished manifest: card and bill of materials. */
  readonly render: (manifest: Manifest) => { readonly card: string; readonly bom: string };
}

/**
 * Writes a bundle into a directory, which is emptied first so that nothing of an earlier bundle stays in it.
 * @returns the finished manifest
 */
export async function writeBundle(directory: string, content: BundleContent): Promise<Manifest> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const files: Record<string, { sha256: string; bytes: number }> = {};
  const add = async (name: string, data: Uint8Array | string): Promise<void> => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    await writeFile(join(directory, name), bytes);
    files[name] = { sha256: sha256(bytes), bytes: bytes.byteLength };
  };

  if (content.model) await add(BUNDLE_FILES.model, content.model);
  await add(BUNDLE_FILES.metrics, toJsonFile(content.metrics));
  await add(BUNDLE_FILES.params, stringify({ algorithm: content.manifest.algorithm, ...content.manifest.params }));
  await add(BUNDLE_FILES.importance, toJsonFile(content.importance));
  if (content.explanation) await add(BUNDLE_FILES.contributions, `${JSON.stringify(content.explanation)}\n`);
  // Long lists of counts, for programs: on one line.
  if (content.profile) await add(BUNDLE_FILES.profile, `${JSON.stringify(content.profile)}\n`);
  const predictions = join(directory, BUNDLE_FILES.predictions);
  await content.writePredictions(predictions);
  const written = await readFile(predictions);
  files[BUNDLE_FILES.predictions] = { sha256: sha256(written), bytes: written.byteLength };

  const { manifest } = content;
  const digest = modelDigest({
    model: (files[BUNDLE_FILES.model] ?? files[BUNDLE_FILES.predictions]!).sha256,
    signature: manifest.signature,
    params: manifest.params,
    features: manifest.features,
    data: manifest.data.digest,
    split: manifest.split,
    seed: manifest.seed,
  });
  const { card, bom } = content.render({ ...manifest, digest, files: { ...files } });
  await add(BUNDLE_FILES.card, card);
  await add(BUNDLE_FILES.bom, bom);
  const finished: Manifest = { ...manifest, digest, files };
  // Last: a directory without a manifest is no bundle, so a crash leaves nothing that looks finished.
  await writeFile(join(directory, BUNDLE_FILES.manifest), toJsonFile(finished));
  return finished;
}

function toJsonFile(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
