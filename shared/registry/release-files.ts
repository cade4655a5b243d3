import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILES } from '../bundle/files.js';
import type { Manifest } from '../bundle/manifest.js';
import { packBundle } from '../bundle/pack.js';
import { sha256OfFile } from '../core/file-digest.js';
import { sha256 } from '../core/json.js';
import type { AssetFile } from '../github/release.js';

/** The asset that names every other one with its sha256, as `sha256sum` writes and checks it. */
export const SUMS_FILE = 'SHA256SUMS';

/** The asset that holds the bundle. */
export function bundleAsset(model: string): string {
  return `${model}.tar.gz`;
}

/** What describes a model for people and for scanners. */
export interface ModelTexts {
  /** Model card. */
  readonly card: string;
  /** CycloneDX ML-BOM. */
  readonly bom: string;
}

/** A release's files, ready to be uploaded. */
export interface ReleaseFiles {
  readonly assets: readonly AssetFile[];
  /** sha256 of SHA256SUMS. */
  readonly sums: string;
}

/**
 * Writes the assets of a release into a folder. None of them names the version: a registration that has to take another
 * number uploads nothing again.
 * @param bundle the bundle's folder; of its files only those that the manifest names are published
 * @param publish files of the bundle that become assets of their own as well
 */
export async function writeReleaseFiles(
  folder: string,
  bundle: string,
  manifest: Manifest,
  texts: ModelTexts,
  publish: readonly string[],
): Promise<ReleaseFiles> {
  await mkdir(folder, { recursive: true });
  const assets: AssetFile[] = [];
  const archive = join(folder, bundleAsset(manifest.name));
  const digest = await packBundle(bundle, manifest, archive);
  assets.push({ name: bundleAsset(manifest.name), file: archive, contentType: 'application/gzip', digest });
  const addText = async (name: string, contentType: string, content: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, content);
    assets.push({ name, file, contentType, digest: sha256(content) });
    return sha256(content);
  };
  await addText(BUNDLE_FILES.card, 'text/markdown; charset=utf-8', texts.card);
  await addText(BUNDLE_FILES.bom, 'application/vnd.cyclonedx+json', texts.bom);
  for (const name of [BUNDLE_FILES.model, ...publish]) {
    const file = join(bundle, name);
    assets.push({ name, file, contentType: 'application/octet-stream', digest: await sha256OfFile(file) });
  }
  assets.sort((a, b) => (a.name < b.name ? -1 : 1));
  const sums = assets.map((asset) => `${asset.digest.slice('sha256:'.length)}  ${asset.name}\n`).join('');
  return { sums: await addText(SUMS_FILE, 'text/plain; charset=utf-8', sums), assets };
}

/** Reads SHA256SUMS: `sha256:<hex>` by file name. Lines of another form are left out. */
export function parseSums(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^([0-9a-f]{64}) [ *](\S+)$/.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[2]!, `sha256:${match[1]}`] as const] : [])));
}
