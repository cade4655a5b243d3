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
import { momentAfter } from './moment.js';
import { formatRecord, type VersionRecord } from './record.js';
import { recover } from './recover.js';
import type { ModelTags, RegisteredVersion, Registry, TaggedVersion } from './registry.js';
import { type ModelTexts, type ReleaseFiles, writeReleaseFiles } from './release-files.js';
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
  readonly texts: ModelTexts;
  /** Markdown of the release. */
  readonly notes: (version: string) => string;
}

export interface Registration {
  readonly version: RegisteredVersion;
  /** False when the same model was a version before. */
  readonly created: boolean;
  /** In words, why it has this number; empty when it had one before. */
  readonly why: string;
}

/** What of a registration does not depend on the number that it gets. */
interface Prepared {
  readonly commit: string;
  readonly draft?: { readonly release: Release; readonly sums: string };
}

/** So many others may be first before something is wrong. */
const TRIES = 50;
/** So often is looked whether a job that registers the same model has finished, about a second apart. */
const PATIENCE = 30;

/**
 * Registers a model as a new version, or finds the version that it is. Any number of jobs may do so at once, and any of
 * them may die anywhere: a version is visible only when its tag and its published release are both there, the tag's ref is
 * created once and by one, and what a dead job has left is finished or removed by the next.
 * @throws UserError when GitHub refuses, or the wanted number is taken
 */
export async function registerVersion(registry: Registry, request: RegistrationRequest): Promise<Registration> {
  let prepared: Prepared | undefined;
  let mayBeNamed = false;
  try {
    for (let tried = 0, looked = 0, how: Parameters<typeof recover>[4] = 'clean'; tried < TRIES; how = 'look') {
      const tags = await registry.tags('versions');
      if (looked >= PATIENCE) how = 'insist';
      const found = await recover(registry, tags, request.manifest.digest, request.run, how);
      if (found.existing) return { version: found.existing, created: found.finished, why: '' };
      if (found.underway !== undefined) {
        if (looked++ === 0)
          registry.place.log(`${found.underway} is the same model, and another job is at it; waiting for that.`);
        await setTimeout(500 + randomInt(1000));
        continue;
      }
      const { version: number, why } = await chooseVersion(registry, tags, request.manifest, request.version, found.published);
      const version = formatVersion(number);
      if (!prepared) {
        // That takes a while, in which others may have come first: the number is chosen anew.
        prepared = await prepare(registry, request, version);
        continue;
      }
      const started = performance.now();
      // From here on the ref may be there, so a failure leaves the draft to the next run, which finishes or removes it.
      mayBeNamed = true;
      const tagged = await claim(registry, request, prepared, tags, version, why);
      if (tagged) return { version: await publish(registry, request, prepared, tagged), created: true, why };
      mayBeNamed = false;
      registry.place.log(`${versionTag(registry.model, version)} was taken by another job; looking again.`);
      // Those who are at it as well would otherwise meet again and again, and use up the requests that an hour has.
      const turn = 1.5 * (performance.now() - started);
      await setTimeout(randomInt(Math.ceil(turn * Math.max(++tried, found.going))));
    }
    throw new UserError(`${TRIES} times another job took the next version of ${registry.model} first: run this job again.`);
  } finally {
    if (prepared?.draft && !mayBeNamed) await discard(registry, prepared.draft.release);
    await rm(request.workDirectory, { recursive: true, force: true });
  }
}

/** Draft, assets, and the registry commit. */
async function prepare(registry: Registry, request: RegistrationRequest, version: string): Promise<Prepared> {
  const { client, repository } = registry.place;
  if (request.storage.kind === 'artifact') return { commit: await writeCommit(registry, request) };
  const { directory, manifest, texts } = request;
  const files = await writeReleaseFiles(request.workDirectory, directory, manifest, texts, request.publish);
  const release = await createDraft(client, repository, {
    tag: versionTag(registry.model, version),
    name: `${registry.model} (being registered, ${randomUUID()})`,
    body: releaseBody(registry, request, version),
  });
  try {
    for (const asset of files.assets) await uploadAsset(client, repository, release, asset);
    await verifyAssets(registry, release, files, request.workDirectory);
    return { commit: await writeCommit(registry, request), draft: { release, sums: files.sums } };
  } catch (error) {
    // Nothing names the draft yet, so it is nobody's.
    await discard(registry, release);
    throw error;
  }
}

/** Makes the tag. @returns undefined when another was first */
async function claim(
  registry: Registry,
  request: RegistrationRequest,
  { commit, draft }: Prepared,
  tags: ModelTags,
  version: string,
  reason: string,
): Promise<TaggedVersion | undefined> {
  const { client, repository, log } = registry.place;
  const tag = versionTag(registry.model, version);
  const { digest } = request.manifest;
  const common = {
    ...{ version, digest, commit: request.source, actor: request.actor },
    ...(request.run && { run: request.run.id }),
    ...{ reason, id: randomUUID() },
  };
  const { storage } = request;
  const record: VersionRecord =
    storage.kind === 'artifact'
      ? { ...common, storage: 'artifact', candidate: storage.run }
      : { ...common, storage: 'release', release: draft!.release.id, sums: draft!.sums };
  const [highest] = tags.versions;
  const last = highest && (await registry.tagged(highest));
  const taggedAt = momentAfter(last ? [last.taggedAt] : []);
  const tagger = { ...BOT_SIGNATURE, date: taggedAt };
  const sha = await createTagObject(client, repository, { name: tag, message: formatRecord(record), commit, tagger });
  if (!(await createTagRef(client, repository, tag, sha))) return undefined;
  const twin = await findTwin(registry, tags, tag, digest);
  if (twin === undefined)
    return { ref: { name: tag, sha, annotated: true, version: parseVersion(version)! }, tag, commit, taggedAt, record };
  log(`${twin} is the same model, registered at the same moment; ${tag} is withdrawn.`);
  await deleteTagRef(client, repository, tag);
  return undefined;
}

/** Makes the version visible. */
async function publish(
  registry: Registry,
  request: RegistrationRequest,
  { draft }: Prepared,
  tagged: TaggedVersion,
): Promise<RegisteredVersion> {
  if (!draft) return tagged;
  const { client, repository } = registry.place;
  const { version } = tagged.record;
  const text = { tag: tagged.tag, name: `${registry.model} ${version}`, body: releaseBody(registry, request, version) };
  return { ...tagged, release: await publishRelease(client, repository, draft.release.id, text) };
}

function releaseBody(registry: Registry, { manifest, run, notes }: RegistrationRequest, version: string): string {
  const mark: ReleaseMark = { model: registry.model, version, digest: manifest.digest, run: run?.id, attempt: run?.attempt };
  return withMark(mark, notes(version));
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

/** A commit that says what the model is. It names no version, so that it serves whatever number the model gets. */
async function writeCommit(registry: Registry, { directory, manifest, source, texts }: RegistrationRequest): Promise<string> {
  const { client, repository } = registry.place;
  const folder = registryFolder(registry.model);
  const files: Record<string, string> = {
    [`${folder}/${BUNDLE_FILES.manifest}`]: `${JSON.stringify(manifest, null, 2)}\n`,
    [`${folder}/${BUNDLE_FILES.card}`]: texts.card,
  };
  // DVC compares these two between any two commits, so between any two versions.
  for (const name of [BUNDLE_FILES.metrics, BUNDLE_FILES.params]) {
    if (name in manifest.files) files[`${folder}/${name}`] = await readFile(join(directory, name), 'utf8');
  }
  return createCommit(client, repository, {
    parent: source,
    files,
    message: `Register ${registry.model}\n\n${manifest.digest}\n`,
    author: { ...BOT_SIGNATURE, date: new Date().toISOString() },
  });
}

/**
 * The tag of the same model that another job has made under another number since the tags were read. Whoever sees one
 * withdraws: of two, at least the later one does.
 */
async function findTwin(registry: Registry, before: ModelTags, own: string, digest: string): Promise<string | undefined> {
  const known = new Set([own, ...before.versions.map(({ name }) => name)]);
  for (const ref of (await registry.tags('versions')).versions) {
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
