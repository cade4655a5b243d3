import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BUNDLE_FILES } from '../bundle/files.js';
import { type Bundle, readBundle } from '../bundle/read.js';
import { UserError } from '../core/errors.js';
import { type CandidateSource, candidateOfRun, newestCandidate } from './candidate.js';
import { fetchVersion } from './fetch.js';
import { type ModelReference, parseReference } from './reference.js';
import { type ModelTags, type RegisteredVersion, Registry } from './registry.js';
import { CHAMPION_STAGE } from './standing.js';
import { formatVersion } from './version.js';

/** A model that a reference led to. */
export type ResolvedModel =
  | {
      readonly kind: 'bundle';
      readonly bundle: Bundle;
      readonly shown: string;
      /** Of a registered model. */
      readonly version?: string;
    }
  /** A graph made elsewhere, about whose training nothing is known. */
  | { readonly kind: 'onnx'; readonly file: string; readonly shown: string };

export interface ResolveRequest {
  /** The action's input that holds the reference, for messages. */
  readonly input: string;
  /** The model's name in the spec. */
  readonly model: string;
  /** Paths are relative to it. */
  readonly directory: string;
  /** The branch whose runs are trusted. */
  readonly branch: string | undefined;
  /** Makes the connection to GitHub when the reference needs one; undefined outside of GitHub Actions. */
  readonly connect: () => Promise<CandidateSource | undefined>;
}

/** Resolves a reference to a model; bundles are verified. @throws UserError when there is no such model */
export async function resolveModel(text: string, request: ResolveRequest): Promise<ResolvedModel> {
  const reference = parseReference(text, request.input);
  if (reference.kind === 'path') return resolvePath(text, reference.path, request);
  const source = await request.connect();
  if (!source)
    throw new UserError(
      `Input "${request.input}" is ${JSON.stringify(text)}: ${reference.kind === 'run' ? 'runs' : 'versions and stages'} can only be ` +
        'reached in GitHub Actions, with a "github-token".',
    );
  if (reference.kind === 'run') {
    if (!request.branch)
      throw new UserError(
        `Input "${request.input}" is ${JSON.stringify(text)}: a run is trusted by its branch, and this run is of a tag, so of none.`,
      );
    const { bundle } = await candidateOfRun(source, reference.runId, reference.model ?? request.model, request.branch);
    return { kind: 'bundle', bundle, shown: text };
  }
  const version = await resolveVersion(new Registry(source, reference.model), reference);
  return {
    kind: 'bundle',
    bundle: await fetchVersion(source, reference.model, version),
    shown: text,
    version: version.record.version,
  };
}

/** The version that a reference means. @throws UserError when there is none; it names those that there are */
export async function resolveVersion(
  registry: Registry,
  reference: Extract<ModelReference, { kind: 'version' | 'stage' }>,
): Promise<RegisteredVersion> {
  const { model } = registry;
  const tags = await registry.tags();
  if (reference.kind === 'stage') {
    const { stage } = reference;
    const found = await registry.atStage(stage, tags);
    if (found?.version) return found.version;
    if (found)
      throw new UserError(
        `${model}#${stage} is ${found.assignment.record.version}, whose release is gone: promote another version.`,
      );
    const given = [...new Set(tags.stages.map((ref) => ref.stage))].sort();
    throw new UserError(
      `No version of ${model} has the stage ${stage}${given.length > 0 ? `; stages that were given: ${given.join(', ')}` : ''}. ` +
        '"promote" gives one.',
    );
  }
  const { version } = reference;
  const found = version === 'latest' ? await registry.latest(tags) : await registry.version(version, tags);
  if (found) return found;
  throw new UserError(
    version === 'latest' || tags.versions.length === 0
      ? `${model} has no version yet in this repository: "register" makes the first one.`
      : `${model} has no version ${formatVersion(version)}; there are: ${listed(tags)}.`,
  );
}

/**
 * The champion that an input names: `none`, `auto`, or a reference. `auto` is the version in production, else the latest
 * version, else the newest trusted candidate of the base branch.
 * @returns undefined when there is none: the candidate is then the first model
 */
export async function resolveChampion(text: string, request: ResolveRequest): Promise<ResolvedModel | undefined> {
  if (text === 'none') return undefined;
  if (text !== 'auto') return resolveModel(text, request);
  const source = await request.connect();
  if (!source) return undefined;
  const registry = new Registry(source, request.model);
  const tags = await registry.tags();
  const live = await registry.atStage(CHAMPION_STAGE, tags);
  const version = live?.version ?? (await registry.latest(tags));
  if (version) {
    const shown = live?.version ? `${request.model}#${CHAMPION_STAGE}` : version.tag;
    const bundle = await fetchVersion(source, request.model, version);
    return { kind: 'bundle', bundle, shown, version: version.record.version };
  }
  if (!request.branch) return undefined;
  const found = await newestCandidate(source, request.model, request.branch);
  return found && { kind: 'bundle', bundle: found.bundle, shown: request.branch };
}

async function resolvePath(text: string, given: string, request: ResolveRequest): Promise<ResolvedModel> {
  const path = resolve(request.directory, given);
  if (!existsSync(path))
    throw new UserError(
      `Input "${request.input}" is ${JSON.stringify(text)}: there is no such file or folder in ${request.directory}. ` +
        'A bundle is what "train" writes; an earlier step may have another "output" or working directory.',
    );
  if ((await stat(path)).isDirectory()) return { kind: 'bundle', bundle: await readBundle(path, text), shown: text };
  if (path.endsWith('.onnx')) return { kind: 'onnx', file: path, shown: text };
  throw new UserError(
    `Input "${request.input}" is ${JSON.stringify(text)}: a file that is neither an .onnx model nor a bundle (a folder with ${BUNDLE_FILES.manifest}).`,
  );
}

function listed({ versions }: ModelTags): string {
  const names = versions.map(({ version }) => formatVersion(version));
  return names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
}
