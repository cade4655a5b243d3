import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Fingerprint } from '../../shared/bundle/manifest.js';
import { UserError } from '../../shared/core/errors.js';
import { sha256OfFile } from '../../shared/core/file-digest.js';
import { canonicalJson, type Json, sha256 } from '../../shared/core/json.js';
import { toolVersion } from '../../shared/core/version.js';
import { expandPattern } from '../../shared/data/glob.js';
import { resolveSources } from '../../shared/data/sources.js';
import type { SplitRule } from '../../shared/data/split-rule.js';
import { chosenMetrics } from '../../shared/spec/chosen-metrics.js';
import type { LoadedSpec } from '../../shared/spec/load.js';

export interface FingerprintPlace {
  readonly directory: string;
  readonly workspace: string;
  /** Files or globs that take the place of `data.path`. */
  readonly data: readonly string[];
  readonly window: string | undefined;
}

/**
 * Everything that a training depends on, by part, so that it can be said which of them changed: bytes of the data files,
 * sections of the spec, files of the command, version of this tool. Equal digests mean an equal model, but for what a
 * command reads beside `train.inputs`.
 * @returns undefined for a command that names no inputs: then nobody knows when it has changed
 * @throws UserError for data files that cannot be, and inputs that match nothing or lie outside of the workspace
 */
export async function fingerprintOf(loaded: LoadedSpec, place: FingerprintPlace): Promise<Fingerprint | undefined> {
  const { spec, locate } = loaded;
  const { command, inputs, cache: _cache, timeout: _timeout, ...train } = spec.train;
  if (command !== undefined && (inputs ?? []).length === 0) return undefined;
  const { path, ...data } = spec.data;
  const given = place.data.length > 0;
  const files = resolveSources(
    given ? place.data : [path].flat(),
    place.directory,
    locate(['data', 'path']),
    given ? undefined : place.workspace,
  );
  const parts: Record<string, Json> = {
    'the data': await Promise.all(files.map(({ path: file }) => sha256OfFile(file))),
    'data (key, time, weight, where)': data as unknown as Json,
    target: spec.target as unknown as Json,
    split: spec.split as unknown as Json,
    features: spec.features as unknown as Json,
    train: { ...train, ...(command !== undefined && { command }) } as unknown as Json,
    'the files of train.inputs': await inputDigests(loaded, place),
    'the metrics': [...chosenMetrics(spec)],
    'monitor.block': spec.monitor?.block ?? null,
    seed: spec.seed,
    'name and task': [spec.name, spec.task],
    'the window': place.window ?? null,
    'the version of mlops-actions': await toolIdentity(),
  };
  const digests = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, short(sha256(canonicalJson(value)))]));
  return { digest: sha256(canonicalJson(digests)), parts: digests };
}

/** The parts that differ, in the order in which they are listed; undefined when the other says nothing of its parts. */
export function changedParts(now: Fingerprint, before: Fingerprint | undefined): readonly string[] | undefined {
  if (!before) return undefined;
  return Object.keys(now.parts).filter((name) => now.parts[name] !== before.parts[name]);
}

/** Names a split rule in keys; `fresh` where there is none to keep. */
export function ruleName(rule: SplitRule | undefined): string {
  return rule ? short(sha256(canonicalJson(rule as unknown as Json))) : 'fresh';
}

const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 16);

async function inputDigests({ spec, locate }: LoadedSpec, { directory, workspace }: FingerprintPlace): Promise<Json> {
  const found = new Map<string, string>();
  const root = await realpath(workspace);
  for (const [index, pattern] of (spec.train.inputs ?? []).entries()) {
    const location = locate(['train', 'inputs', index]);
    const matches = expandPattern(resolve(directory, pattern));
    if (matches.length === 0)
      throw new UserError({ message: `train.inputs: no file matches ${pattern} in ${directory}`, location });
    for (const file of matches) {
      const way = relative(root, await realpath(file));
      if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
        throw new UserError({ message: `train.inputs: ${pattern} leads out of the workspace ${workspace}`, location });
      found.set(relative(directory, file).split(sep).join('/'), await sha256OfFile(file));
    }
  }
  return Object.fromEntries(found);
}

/** The bundles name each other by their content, so that the one which runs stands for all; their version alone may lag behind. */
async function toolIdentity(): Promise<string> {
  const [, program] = process.argv;
  const version = toolVersion();
  return version === 'dev' || program === undefined || !existsSync(program)
    ? version
    : `${version} ${sha256(await readFile(program))}`;
}
