import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changedParts, type Fingerprint } from '../core/fingerprint.js';
import { sha256 } from '../core/json.js';
import { cacheAvailable, restoreNearest, saveToCache } from './cache.js';
import type { RunEnvironment } from './environment.js';
import { workDirectory } from './work-directory.js';

/**
 * Finished results that are kept for the next run: the last one below the model's folder, which serves on a laptop, and
 * in the Actions cache, whose entries of a pull request no other branch sees. Best effort: what is missing, cut off, changed or
 * of another fingerprint means computing again.
 */

export interface KeepingPlace {
  /** Such as `evaluation`. */
  readonly kind: string;
  /** The model's. */
  readonly model: string;
  /** The model's folder. */
  readonly directory: string;
  readonly environment: RunEnvironment;
}

/** What is said of a kept document. */
interface About {
  readonly fingerprint: Fingerprint;
  /** Of the document's bytes. */
  readonly sha256: string;
  readonly madeAt: string;
  /** The run that made it. */
  readonly run?: number;
}

/** A document that was kept. */
export interface Kept {
  /** As it was given to `keep`, through JSON. */
  readonly document: unknown;
  readonly from: string;
  readonly madeAt: string;
  readonly run?: number;
}

export interface KeptSearch {
  readonly kept?: Kept;
  /** What has changed since the last one that is known, where none fits. */
  readonly changed?: readonly string[];
}

const ABOUT_FILE = 'about.json';
const DOCUMENT_FILE = 'document.json';

export async function findKept(fingerprint: Fingerprint, place: KeepingPlace): Promise<KeptSearch> {
  const folder = folderOf(place);
  let last: About | undefined;
  // On a runner the folder could have come with a commit, which nobody would see.
  if (!place.environment.hasArtifacts) {
    const here = await readKept(folder);
    if (here && here.about.fingerprint.digest === fingerprint.digest) return { kept: keptOf(here, 'the last one here') };
    last = here?.about;
  }
  if (cacheAvailable()) {
    await rm(folder, { recursive: true, force: true });
    await restoreNearest([folder], keyOf(fingerprint, place), keyStart(place));
    const cached = await readKept(folder);
    if (cached && cached.about.fingerprint.digest === fingerprint.digest) return { kept: keptOf(cached, 'the Actions cache') };
    last ??= cached?.about;
  }
  const changed = changedParts(fingerprint, last?.fingerprint);
  return changed && changed.length > 0 ? { changed } : {};
}

/** Nothing depends on it: where it cannot be kept it is computed again. */
export async function keep(fingerprint: Fingerprint, place: KeepingPlace, document: unknown): Promise<void> {
  const folder = folderOf(place);
  const text = JSON.stringify(document);
  const about: About = {
    fingerprint,
    sha256: sha256(text),
    madeAt: new Date().toISOString(),
    ...(place.environment.runId !== undefined && { run: place.environment.runId }),
  };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, DOCUMENT_FILE), text);
  await writeFile(join(folder, ABOUT_FILE), JSON.stringify(about));
  await saveToCache([folder], keyOf(fingerprint, place));
}

/**
 * Where a result comes from, or why it was made again, in words for a summary; empty where nothing is known.
 * @param isReused whether what was kept is the result
 * @param made how one says that it is made, such as `evaluated`
 */
export function wordsOf({ kept, changed }: KeptSearch, isReused: boolean, made: string): string {
  if (kept && isReused) {
    const { from, run, madeAt } = kept;
    const by = run === undefined ? '' : `by run ${run}, `;
    return `Nothing that matters has changed, so nothing was computed again. From ${from}; made ${by}${madeAt}.`;
  }
  return changed ? `It was ${made} again because of what changed since the last time: ${changed.join(', ')}.` : '';
}

interface Entry {
  readonly about: About;
  readonly document: unknown;
}

async function readKept(folder: string): Promise<Entry | undefined> {
  try {
    const about = JSON.parse(await readFile(join(folder, ABOUT_FILE), 'utf8')) as About;
    const text = await readFile(join(folder, DOCUMENT_FILE), 'utf8');
    const { digest, parts } = about.fingerprint;
    if (sha256(text) !== about.sha256 || typeof digest !== 'string' || typeof parts !== 'object') return undefined;
    return { about, document: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function keptOf({ about: { madeAt, run }, document }: Entry, from: string): Kept {
  return { document, from, madeAt, ...(run !== undefined && { run }) };
}

function folderOf({ directory, kind }: KeepingPlace): string {
  return join(workDirectory(directory), 'kept', kind);
}

function keyStart({ kind, model }: KeepingPlace): string {
  // No name of a model has a dot, so that none begins like another's.
  return `mlops-actions-${kind}-${model}.`;
}

function keyOf({ digest }: Fingerprint, place: KeepingPlace): string {
  return keyStart(place) + digest.slice('sha256:'.length, 'sha256:'.length + 32);
}
