import { fingerprintOfParts } from '../../shared/core/fingerprint.js';
import { toolIdentity } from '../../shared/core/version.js';
import type { ProfileDocument } from '../../shared/data/profile/result.js';
import { sourceDigests, sourceNames } from '../../shared/data/source-digests.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import { findKept, type KeepingPlace, keep, wordsOf } from '../../shared/runner/kept-results.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { rowParts } from '../../shared/spec/row-parts.js';

/** What a profile leaves. */
export interface Explored {
  readonly profile: ProfileDocument;
  /** The text of the suggested contract, where one was asked for. */
  readonly contract?: string;
}

/** The profile of before, where there is one of just this. */
export interface ProfileReuse {
  readonly explored?: Explored;
  /** Where it comes from, or what has changed since the last one; empty where nothing is known. */
  readonly words: string;
  /** Leaves a new one for the next run. */
  keep(explored: Explored): Promise<void>;
}

export async function findProfile(
  loaded: LoadedSpec,
  place: {
    readonly directory: string;
    /** Files or globs that take the place of `data.path`. */
    readonly data: readonly string[];
    readonly suggest: boolean;
    readonly environment: RunEnvironment;
  },
): Promise<ProfileReuse> {
  const { spec } = loaded;
  const { directory, data, suggest, environment } = place;
  const source = { directory, data, workspace: environment.workspace };
  const fingerprint = fingerprintOfParts({
    'the data': await sourceDigests(loaded, source),
    'the names of its files': sourceNames(loaded, source),
    ...rowParts(spec),
    seed: spec.seed,
    'name and task': [spec.name, spec.task],
    suggest,
    'the version of mlops-actions': [await toolIdentity(), process.platform, process.arch],
  });
  const keeping: KeepingPlace = { kind: 'profile', model: spec.name, directory, environment };
  const search = await findKept(fingerprint, keeping);
  const explored = search.kept && ofNow(search.kept.document, spec.name, environment);
  return {
    ...(explored && { explored }),
    words: wordsOf(search, explored !== undefined, 'explored'),
    keep: (made) => keep(fingerprint, keeping, made),
  };
}

/** What was kept, with the commit of this run. */
function ofNow(document: unknown, model: string, { headSha }: RunEnvironment): Explored | undefined {
  const kept = document as Explored;
  if (kept?.profile?.format !== 1 || kept.profile.kind !== 'profile' || kept.profile.model !== model) return undefined;
  const { commit: _commit, ...same } = kept.profile;
  return { ...kept, profile: { ...same, ...(headSha !== undefined && { commit: headSha }) } };
}
