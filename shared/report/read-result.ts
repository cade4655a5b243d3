import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import type { ListedArtifact } from '../github/artifact.js';
import type { ArtifactStore } from '../runner/artifacts.js';
import { readSmallZip } from '../runner/zip.js';
import { LARGEST_RESULT_BYTES, parseResult, type Result } from './result.js';

/** A finished result by the words that a user writes. */
export type ResultReference =
  | { readonly kind: 'path'; readonly path: string }
  /** Without `artifact`: the results that the run has. */
  | { readonly kind: 'run'; readonly runId: number; readonly artifact?: string };

/**
 * Reads `run:123`, `run:123/<artifact>`, or a path.
 * @param input the action's input that it comes from, for messages
 */
export function parseResultReference(text: string, input: string): ResultReference {
  if (!text.startsWith('run:')) return { kind: 'path', path: text };
  const match = /^run:(\d{1,15})(?:\/([^/\\:*?"<>|\r\n]{1,255}))?$/.exec(text);
  if (!match)
    throw new UserError(
      `Input "${input}" is ${JSON.stringify(text)}; accepted: the path of a result, run:<run-id>, or run:<run-id>/<artifact>, where ` +
        'the artifact is the output "artifact" of compare or validate.',
    );
  return { kind: 'run', runId: Number(match[1]), ...(match[2] && { artifact: match[2] }) };
}

/** What `compare` and `validate` call their artifacts. */
const RESULT_NAME = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-(?:comparison-[0-9a-f]{8}|validation)$/;

/** The model whose result an artifact's name promises; undefined when it is no result's name. */
function modelOf(name: string): string | undefined {
  return RESULT_NAME.exec(name)?.[1];
}

/**
 * The artifacts of a run that a reference means: the one that it names, or the newest result of each model, which may be none.
 * Only names are looked at.
 * @throws UserError when the named one is not there, or one has expired
 */
export function resultArtifacts(
  reference: Extract<ResultReference, { kind: 'run' }>,
  listed: readonly ListedArtifact[],
): readonly ListedArtifact[] {
  const { runId, artifact: name } = reference;
  const newest = new Map<string, ListedArtifact>();
  for (const artifact of [...listed].sort((a, b) => b.id - a.id)) {
    const key = name === undefined ? modelOf(artifact.name) : artifact.name === name ? name : undefined;
    if (key !== undefined && !newest.has(key)) newest.set(key, artifact);
  }
  const found = [...newest.values()];
  if (found.length === 0 && name !== undefined)
    throw new UserError(`Run ${runId} has no artifact ${JSON.stringify(name)}; its artifacts are: ${listedNames(listed)}.`);
  const expired = found.find((artifact) => artifact.expired);
  if (expired)
    throw new UserError(
      `Artifact ${JSON.stringify(expired.name)} of run ${runId} has expired (artifacts are kept for a limited time): run the job that made it again.`,
    );
  return found;
}

/** For messages. */
export function listedNames(listed: readonly ListedArtifact[]): string {
  const names = [...new Set(listed.map(({ name }) => name))];
  return names.length === 0 ? 'none' : names.length > 10 ? `${names.slice(0, 10).join(', ')}, ...` : names.join(', ');
}

/** More than a result and its neighbours is no result's artifact. */
const MOST_FILES = 10;

/**
 * Reads the result that an artifact carries. Anybody may have written it, so nothing is unpacked to a disk, and what has not
 * exactly the form of a result is refused.
 * @param folder for the download, which is removed again; default the system's
 */
export async function readResultArtifact(
  artifact: ListedArtifact,
  {
    artifacts,
    token,
    folder,
  }: { readonly artifacts: ArtifactStore; readonly token: string; readonly folder?: string | undefined },
): Promise<Result> {
  const shown = `Artifact ${JSON.stringify(artifact.name)} of run ${artifact.runId}`;
  const tooLarge = (bytes: number): UserError =>
    new UserError(`${shown} has ${bytes} bytes; a result has at most ${LARGEST_RESULT_BYTES}.`);
  if (artifact.bytes > LARGEST_RESULT_BYTES) throw tooLarge(artifact.bytes);
  const directory = await mkdtemp(join(folder ?? tmpdir(), 'mlops-actions-result-'));
  try {
    await artifacts.download(artifact, directory, token, { packed: true });
    const [name] = await readdir(directory);
    if (name === undefined) throw new Error(`the download of ${artifact.name} left nothing`);
    const zip = join(directory, name);
    const { size } = await stat(zip);
    if (size > LARGEST_RESULT_BYTES) throw tooLarge(size);
    const files = await readSmallZip(await readFile(zip), shown, { files: MOST_FILES, bytes: LARGEST_RESULT_BYTES });
    const documents = [...files].filter(([file]) => file.endsWith('.json'));
    if (documents.length !== 1) throw new UserError(`${shown} holds ${documents.length} JSON files; a result is one.`);
    const result = parseResult(documents[0]![1].toString('utf8'));
    const model = modelOf(artifact.name);
    if (model !== undefined && model !== result.model)
      throw new UserError(`${shown} holds a result of another model, ${JSON.stringify(result.model.slice(0, 100))}.`);
    return result;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Reads a result file of this machine. @param input the action's input that names it, for messages */
export async function readResultFile(file: string, shown: string, input: string): Promise<Result> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new UserError(`Input "${input}": there is no file ${JSON.stringify(shown)}.`);
  if (found.size > LARGEST_RESULT_BYTES)
    throw new UserError(
      `Input "${input}": ${JSON.stringify(shown)} has ${found.size} bytes; a result has at most ${LARGEST_RESULT_BYTES}.`,
    );
  return parseResult(await readFile(file, 'utf8'));
}
