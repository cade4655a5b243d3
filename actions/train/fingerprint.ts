import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Fingerprint } from '../../shared/bundle/manifest.js';
import { UserError } from '../../shared/core/errors.js';
import { sha256OfFile } from '../../shared/core/file-digest.js';
import { fingerprintOfParts, shortDigest } from '../../shared/core/fingerprint.js';
import type { Json } from '../../shared/core/json.js';
import { toolIdentity } from '../../shared/core/version.js';
import { expandPattern } from '../../shared/data/glob.js';
import { type SourcePlace, sourceDigests } from '../../shared/data/source-digests.js';
import type { SplitRule } from '../../shared/data/split-rule.js';
import { chosenMetrics } from '../../shared/spec/chosen-metrics.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { rowParts } from '../../shared/spec/row-parts.js';

export interface FingerprintPlace extends SourcePlace {
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
  const { spec } = loaded;
  const { command, inputs, cache: _cache, timeout: _timeout, ...train } = spec.train;
  if (command !== undefined && (inputs ?? []).length === 0) return undefined;
  const parts: Record<string, Json> = {
    'the data': await sourceDigests(loaded, place),
    ...rowParts(spec),
    train: { ...train, ...(command !== undefined && { command }) } as unknown as Json,
    'the files of train.inputs': await inputDigests(loaded, place),
    'the metrics': [...chosenMetrics(spec)],
    'monitor.block': spec.monitor?.block ?? null,
    seed: spec.seed,
    'name and task': [spec.name, spec.task],
    'the window': place.window ?? null,
    'the version of mlops-actions': await toolIdentity(),
  };
  return fingerprintOfParts(parts);
}

/** Names a split rule in keys; `fresh` where there is none to keep. */
export function ruleName(rule: SplitRule | undefined): string {
  return rule ? shortDigest(rule as unknown as Json) : 'fresh';
}

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
