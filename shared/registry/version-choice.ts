import type { Manifest } from '../bundle/manifest.js';
import { manifestSchema } from '../bundle/manifest-schema.js';
import { UserError } from '../core/errors.js';
import { canonicalJson, type Json } from '../core/json.js';
import { describeChanges } from '../evaluation/changes.js';
import { readFileAt } from '../github/commit.js';
import type { Release } from '../github/release.js';
import type { ModelTags, RegisteredVersion, Registry } from './registry.js';
import { BUMPS, type Bump, compareVersions, formatVersion, nextVersion, parseVersion, type Version } from './version.js';

/** What a registration is asked to be called. */
export type WantedVersion = 'auto' | Bump | Version;

/** Reads `auto`, `major`, `minor`, `patch` or `1.2.0`. @param input the action's input, for messages */
export function parseWantedVersion(text: string, input: string): WantedVersion {
  if (text === 'auto') return text;
  const wanted = BUMPS.find((bump) => bump === text) ?? parseVersion(text);
  if (wanted) return wanted;
  throw new UserError(
    `Input "${input}" is ${JSON.stringify(text)}; accepted: auto, ${BUMPS.join(', ')}, or a version such as 1.2.0.`,
  );
}

/** Where the registry commit keeps what describes a model. */
export function registryFolder(model: string): string {
  return `.mlops/${model}`;
}

/**
 * The number that a new version gets.
 * @param published the model's published releases by their tags
 * @returns it, and in words why
 * @throws UserError when it was named and is taken
 */
export async function chooseVersion(
  registry: Registry,
  tags: ModelTags,
  manifest: Manifest,
  wanted: WantedVersion,
  published: ReadonlyMap<string, Release>,
): Promise<{ readonly version: Version; readonly why: string }> {
  if (typeof wanted === 'object') {
    if (tags.versions.some(({ version }) => compareVersions(version, wanted) === 0))
      throw new UserError(
        `Version ${formatVersion(wanted)} of ${registry.model} exists already, with another model. Versions are never ` +
          'replaced: choose another number, or "auto".',
      );
    return { version: wanted, why: 'asked for' };
  }
  // Numbers count on from every tag, also from those that are passed over: their names are taken.
  const highest = tags.versions[0]?.version;
  if (wanted !== 'auto') return { version: nextVersion(highest, wanted), why: `${wanted}, as asked for` };
  const latest = await registry.latest(tags, published);
  if (!latest) return { version: nextVersion(highest, 'major'), why: 'the first version' };
  const before = await recordedManifest(registry, latest);
  if (!before) {
    return { version: nextVersion(highest, 'minor'), why: `minor: what ${latest.record.version} was made of cannot be read` };
  }
  const { bump, why } = bumpBetween(manifest, before);
  return { version: nextVersion(highest, bump), why: `${bump}: ${why} since ${latest.record.version}` };
}

/** Major when the signature changed, minor when features, params, algorithm or the like did, patch when only the data did. */
export function bumpBetween(manifest: Manifest, before: Manifest): { readonly bump: Bump; readonly why: string } {
  // Who calls the model sees its inputs, its outputs and the order of its classes.
  const callersSee = ({ task, signature, classes }: Manifest): string =>
    canonicalJson({ task, signature, classes } as unknown as Json);
  if (callersSee(manifest) !== callersSee(before)) return { bump: 'major', why: 'the signature changed' };
  const changes = describeChanges(manifest, before).filter(({ kind, name }) => kind !== 'data' || name === 'where');
  if (changes.length === 0) return { bump: 'patch', why: 'only the data changed' };
  const kinds = [...new Set(changes.map(({ kind, name }) => (kind === 'data' ? name : kind)))];
  return { bump: 'minor', why: `${kinds.join(', ')} changed` };
}

/** The manifest that the registry commit keeps; undefined when it is not the one of the version. */
export async function recordedManifest(registry: Registry, version: RegisteredVersion): Promise<Manifest | undefined> {
  const { client, repository } = registry.place;
  const text = await readFileAt(client, repository, version.commit, `${registryFolder(registry.model)}/manifest.json`);
  if (text === undefined) return undefined;
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.digest === version.record.digest ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
