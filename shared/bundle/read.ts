import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.js';
import { sha256OfFile } from '../core/file-digest.js';
import { modelDigest } from './digest.js';
import { BUNDLE_FILES } from './files.js';
import type { Importance, Manifest } from './manifest.js';
import { manifestSchema } from './manifest-schema.js';

/** A bundle on disk whose files have the digests that its manifest names. */
export interface Bundle {
  readonly directory: string;
  readonly manifest: Manifest;
  /**
   * The path of model.onnx.
   * @throws UserError for a bundle that holds predictions alone, which can be judged and not run
   */
  readonly modelFile: string;
  /** There is no model.onnx: what stands for the model is what it has predicted for the held-out rows. */
  readonly predictionsOnly: boolean;
  /** Held-out metrics as the bundle recorded them. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly importance: Importance;
}

/** A manifest of a model with a thousand features is about 1 MB. */
const LARGEST_TEXT_BYTES = 64 * 1024 * 1024;

/**
 * Reads a bundle and verifies it: shape of the manifest, sha256 of every file, the model's digest. A bundle may come
 * from anywhere, so nothing in it is believed.
 * @param shown how to name the bundle in messages
 * @throws UserError that says what is wrong with it
 */
export async function readBundle(directory: string, shown: string): Promise<Bundle> {
  const wrong = (what: string, cause?: unknown): UserError =>
    new UserError(`${shown} is not a usable bundle: ${what}.`, { cause });
  const manifestFile = join(directory, BUNDLE_FILES.manifest);
  const found = await stat(manifestFile).catch((error: unknown) => {
    throw wrong(`it has no ${BUNDLE_FILES.manifest}`, error);
  });
  if (!found.isFile() || found.size > LARGEST_TEXT_BYTES) throw wrong(`its ${BUNDLE_FILES.manifest} is too large`);
  const manifestText = await readFile(manifestFile, 'utf8');
  const parsed = manifestSchema.safeParse(
    parseJson(manifestText, (error) => wrong(`its ${BUNDLE_FILES.manifest} is not JSON`, error)),
  );
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw wrong(`its ${BUNDLE_FILES.manifest} has a wrong "${issue?.path.join('.') || 'document'}" (${issue?.message})`);
  }
  const manifest: Manifest = parsed.data;

  for (const [name, expected] of Object.entries(manifest.files)) {
    const file = join(directory, name);
    const found = await sha256OfFile(file).catch((error: unknown) => {
      throw wrong(`${name} is missing`, error);
    });
    if (found !== expected.sha256) throw wrong(`${name} has been changed (${found}, the manifest names ${expected.sha256})`);
  }
  const model = manifest.files[BUNDLE_FILES.model];
  const predictionsOnly = !model && manifest.algorithm === 'command';
  const identity = predictionsOnly ? manifest.files[BUNDLE_FILES.predictions] : model;
  if (!identity) throw wrong(`it has no ${BUNDLE_FILES.model}`);
  const digest = modelDigest({ ...manifest, model: identity.sha256, data: manifest.data.digest });
  if (digest !== manifest.digest) throw wrong(`its digest is ${manifest.digest}, its content has ${digest}`);

  return {
    directory,
    manifest,
    get modelFile() {
      if (!predictionsOnly) return join(directory, BUNDLE_FILES.model);
      throw new UserError(
        `${shown} holds no model, only what its train.command has predicted: it can be judged, and neither run, released nor served. ` +
          'For that the command has to write model.onnx.',
      );
    },
    predictionsOnly,
    metrics: numbersOf(await readJson(join(directory, BUNDLE_FILES.metrics))),
    importance: importanceOf(await readJson(join(directory, BUNDLE_FILES.importance))),
  };
}

function parseJson(text: string, wrong: (error: unknown) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(messageOf(error));
  }
}

/** Metrics and importance are shown and decide nothing, so an absent or odd file reads as empty. */
async function readJson(file: string): Promise<unknown> {
  try {
    if ((await stat(file)).size > LARGEST_TEXT_BYTES) return undefined;
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function numbersOf(value: unknown): Record<string, number> {
  if (value === null || typeof value !== 'object') return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1]),
    ),
  );
}

function importanceOf(value: unknown): Importance {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (item: unknown): item is Importance[number] =>
      item !== null &&
      typeof item === 'object' &&
      'feature' in item &&
      typeof item.feature === 'string' &&
      'importance' in item &&
      typeof item.importance === 'number',
  );
}
