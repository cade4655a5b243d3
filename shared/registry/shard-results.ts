import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { sha256OfFile } from '../core/file-digest.js';
import { LARGEST_DOCUMENT, parseShardDocument, type ShardDocument } from '../data/shards/document.js';
import type { ShardResult } from '../data/shards/gather.js';
import { MOST_SHARDS, type Shard } from '../data/shards/shard.js';
import { artifactsOfRun, type ListedArtifact } from '../github/artifact.js';
import type { ArtifactStore } from '../runner/artifacts.js';
import { workDirectory } from '../runner/work-directory.js';
import type { CandidateSource } from './candidate.js';

/** The files of a shard: what it has found, and values that other shards may have too. */
export const SHARD_FILES = { document: 'shard.json', values: 'values.parquet' } as const;

type ShardKind = ShardDocument['kind'];

/** Where the results of shards are, in the folder of the model. */
export function shardFolder(directory: string): string {
  return join(workDirectory(directory), 'shards');
}

/** Artifacts cannot be written again, so that each attempt of a job has its own. */
export function shardArtifact(model: string, kind: ShardKind, { index, count }: Shard, attempt: number): string {
  return `${prefixOf(model, kind)}${index}-of-${count}-a${attempt}`;
}

/** Where a shard leaves its files; what was there of an earlier try is gone. */
export async function emptyFolder(directory: string, artifact: string): Promise<string> {
  const folder = join(shardFolder(directory), artifact);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Leaves what a shard has found for the job that merges, also as an artifact where there are any.
 * @param folder has the values already, where the document names some
 * @returns the file of the document
 */
export async function leaveShard(
  document: ShardDocument,
  folder: string,
  artifact: string,
  artifacts: ArtifactStore,
): Promise<string> {
  const file = join(folder, SHARD_FILES.document);
  await writeFile(file, `${JSON.stringify(document)}\n`);
  const files = [file, ...(document.values ? [join(folder, SHARD_FILES.values)] : [])];
  if (artifacts.available) await artifacts.upload(artifact, files, folder);
  return file;
}

function prefixOf(model: string, kind: ShardKind): string {
  return `${model}-${kind.replace(' ', '-')}-`;
}

/** The largest artifact that is unpacked, in bytes. */
const LARGEST_ARTIFACT = 2 * 1024 ** 3;
const DOWNLOADS_AT_ONCE = 8;

/**
 * What the shards of this run have found.
 * @param local the folder where those of this machine are, which count where GitHub is not at hand
 * @throws UserError for what is no result of a shard
 */
export async function readShardResults(
  model: string,
  kind: ShardKind,
  local: string,
  source: CandidateSource | undefined,
): Promise<readonly ShardResult[]> {
  if (!source || source.ownRunId === undefined) {
    const names = await readdir(local).catch(() => []);
    const folders = newest(
      names.map((name) => ({ name })),
      model,
      kind,
    );
    return Promise.all(folders.map(({ name }) => readShard(join(local, name), name)));
  }
  const all = await artifactsOfRun(source.client, source.repository, source.ownRunId);
  const wanted = newest(
    all.filter(({ expired }) => !expired),
    model,
    kind,
  );
  const results: ShardResult[] = [];
  const rest = wanted.values();
  const worker = async (): Promise<void> => {
    for (const artifact of rest) results.push(await download(source, artifact, local));
  };
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, worker));
  return results;
}

/** Of each shard the result of its last attempt. */
function newest<T extends { readonly name: string }>(all: readonly T[], model: string, kind: ShardKind): T[] {
  const found = new Map<string, { readonly item: T; readonly attempt: number }>();
  for (const item of all) {
    const prefix = prefixOf(model, kind);
    const [, place, attempt] =
      /^(\d{1,3}-of-\d{1,3})-a(\d+)$/.exec(item.name.startsWith(prefix) ? item.name.slice(prefix.length) : '') ?? [];
    if (place === undefined) continue;
    const known = found.get(place);
    if (!known || Number(attempt) > known.attempt) found.set(place, { item, attempt: Number(attempt) });
  }
  // Divisions are few, so that whoever leaves thousands of artifacts costs no thousand downloads.
  return [...found.values()].slice(0, 2 * MOST_SHARDS).map(({ item }) => item);
}

async function download(source: CandidateSource, artifact: ListedArtifact, local: string): Promise<ShardResult> {
  const shown = `Artifact ${artifact.name}`;
  if (artifact.bytes > LARGEST_ARTIFACT)
    throw new UserError(
      `${shown} has ${artifact.bytes} bytes, and a shard's has ${LARGEST_ARTIFACT} at most: use more shards.`,
    );
  const folder = join(local, `${artifact.name}-${artifact.id}`);
  await mkdir(folder, { recursive: true });
  await source.artifacts.download(artifact, folder, source.token);
  return readShard(folder, shown);
}

async function readShard(folder: string, shown: string): Promise<ShardResult> {
  const file = join(folder, SHARD_FILES.document);
  const size = (await stat(file).catch(() => undefined))?.size;
  if (size === undefined) throw new UserError(`${shown} has no ${SHARD_FILES.document}: run the job of this shard again.`);
  if (size > LARGEST_DOCUMENT)
    throw new UserError(`${shown} has a ${SHARD_FILES.document} of more than ${LARGEST_DOCUMENT} bytes.`);
  const document = parseShardDocument(await readFile(file), shown);
  if (!document.values) return { document, shown };
  const values = join(folder, SHARD_FILES.values);
  const digest = await sha256OfFile(values).catch(() => undefined);
  if (digest !== document.values.sha256)
    throw new UserError(
      `${shown} has no ${SHARD_FILES.values}, or another one than its result names: run the job of this shard again.`,
    );
  return { document, shown, values };
}
