import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import type { Bundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import { findDrift } from '../../shared/data/drift/drift.js';
import { DRIFT_DEFAULTS } from '../../shared/data/drift/report.js';
import { driftWords } from '../../shared/data/drift/shown.js';
import { parseReferenceProfile, type ReferenceProfile } from '../../shared/data/reference-profile.js';
import type { Change } from '../../shared/evaluation/comparison.js';
import type { JudgedModel } from './models.js';

/** More than these and "everything drifted" is what there is to say. */
const MOST = 50;

/**
 * The columns that the candidate was trained on other values of than the champion: by the profiles of both bundles, where the change
 * is large enough to matter and more than chance (see findDrift). The largest first; empty for the same data, and where a bundle has no profile.
 */
export async function driftedColumns(candidate: JudgedModel, champion: JudgedModel, seed: number): Promise<Change[]> {
  if (candidate.manifest.data.digest === champion.manifest.data.digest) return [];
  const [now, before] = await Promise.all([profileOf(candidate), profileOf(champion)]);
  if (!now || !before) return [];
  const options = { minEffect: DRIFT_DEFAULTS.min_effect, alpha: DRIFT_DEFAULTS.alpha, seed };
  const found = [
    ...findDrift(before.inputs, now.inputs, options),
    ...(before.target && now.target ? findDrift(before.target, now.target, options) : []),
  ];
  return found
    .filter(({ drifted }) => drifted)
    .sort((a, b) => b.effect.value - a.effect.value)
    .slice(0, MOST)
    .map((column) => ({ kind: 'drift', name: column.name, after: driftWords(column, "the champion's training rows") }));
}

async function profileOf({ source }: JudgedModel): Promise<ReferenceProfile | undefined> {
  if (!('bundle' in source)) return undefined;
  const text = await readProfile(source.bundle);
  if (text === undefined) return undefined;
  try {
    return parseReferenceProfile(text, 'The profile of a bundle');
  } catch (error) {
    // Of another version: what drifted is then unknown, and judges nothing.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function readProfile({ directory, manifest }: Bundle): Promise<string | undefined> {
  if (!(BUNDLE_FILES.profile in manifest.files)) return undefined;
  return readFile(join(directory, BUNDLE_FILES.profile), 'utf8');
}
