import { randomInt, randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BUNDLE_FILES } from '../bundle/files.js';
import type { Manifest } from '../bundle/manifest.js';
import { messageOf, UserError } from '../core/errors.js';
import { createCommit } from '../github/commit.js';
import { createTagRef, deleteTagRef } from '../github/ref.js';
import {
  createDraft,
  deleteRelease,
  downloadAsset,
  listAssets,
  publishRelease,
  type Release,
  uploadAsset,
} from '../github/release.js';
import { BOT_SIGNATURE, createTagObject } from '../github/tag.js';
import { formatRecord, type VersionRecord } from './record.js';
import { recover } from './recover.js';
import type { ModelTags, RegisteredVersion, Registry } from './registry.js';
import { type ReleaseFiles, type VersionTexts, writeReleaseFiles } from './release-files.js';
import { type ReleaseMark, withMark } from './release-mark.js';
import { versionTag } from './tag-name.js';
import { formatVersion, parseVersion } from './version.js';
import { chooseVersion, registryFolder, type WantedVersion } from './version-choice.js';

export interface RegistrationRequest {
  /** The bundle's folder, verified. */
  readonly directory: string;
  /** Of the bundle, without the files that are not published. */
  readonly manifest: Manifest;
  readonly version: WantedVersion;
  /** Where the bundle is kept: as assets of a release, or as the artifact that the run of this number has made. */
  readonly storage: { readonly kind: 'release' } | { readonly kind: 'artifact'; readonly run: number };
  /** Files of the bundle that become assets of their own. */
  readonly publish: readonly string[];
  /** The commit that the model was trained at; the registry commit stands on it. */
  readonly source: string;
  readonly actor: string;
  readonly run?: { readonly id: number; readonly attempt: number };
  /** A folder for what is uploaded; removed in the end. */
  readonly workDirectory: string;
  readonly render: (version: string) => VersionTexts & { /** Markdown of the release. */ readonly notes: string };
}

export interface Registration {
  readonly version: RegisteredVersion;
  /** False when the same model was a version before. */
  readonly created: boolean;
  /** In words, why it has this number; empty when it had one before. */
  readonly why: string;
}

/** So many others may be first before something is wrong. */
const TRIES = 50;
const LONGEST_WAIT_MS = 2000;

/**
 * Registers a model as a new version, or finds the version that it is. Any number of jobs may do so at once, and any of
 * them may die anywhere: a version is visible only when its tag and its published release are both there, the tag's ref is
 * created once and by one, and what a dead job has left is finished or removed by the next.
 * @throws UserError when GitHub refuses, or the wanted number is taken
 */
export async function registerVersion(registry: Registry, request: RegistrationRequest): Promise<Registration> {
  for (let tried = 1; tried <= TRIES; tried++) {
    const tags = await registry.tags();
    const { existing, finished } = await recover(registry, tags, request.manifest.digest, request.run);
    if (existing) return { version: existing, created: finished, why: '' };
    const { version, why } = await chooseVersion(registry, tags, request.manifest, request.version);
    const made = await attemptVersion(registry, tags, request, formatVersion(version), why);
    if (made) return { version: made, created: true, why };
    registry.place.log(`${versionTag(registry.model, formatVersion(version))} was taken by another job; looking again.`);
    await setTimeout(randomInt(Math.min(LONGEST_WAIT_MS, 100 * tried)));
  }
  throw new UserError(`${TRIES} times another job took the next version of ${registry.model} first: run this job again.`);
}

/** @returns undefined when another was first, and nothing is left of the attempt */
async function attemptVersion(
  registry: Registry,
  tags: ModelTags,
  request: RegistrationRequest,
  version: string,
  reason: string,
): Promise<RegisteredVersion | undefined> {
  const { client, repository } = registry.place;
  const id = randomUUID();
  const tag = versionTag(registry.model, version);
  const texts = request.render(version);
  const folder = join(request.workDirectory, id);
  const common = {
    ...{ version, digest: request.manifest.digest, actor: request.actor, reason, id, commit: request.source },
    ...(request.run && { run: request.run.id }),
  };
  const mark: ReleaseMark = {
    ...{ model: registry.model, version, digest: request.manifest.digest },
    ...{ run: request.run?.id, attempt: request.run?.attempt },
  };
  let draft: Release | undefined;
  let sha: string;
  try {
    let record: VersionRecord;
    if (request.storage.kind === 'release') {
      const { directory, manifest, publish } = request;
      const files = await writeReleaseFiles(folder, directory, manifest, version, texts, publish);
      const name = `${tag} (${id}, being registered)`;
      draft = await createDraft(client, repository, { tag, name, body: withMark(mark, texts.notes) });
      for (const asset of files.assets) await uploadAsset(client, repository, draft, asset);
      await verifyAssets(registry, draft, files, folder);
      record = { ...common, storage: 'release', release: draft.id, sums: files.sums };
    } else record = { ...common, storage: 'artifact', candidate: request.storage.run };
    sha = await writeTag(registry, request, tag, texts.card, record);
  } catch (error) {
    // Nothing names the draft yet, so it is nobody's.
    if (draft) await discard(registry, draft);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }

  // From here on a failure leaves everything as it is: the ref may be there, and the next run finishes or cleans up.
  const isOurs = await createTagRef(client, repository, tag, sha);
  const twin = isOurs && (await findTwin(registry, tags, tag, request.manifest.digest));
  if (!isOurs || twin) {
    if (twin) {
      registry.place.log(`${twin} is the same model, registered at the same moment; ${tag} is withdrawn.`);
      await deleteTagRef(client, repository, tag);
    }
    if (draft) await discard(registry, draft);
    return undefined;
  }
  const release =
    draft &&
    (await publishRelease(client, repository, draft.id, {
      tag,
      name: releaseName(registry, version),
      body: withMark(mark, texts.notes),
    }));
  const tagged = await registry.tagged({ name: tag, sha, annotated: true, version: parseVersion(version)! });
  if (!tagged) throw new Error(`the tag ${tag} does not read as it was written`);
  return { ...tagged, ...(release && { release }) };
}

/** What a release is called once it is published. */
export function releaseName(registry: Registry, version: string): string {
  return `${registry.model} ${version}`;
}

/** Holds what GitHub has against what was meant. */
async function verifyAssets(registry: Registry, draft: Release, files: ReleaseFiles, folder: string): Promise<void> {
  const { client, repository } = registry.place;
  const listed = await listAssets(client, repository, draft.id);
  for (const { name, digest } of files.assets) {
    const asset = listed.find((candidate) => candidate.name === name);
    if (!asset?.complete) throw new UserError(`The upload of ${name} is not complete on GitHub: run the job again.`);
    // Servers that compute no digest of their own are read back.
    const found = asset.digest ?? (await downloadAsset(client, repository, asset, join(folder, 'read-back')));
    if (found !== digest)
      throw new UserError(`GitHub has other bytes of ${name} than were sent (${found}, not ${digest}): run the job again.`);
  }
  if (listed.length !== files.assets.length)
    throw new UserError('The draft release has files of somebody else: run the job again.');
}

/** Registry commit and tag object. @returns the tag object's SHA */
async function writeTag(
  registry: Registry,
  request: RegistrationRequest,
  tag: string,
  card: string,
  record: VersionRecord,
): Promise<string> {
  const { client, repository } = registry.place;
  const tagger = { ...BOT_SIGNATURE, date: new Date().toISOString() };
  const folder = registryFolder(registry.model);
  const texts: Record<string, string> = {
    [`${folder}/${BUNDLE_FILES.manifest}`]: `${JSON.stringify(request.manifest, null, 2)}\n`,
    [`${folder}/${BUNDLE_FILES.card}`]: card,
  };
  // DVC compares these two between any two commits, so between any two versions.
  for (const name of [BUNDLE_FILES.metrics, BUNDLE_FILES.params]) {
    if (name in request.manifest.files) texts[`${folder}/${name}`] = await readFile(join(request.directory, name), 'utf8');
  }
  const commit = await createCommit(client, repository, {
    parent: request.source,
    files: texts,
    message: `Register ${tag}\n\n${record.digest}\n`,
    author: tagger,
  });
  return createTagObject(client, repository, { name: tag, message: formatRecord(record), commit, tagger });
}

/**
 * The tag of the same model that another job has made under another number since the tags were read. Whoever sees one
 * withdraws: of two, at least the later one does.
 */
async function findTwin(registry: Registry, before: ModelTags, own: string, digest: string): Promise<string | undefined> {
  const known = new Set([own, ...before.versions.map(({ name }) => name)]);
  for (const ref of (await registry.tags()).versions) {
    if (known.has(ref.name)) continue;
    const tagged = await registry.tagged(ref);
    if (tagged?.record.digest === digest) return ref.name;
  }
  return undefined;
}

/** A draft that stays is no harm: nobody sees it, and a later run removes it. */
async function discard(registry: Registry, draft: Release): Promise<void> {
  const { client, repository, log } = registry.place;
  try {
    await deleteRelease(client, repository, draft.id);
  } catch (error) {
    log(`The draft release "${draft.name}" could not be removed (${messageOf(error)}); a later run will.`);
  }
}
