import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import type { Fingerprint, Manifest } from '../../shared/bundle/manifest.js';
import { type Bundle, readBundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import { changedParts } from '../../shared/core/fingerprint.js';
import type { SplitRule } from '../../shared/data/split-rule.js';
import type { ResolvedModel } from '../../shared/registry/resolve.js';
import { cacheAvailable, restoreFromCache, saveToCache } from '../../shared/runner/cache.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { ruleName } from './fingerprint.js';

/** Where a bundle that could be reused may lie. */
export interface ReusePlaces {
  /** The model's folder. */
  readonly directory: string;
  /** Where the bundle of this step goes. */
  readonly output: string;
  /** Whether a bundle that lies there may be taken. On a runner it could have come with a commit, which nobody would see. */
  readonly trustOutput: boolean;
  readonly name: string;
  /** The division of rows that has to be kept. */
  readonly frozen: SplitRule | undefined;
  /** The champion: a version, or a candidate of a trusted run. Asked for only when nothing nearer fits. */
  readonly champion: () => Promise<ResolvedModel | undefined>;
}

const NEEDED = [BUNDLE_FILES.metrics, BUNDLE_FILES.predictions];

/** A bundle of the same training, or what has changed since the last one that is known. */
export type Reuse =
  | { readonly bundle: Bundle; readonly from: string; readonly remember: boolean }
  | { readonly bundle?: undefined; readonly changed: readonly string[] | undefined; readonly since: string };

/**
 * Looks for a bundle that this very training has made before: in the output folder (on a laptop), in the Actions cache, then
 * the champion (a version, or the candidate of a trusted run). Every one is verified like a bundle from anywhere; what is damaged,
 * partial or of another training is passed over.
 */
export async function findBundle(fingerprint: Fingerprint, places: ReusePlaces): Promise<Reuse> {
  const fits = (bundle: Bundle | undefined): boolean => isSame(bundle?.manifest, fingerprint, places);
  const left = await readUsable(places.output);
  if (left && places.trustOutput && fits(left)) return { bundle: left, from: 'the output folder', remember: false };

  const folder = cacheFolder(places.directory, fingerprint);
  for (const key of cacheKeys(fingerprint, places)) {
    await forgetFolder(places.directory);
    if (!(await restoreFromCache([folder], key))) continue;
    const cached = await readUsable(folder);
    if (cached && fits(cached)) return { bundle: cached, from: 'the Actions cache', remember: false };
  }
  const champion = await places.champion();
  const known = champion?.kind === 'bundle' ? champion.bundle : undefined;
  if (known && fits(known) && isWhole(known)) return { bundle: known, from: champion!.shown, remember: true };
  const before = left ?? known;
  const since = left ? 'the last training here' : (champion?.shown ?? '');
  return { changed: before && changedParts(fingerprint, before.manifest.fingerprint), since };
}

/** Leaves a bundle in the Actions cache. Best effort: nothing depends on it. */
export async function rememberBundle(fingerprint: Fingerprint, places: ReusePlaces, bundle: string): Promise<void> {
  if (!cacheAvailable()) return;
  const folder = cacheFolder(places.directory, fingerprint);
  await forgetFolder(places.directory);
  await mkdir(folder, { recursive: true });
  await cp(bundle, folder, { recursive: true });
  await saveToCache([folder], cacheKeys(fingerprint, places)[0]!);
  await forgetFolder(places.directory);
}

/** Removes what a look into the cache has unpacked. */
export async function forgetFolder(directory: string): Promise<void> {
  await rm(join(workDirectory(directory), 'cache'), { recursive: true, force: true });
}

/**
 * The same inputs, and the same division of rows: the one that has to be kept is the one that the bundle was made
 * with, or the one that it came to by itself.
 */
function isSame(
  manifest: Manifest | undefined,
  fingerprint: Fingerprint,
  { name, frozen }: Pick<ReusePlaces, 'name' | 'frozen'>,
): boolean {
  if (!manifest?.fingerprint || manifest.name !== name || manifest.fingerprint.digest !== fingerprint.digest) return false;
  // A published version leaves its predictions out.
  if (!NEEDED.every((file) => manifest.files[file])) return false;
  return frozen ? ruleName(manifest.split) === ruleName(frozen) : manifest.fingerprint.kept === undefined;
}

/** A release holds only what `registry.publish` names; a candidate is made of everything. */
function isWhole({ directory, manifest }: Bundle): boolean {
  return Object.keys(manifest.files).every((file) => existsSync(join(directory, file)));
}

async function readUsable(folder: string): Promise<Bundle | undefined> {
  try {
    return await readBundle(folder, folder);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function cacheFolder(directory: string, { digest }: Fingerprint): string {
  return join(workDirectory(directory), 'cache', digest.slice(7, 23));
}

/** Where the bundle of a training is kept; and where that of a first training is, whose division of rows may be the one to keep. */
function cacheKeys({ digest }: Fingerprint, { name, frozen }: Pick<ReusePlaces, 'name' | 'frozen'>): readonly string[] {
  const keyOf = (rule: SplitRule | undefined): string => `mlops-actions-train-${name}-${digest.slice(7, 39)}-${ruleName(rule)}`;
  return frozen ? [keyOf(frozen), keyOf(undefined)] : [keyOf(undefined)];
}
