import { BUNDLE_FILES } from '../bundle/files.js';
import { sha256 } from '../core/json.js';
import type { MeasuredVersion } from '../evaluation/history.js';
import { readFileAt } from '../github/commit.js';
import { listReleases } from '../github/release.js';
import type { Registry, TaggedVersion } from './registry.js';
import { recordedManifest, registryFolder } from './version-choice.js';

/** A picture has room for so many, and each costs three requests. */
const MOST_VERSIONS = 12;

/**
 * The highest visible versions of a model with what their trainings recorded, from their registry commits: no bundle is downloaded.
 * Versions whose commit does not say it are left out. Needs `contents: read`.
 */
export async function measuredVersions(registry: Registry): Promise<MeasuredVersion[]> {
  const { client, repository } = registry.place;
  const { versions } = await registry.tags('versions');
  if (versions.length < 2) return [];
  const releases = await listReleases(client, repository);
  const published = new Set(releases.filter(({ draft }) => !draft).map(({ tag }) => tag));
  const visible: TaggedVersion[] = [];
  for (const ref of versions) {
    if (visible.length === MOST_VERSIONS) break;
    const tagged = await registry.tagged(ref);
    if (tagged && (tagged.record.storage === 'artifact' || published.has(tagged.tag))) visible.push(tagged);
  }
  const read = await Promise.all(visible.map((version) => measured(registry, version)));
  return read.filter((version) => version !== undefined);
}

async function measured(registry: Registry, tagged: TaggedVersion): Promise<MeasuredVersion | undefined> {
  const { client, repository } = registry.place;
  const manifest = await recordedManifest(registry, tagged);
  const expected = manifest?.files[BUNDLE_FILES.metrics];
  if (!manifest || !expected) return undefined;
  const path = `${registryFolder(registry.model)}/${BUNDLE_FILES.metrics}`;
  const text = await readFileAt(client, repository, tagged.commit, path);
  if (text === undefined || sha256(text) !== expected.sha256) return undefined;
  const values: unknown = JSON.parse(text);
  const metrics = Object.entries(values !== null && typeof values === 'object' ? values : {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1]),
  );
  return { version: tagged.record.version, at: tagged.taggedAt, manifest, metrics: Object.fromEntries(metrics) };
}
