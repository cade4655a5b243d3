import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import { UserError } from '../../shared/core/errors.js';
import type { Dataset } from '../../shared/data/dataset.js';
import type { Distribution } from '../../shared/data/distribution/distribution.js';
import type { DriftReport } from '../../shared/data/drift/report.js';
import { isPattern } from '../../shared/data/glob.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { parseProfile, type ReferenceProfile } from '../../shared/data/reference-profile.js';
import type { ColumnSchema } from '../../shared/data/table.js';
import type { WantedPart } from '../../shared/data/watched-columns.js';
import { watchedInputs } from '../../shared/features/watched.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { DEFAULT_STAGES } from '../../shared/registry/promote.js';
import { parseReference } from '../../shared/registry/reference.js';
import { Registry } from '../../shared/registry/registry.js';
import { resolveModel } from '../../shared/registry/resolve.js';
import type { RunnerServices } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';

/** What the input `reference` led to. */
export type FoundReference =
  /** The rows before the newest window of the data itself. */
  | { readonly kind: 'previous' }
  | { readonly kind: 'data'; readonly shown: string; readonly dataset: Dataset }
  | KnownCount
  | KnownProfile
  | NothingYet;

export interface KnownProfile extends Pick<DriftReport['reference'], 'shown'> {
  readonly kind: 'model' | 'profile';
  readonly distribution: Distribution;
  /** What its parts of dates are; undefined where only their names say it. */
  readonly parts?: readonly WantedPart[];
  /** Whether the target is among its columns. */
  readonly hasTarget: boolean;
  /** Every column that it had; undefined where it is known of some only. */
  readonly schema?: readonly ColumnSchema[];
}

/** A result of an earlier run, which knows how many rows there were and not what they were like. */
export interface KnownCount {
  readonly kind: 'count';
  readonly shown: string;
  readonly rows: number;
}

/** A first run: what the reference means will be there later. */
export interface NothingYet {
  readonly kind: 'nothing';
  /** Why, for people. */
  readonly why: string;
}

export interface ReferencePlace {
  readonly directory: string;
  readonly token: string | undefined;
  readonly loaded: LoadedSpec;
  readonly services: RunnerServices;
  /** The data is looked at in shards: nothing whose rows all of them would have to read. */
  readonly inShards?: boolean;
}

/** The ending of a profile, which data may have too. */
const JSON_FILE = /\.json$/i;
const DATA_FILE = /\.(csv|tsv|parquet|pq|json|ndjson|jsonl)(\.(gz|zst))?$/i;

/**
 * Finds what the data is held against: `previous`, files of data, a profile, or a model.
 * @param given lines of the input
 * @throws UserError that names the input
 */
export async function findReference(given: readonly string[], place: ReferencePlace): Promise<FoundReference> {
  const [first = ''] = given;
  const shown = given.join(', ');
  if (given.length === 1) {
    if (first === 'previous' && !place.inShards) return { kind: 'previous' };
    const profile = JSON_FILE.test(first) ? await profileIn(first, place) : undefined;
    if (profile) return profile;
    if (first !== 'previous' && !DATA_FILE.test(first) && !isPattern(first)) return modelProfile(first, place);
  }
  if (place.inShards) {
    throw new UserError(
      `Input "reference" is ${JSON.stringify(shown)}, which every shard would have to read whole: in shards, name a model or the profile (\`profile-path\`) that a run over these rows left.`,
    );
  }
  return { kind: 'data', shown, dataset: await openReference(given, place) };
}

async function openReference(given: readonly string[], { directory, loaded, services }: ReferencePlace): Promise<Dataset> {
  try {
    return await openDataset({
      spec: loaded.spec,
      directory,
      workspace: services.environment.workspace,
      locate: (path) => loaded.locate(path),
      data: given,
      progress: services.progress,
      // It is only counted, and no order changes a count.
      inFileOrder: true,
    });
  } catch (error) {
    throw atReference(error, loaded);
  }
}

/** A mistake in the files of the reference, at the input that names them; any other error as it is. */
export function atReference(error: unknown, loaded: LoadedSpec): unknown {
  if (!(error instanceof UserError)) return error;
  const [problem] = error.problems;
  const file = problem?.location?.file;
  const at = file === undefined || file === loaded.file ? '' : `${file}: `;
  return new UserError(`Input "reference": ${at}${problem?.message ?? error.message}`, { cause: error });
}

async function isThere(path: string, kind: 'isFile' | 'isDirectory'): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.[kind]() ?? false;
}

/** Undefined when the file holds rows, and not a profile. */
async function profileIn(path: string, { directory, loaded }: ReferencePlace): Promise<KnownCount | KnownProfile | undefined> {
  const file = resolve(directory, path);
  if (!(await isThere(file, 'isFile'))) return undefined;
  const text = await readFile(file, 'utf8');
  // Rows are a list, or an object a line.
  if (!/^\s*\{\s*"(format|kind)"\s*:/.test(text)) return undefined;
  const rows = rowsOfResult(text);
  if (rows !== undefined) return { kind: 'count', shown: path, rows };
  const profile = parseProfile(text, `Input "reference": ${path}`);
  if (profile.model !== loaded.spec.name) {
    throw new UserError(
      `Input "reference": ${path} is a profile of ${JSON.stringify(profile.model)}, and the spec is of ${JSON.stringify(loaded.spec.name)}; name a profile of this model, or a data file.`,
    );
  }
  const shown = path;
  return profile.kind === 'data profile'
    ? { kind: 'profile', shown, distribution: profile.data, schema: profile.schema, hasTarget: true }
    : { kind: 'profile', shown, ...ofModel(profile) };
}

/** The number of rows that an earlier `validation.json` or exploratory `profile.json` was about. */
function rowsOfResult(text: string): number | undefined {
  let result: unknown;
  try {
    result = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { kind, rows } = result as { readonly kind?: unknown; readonly rows?: unknown };
  return (kind === 'validation' || kind === 'profile') && Number.isSafeInteger(rows) ? (rows as number) : undefined;
}

/**
 * Says of `name#stage` and `name@latest` that nothing is registered so far. Only of this spec's model and of its stages:
 * another name, or a version by its number, is more likely mistyped than early.
 */
async function nothingYet(text: string, place: ReferencePlace): Promise<NothingYet | undefined> {
  const { directory, token, loaded, services } = place;
  const { name, registry } = loaded.spec;
  const reference = parseReference(text, 'reference');
  if ((reference.kind !== 'version' && reference.kind !== 'stage') || reference.model !== name) return undefined;
  if (reference.kind === 'version' ? reference.version !== 'latest' : !stagesOf(registry?.stages).includes(reference.stage)) {
    return undefined;
  }
  const source = await connectCandidates(services, token, directory);
  if (!source) return undefined;
  const { versions, stages } = await new Registry(source, name).tags();
  if (reference.kind === 'version') {
    return versions.length > 0 ? undefined : { kind: 'nothing', why: `${name} has no version yet` };
  }
  const { stage } = reference;
  if (stages.some((ref) => ref.stage === stage)) return undefined;
  return { kind: 'nothing', why: `no version of ${name} has the stage ${stage} yet` };
}

function stagesOf(given: readonly string[] | undefined): readonly string[] {
  return given ?? DEFAULT_STAGES;
}

async function modelProfile(text: string, place: ReferencePlace): Promise<KnownProfile | NothingYet> {
  const { directory, token, loaded, services } = place;
  const { spec } = loaded;
  const folder = resolve(directory, text);
  if ((await isThere(folder, 'isDirectory')) && !(await isThere(join(folder, BUNDLE_FILES.manifest), 'isFile'))) {
    const files = `${text.replace(/\/+$/, '')}/*.parquet`;
    throw new UserError(
      `Input "reference": ${text} is a folder without a bundle (no ${BUNDLE_FILES.manifest}); of data, name the files, such as ${files}.`,
    );
  }
  const nothing = await nothingYet(text, place);
  if (nothing) return nothing;
  const model = await resolveModel(text, {
    ...{ input: 'reference', model: spec.name, directory, branch: services.environment.baseBranch },
    connect: () => connectCandidates(services, token, directory),
  });
  if (model.kind !== 'bundle') {
    throw new UserError(
      `Input "reference" is ${JSON.stringify(text)}: nothing says what an .onnx file by itself has learned from; name a version, a bundle, a profile or a data file.`,
    );
  }
  const { bundle } = model;
  if (!(BUNDLE_FILES.profile in bundle.manifest.files)) {
    throw new UserError(
      `Input "reference" is ${JSON.stringify(text)}, which has no ${BUNDLE_FILES.profile}; with \`registry: { publish: [profile] }\` versions keep theirs, or name a data file.`,
    );
  }
  const profile = parseProfile(
    await readFile(join(bundle.directory, BUNDLE_FILES.profile), 'utf8'),
    `${BUNDLE_FILES.profile} of ${text}`,
  );
  if (profile.kind !== 'reference profile') throw new UserError(`${text} has the profile of data in place of its own`);
  const time = bundle.manifest.context?.time ?? spec.data.time;
  const { watched } = watchedInputs(bundle.manifest.signature, bundle.manifest.features, time);
  const parts = watched.flatMap(({ name, from, part }) => (part === undefined ? [] : [{ name, from, part }]));
  return { kind: 'model', shown: text, ...ofModel(profile), parts };
}

/** Inputs and target of the rows that trained: they are the same rows. */
function ofModel({ inputs, target }: ReferenceProfile): Pick<KnownProfile, 'distribution' | 'hasTarget'> {
  const columns = [...inputs.columns, ...(target?.columns ?? [])];
  return { distribution: { ...inputs, columns }, hasTarget: target !== undefined };
}
