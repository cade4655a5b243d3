import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { candidateArtifact } from '../bundle/files.js';
import { unpackBundle } from '../bundle/pack.js';
import { type Bundle, readBundle } from '../bundle/read.js';
import { UserError } from '../core/errors.js';
import { artifactsOfRun } from '../github/artifact.js';
import { downloadAsset } from '../github/release.js';
import type { CandidateSource } from './candidate.js';
import type { RegisteredVersion } from './registry.js';
import { bundleAsset, parseSums, SUMS_FILE } from './release-files.js';

const LARGEST_SUMS_BYTES = 1024 * 1024;

/** A version's bundle, and the archive that it came in where it was one. */
export interface FetchedVersion extends Bundle {
  readonly archive?: {
    readonly file: string;
    /** `sha256:<hex>` of its bytes, which SHA256SUMS names. */
    readonly digest: string;
  };
}

/**
 * Downloads a version's bundle and verifies it from the tag down: the tag names the digest of SHA256SUMS, that the
 * archive's, its manifest every file's; and the model's digest is the one that the tag names.
 * @throws UserError when anything is missing, has been changed or has expired
 */
export async function fetchVersion(
  source: CandidateSource,
  model: string,
  version: RegisteredVersion,
): Promise<FetchedVersion> {
  const directory = join(source.directory, `${model}-${version.record.version}`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const archive =
    version.record.storage === 'release'
      ? await fromRelease(source, model, version, directory)
      : await fromArtifact(source, model, version, directory);
  const bundle = await readBundle(join(directory, 'bundle'), version.tag);
  const { digest } = version.record;
  if (bundle.manifest.digest !== digest || bundle.manifest.name !== model)
    throw new UserError(
      `${version.tag} names the model ${digest}, but its bundle holds ${bundle.manifest.name} ${bundle.manifest.digest}: ` +
        'it has been changed, and is not used.',
    );
  return { ...bundle, ...(archive && { archive }) };
}

async function fromRelease(
  { client, repository }: CandidateSource,
  model: string,
  { tag, record, release }: RegisteredVersion,
  directory: string,
): Promise<{ readonly file: string; readonly digest: string }> {
  if (record.storage !== 'release' || !release) throw new Error(`${tag} is in no release`);
  const load = async (name: string, limit?: number): Promise<{ file: string; digest: string }> => {
    const asset = release.assets.find((candidate) => candidate.name === name);
    if (!asset?.complete)
      throw new UserError(`The release of ${tag} has no ${name}: it has been removed, and the version is not used.`);
    const file = join(directory, name);
    return { file, digest: await downloadAsset(client, repository, asset, file, limit) };
  };
  const sums = await load(SUMS_FILE, LARGEST_SUMS_BYTES);
  if (sums.digest !== record.sums) throw changed(tag, SUMS_FILE, sums.digest, record.sums);
  const name = bundleAsset(model);
  const expected = parseSums(await readFile(sums.file, 'utf8')).get(name);
  if (expected === undefined) throw new UserError(`${SUMS_FILE} of ${tag} does not name ${name}: the version is not used.`);
  const archive = await load(name);
  if (archive.digest !== expected) throw changed(tag, name, archive.digest, expected);
  await unpackBundle(archive.file, join(directory, 'bundle'), `${name} of ${tag}`);
  return archive;
}

async function fromArtifact(
  source: CandidateSource,
  model: string,
  { tag, record }: RegisteredVersion,
  directory: string,
): Promise<undefined> {
  if (record.storage !== 'artifact') throw new Error(`${tag} is in no artifact`);
  const name = candidateArtifact(model);
  const listed = await artifactsOfRun(source.client, source.repository, record.candidate);
  const artifact = listed.find((candidate) => candidate.name === name);
  if (!artifact || artifact.expired)
    throw new UserError(
      `${tag} is kept as the artifact of run ${record.candidate}, which ${artifact ? 'has expired' : 'is gone'}: artifacts are kept ` +
        'for a limited time. Train again, and use "storage: release" for versions that last.',
    );
  if (artifact.headRepositoryId !== artifact.repositoryId)
    throw new UserError(`${tag} names run ${record.candidate}, which belongs to a fork: it is not used.`);
  await source.artifacts.download(artifact, join(directory, 'bundle'), source.token);
}

function changed(tag: string, name: string, found: string, expected: string): UserError {
  return new UserError(
    `${name} of ${tag} has been changed since it was registered (${found}, not ${expected}): the version is not used.`,
  );
}
