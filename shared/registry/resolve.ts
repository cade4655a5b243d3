import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BUNDLE_FILES } from '../bundle/files.js';
import { type Bundle, readBundle } from '../bundle/read.js';
import { UserError } from '../core/errors.js';
import { type CandidateSource, candidateOfRun, newestCandidate } from './candidate.js';
import { parseReference } from './reference.js';

/** A model that a reference led to. */
export type ResolvedModel =
  | { readonly kind: 'bundle'; readonly bundle: Bundle; readonly shown: string }
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
  if (reference.kind === 'run') {
    const source = await request.connect();
    if (!source || !request.branch)
      throw new UserError(`Input "${request.input}" is ${JSON.stringify(text)}: runs can only be reached in GitHub Actions.`);
    const { bundle } = await candidateOfRun(source, reference.runId, reference.model ?? request.model, request.branch);
    return { kind: 'bundle', bundle, shown: text };
  }
  const path = resolve(request.directory, reference.path);
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

/**
 * The champion that an input names: `none`, `auto` (the newest trusted candidate of the base branch), or a reference.
 * @returns undefined when there is none: the candidate is then the first model
 */
export async function resolveChampion(text: string, request: ResolveRequest): Promise<ResolvedModel | undefined> {
  if (text === 'none') return undefined;
  if (text !== 'auto') return resolveModel(text, request);
  const source = await request.connect();
  if (!source || !request.branch) return undefined;
  const found = await newestCandidate(source, request.model, request.branch);
  return found && { kind: 'bundle', bundle: found.bundle, shown: request.branch };
}
