import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReferenceProfile } from '../data/reference-profile.js';
import { BUNDLE_FILES } from './files.js';
import type { Manifest } from './manifest.js';
import type { Bundle } from './read.js';
import { type BundleContent, writeBundle } from './write.js';

/** What stands beside a model and belongs to the run that offers it. */
export type Occasion = Pick<Manifest, 'commit' | 'run' | 'fingerprint'>;

/**
 * Writes a bundle again as that of another run: the same model with the same digest, metrics and predictions; commit and
 * run, and the texts that are made of them, are those of now. The directory may be the bundle's own.
 * @param render card and bill of materials
 */
export async function renewBundle(
  directory: string,
  { directory: from, manifest, importance }: Bundle,
  occasion: Occasion,
  render: BundleContent['render'],
): Promise<Manifest> {
  const read = (file: string): Promise<Buffer> => readFile(join(from, file));
  const json = async (file: string): Promise<unknown> => JSON.parse((await read(file)).toString('utf8'));
  // All is read before the directory is emptied.
  const [model, predictions] = [await read(BUNDLE_FILES.model), await read(BUNDLE_FILES.predictions)];
  const metrics = (await json(BUNDLE_FILES.metrics)) as BundleContent['metrics'];
  const profile = manifest.files[BUNDLE_FILES.profile] ? ((await json(BUNDLE_FILES.profile)) as ReferenceProfile) : undefined;
  const { digest: _digest, files: _files, commit: _commit, run: _run, fingerprint: _fingerprint, ...same } = manifest;
  return writeBundle(directory, {
    manifest: { ...same, ...occasion },
    model,
    metrics,
    importance,
    ...(profile && { profile }),
    writePredictions: (file) => writeFile(file, predictions),
    render,
  });
}
