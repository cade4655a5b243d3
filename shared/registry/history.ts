import { listReleases, type Release } from '../github/release.js';
import type { Assignment, Registry, TaggedVersion } from './registry.js';

/** A version in the history. */
export interface HistoricVersion {
  readonly version: string;
  readonly tag: string;
  readonly digest: string;
  /** ISO 8601. */
  readonly at: string;
  readonly actor: string;
  readonly run?: number;
  readonly reason: string;
  readonly storage: 'release' | 'artifact';
  /** The commit that the model was trained at. */
  readonly source: string;
  /** The registry commit, which the tag names. */
  readonly commit: string;
  /** Of the release. */
  readonly url?: string;
  /** The stages that it has now. */
  readonly stages: readonly string[];
}

/** A stage that was given to a version. */
export interface HistoricAssignment {
  readonly stage: string;
  readonly version: string;
  readonly tag: string;
  readonly at: string;
  readonly actor: string;
  readonly run?: number;
  readonly reason: string;
  readonly rollback: boolean;
  /** Until then the version kept the stage; undefined while it has it. */
  readonly until?: string;
}

/** Everything that the registry knows of a model, with its times. */
export interface RegistryHistory {
  readonly model: string;
  /** Visible ones, highest first. */
  readonly versions: readonly HistoricVersion[];
  /** Latest first. */
  readonly assignments: readonly HistoricAssignment[];
}

/** Reads a model's whole history: a request a tag, and one for every hundred releases. Needs `contents: read`. */
export async function readHistory(registry: Registry): Promise<RegistryHistory> {
  const { client, repository } = registry.place;
  const tags = await registry.tags();
  const [releases, tagged, read] = await Promise.all([
    listReleases(client, repository),
    Promise.all(tags.versions.map((ref) => registry.tagged(ref))),
    Promise.all(tags.stages.map((ref) => registry.assignment(ref, tags))),
  ]);
  const published = new Map(releases.filter(({ draft }) => !draft).map((release) => [release.tag, release]));
  const found = read.filter((assignment) => assignment !== undefined);
  const assignments = found.map((assignment, index): HistoricAssignment => {
    // They stand latest first, so what took the stage away is the last one before with that stage.
    const next = found.slice(0, index).findLast(({ stage }) => stage === assignment.stage);
    return historic(assignment, next?.at);
  });
  const versions = tagged
    .filter((version) => version !== undefined)
    .filter(({ record, tag }) => record.storage === 'artifact' || published.has(tag))
    .map((version) => {
      const stages = assignments.filter((held) => held.until === undefined && held.version === version.record.version);
      return historicVersion(
        version,
        stages.map(({ stage }) => stage),
        published.get(version.tag),
      );
    });
  return { model: registry.model, versions, assignments };
}

function historicVersion(
  { tag, commit, taggedAt, record }: TaggedVersion,
  stages: readonly string[],
  release: Release | undefined,
): HistoricVersion {
  const { version, digest, actor, run, reason, storage, commit: source } = record;
  return {
    ...{ version, tag, digest, at: taggedAt, actor },
    ...(run !== undefined && { run }),
    ...{ reason, storage, source, commit, stages },
    ...(release && { url: release.url }),
  };
}

function historic({ stage, tag, at, record }: Assignment, until: string | undefined): HistoricAssignment {
  const { version, actor, run, reason, rollback } = record;
  return {
    ...{ stage, version, tag, at, actor },
    ...(run !== undefined && { run }),
    ...{ reason, rollback },
    ...(until !== undefined && { until }),
  };
}
