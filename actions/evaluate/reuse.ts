import { basename, resolve } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import { sha256OfFile } from '../../shared/core/file-digest.js';
import { type Fingerprint, fingerprintOfParts } from '../../shared/core/fingerprint.js';
import type { Json } from '../../shared/core/json.js';
import { toolIdentity } from '../../shared/core/version.js';
import { sourceDigests } from '../../shared/data/source-digests.js';
import type { ModelSummary } from '../../shared/evaluation/comparison.js';
import type { Evaluation } from '../../shared/evaluation/evaluation.js';
import { summarizeModel } from '../../shared/evaluation/summary.js';
import type { ResolvedModel } from '../../shared/registry/resolve.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import { findKept, type KeepingPlace, keep, wordsOf } from '../../shared/runner/kept-results.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { rowParts } from '../../shared/spec/row-parts.js';

/** A model, or a file with what one says of the held-out rows. */
export type Evaluated = ResolvedModel | { readonly kind: 'predictions'; readonly path: string };

interface Place {
  readonly loaded: LoadedSpec;
  readonly directory: string;
  /** Files or globs that take the place of `data.path`. */
  readonly data: readonly string[];
  readonly environment: RunEnvironment;
}

/** The evaluation of before, where there is one of just this. */
export interface EvaluationReuse {
  readonly evaluation?: Evaluation;
  /** Where it comes from, or what has changed since the last one; empty where nothing is known. */
  readonly words: string;
  /** Leaves a new one for the next run. */
  keep(evaluation: Evaluation): Promise<void>;
}

/** @returns undefined where it cannot be known what an evaluation depends on */
export async function findEvaluation(model: Evaluated, place: Place): Promise<EvaluationReuse | undefined> {
  const fingerprint = await fingerprintOf(model, place);
  if (!fingerprint) return undefined;
  const keeping: KeepingPlace = {
    kind: 'evaluation',
    model: place.loaded.spec.name,
    directory: place.directory,
    environment: place.environment,
  };
  const search = await findKept(fingerprint, keeping);
  const evaluation = search.kept && ofNow(search.kept.document, model, place);
  const times = evaluation?.candidate.latency ? ' The latency and the memory are those of then.' : '';
  return {
    ...(evaluation && { evaluation }),
    words: wordsOf(search, evaluation !== undefined, 'evaluated') + times,
    async keep(made) {
      if (isSettled(made)) await keep(fingerprint, keeping, made);
    },
  };
}

/** Everything that an evaluation depends on, by part. */
async function fingerprintOf(model: Evaluated, place: Place): Promise<Fingerprint | undefined> {
  const { spec } = place.loaded;
  // A program may read whatever it likes.
  if (Object.values(spec.evaluate.custom ?? {}).some(({ command }) => command !== undefined)) return undefined;
  const identity = await identityOf(model, place.directory);
  if (identity === undefined) return undefined;
  return fingerprintOfParts({
    'the model': identity,
    'the data': await sourceDigests(place.loaded, { ...place, workspace: place.environment.workspace }),
    ...rowParts(spec),
    evaluate: spec.evaluate as unknown as Json,
    gates: [spec.gates, spec.gates_inconclusive],
    seed: spec.seed,
    'name and task': [spec.name, spec.task],
    'the version of mlops-actions': [await toolIdentity(), process.platform, process.arch],
  });
}

/** What is run, and how it decides; not who made it when. */
async function identityOf(model: Evaluated, directory: string): Promise<Json | undefined> {
  if (model.kind === 'bundle') {
    const { digest, threshold, task, classes, target, split, files } = model.bundle.manifest;
    const { commit: _commit, runUrl: _url, ...summary } = summaryOf(model);
    const content = [BUNDLE_FILES.model, BUNDLE_FILES.predictions].map((file) => files[file]?.sha256 ?? null);
    return { digest, threshold, task, classes, target, split, summary, content } as unknown as Json;
  }
  const file = model.kind === 'onnx' ? model.file : resolve(directory, model.path);
  // What is wrong with the file is told by who reads it.
  const digest = await sha256OfFile(file).catch(() => undefined);
  return digest && [model.kind, basename(file), digest];
}

function summaryOf({ bundle }: Extract<Evaluated, { kind: 'bundle' }>) {
  return summarizeModel(bundle.manifest, { importance: bundle.importance });
}

/** A kept evaluation with what is of this run: the commit, and the places of the gates. */
function ofNow(document: unknown, model: Evaluated, { loaded, environment }: Place): Evaluation | undefined {
  const kept = document as Evaluation;
  if (kept?.format !== 1 || kept.kind !== 'evaluation' || kept.model !== loaded.spec.name) return undefined;
  const { commit: _commit, candidate, gates, ...same } = kept;
  return {
    ...same,
    candidate: model.kind === 'bundle' ? { ...summaryOf(model), ...costOf(candidate) } : candidate,
    gates: gates.map(({ line: _line, ...gate }, index) => {
      const { line } = loaded.locate(['gates', index]);
      return { ...gate, ...(line !== undefined && { line }) };
    }),
    ...(environment.headSha !== undefined && { commit: environment.headSha }),
  };
}

function costOf({ latency, memoryBytes }: ModelSummary): Pick<ModelSummary, 'latency' | 'memoryBytes'> {
  return { ...(latency && { latency }), ...(memoryBytes !== undefined && { memoryBytes }) };
}

/** Times and memory are those of a machine and a moment: an evaluation that fails by them is made again, else no second try could ever pass. */
function isSettled({ gates }: Evaluation): boolean {
  return gates.every(({ metric, outcome }) => !/^(latency|memory)_/.test(metric) || outcome === 'pass');
}
