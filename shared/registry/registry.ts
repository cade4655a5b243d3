import type { GitHubClient, RepositoryName } from '../github/client.js';
import { listTags, type TagRef } from '../github/ref.js';
import { type Release, releaseOfTag } from '../github/release.js';
import { readTagObject, type TagObject } from '../github/tag.js';
import { parseStageRecord, parseVersionRecord, type StageRecord, type VersionRecord } from './record.js';
import { parseTagName, versionTag } from './tag-name.js';
import { compareVersions, parseVersion, type Version } from './version.js';

/** Where a registry is: tags and releases of a repository. */
export interface RegistryPlace {
  readonly client: GitHubClient;
  readonly repository: RepositoryName;
  readonly log: (line: string) => void;
}

/** A tag of a model that has a version's name; its content is not read yet. */
export interface VersionRef extends TagRef {
  readonly version: Version;
}

/** A tag of a model that has an assignment's name. */
export interface StageRef extends TagRef {
  readonly stage: string;
  readonly counter: number;
}

/** The tags of a model by their names alone. */
export interface ModelTags {
  /** Highest first. */
  readonly versions: readonly VersionRef[];
  /** Latest first; empty when only versions were asked for. */
  readonly stages: readonly StageRef[];
  /** The highest counter of any tag that was asked for, of whatever kind, as GTO counts; 0 of none. */
  readonly counter: number;
}

/** A version whose tag is ours. It is visible only when its storage has it as well. */
export interface TaggedVersion {
  readonly ref: VersionRef;
  readonly tag: string;
  /** The registry commit. */
  readonly commit: string;
  readonly taggedAt: string;
  readonly record: VersionRecord;
}

/** A version that users see: tag and published release are both there (or the tag names a run's artifact). */
export interface RegisteredVersion extends TaggedVersion {
  readonly release?: Release;
}

/** A stage that was given to a version. */
export interface Assignment {
  readonly ref: StageRef;
  readonly tag: string;
  readonly stage: string;
  readonly counter: number;
  readonly at: string;
  readonly record: StageRecord;
}

/**
 * One model's versions and stages, as the repository's tags tell them. Tags that are not ours are passed over, with a line
 * in the log. Tag objects never change, so each is read once; which tags there are is asked anew each time.
 */
export class Registry {
  readonly place: RegistryPlace;
  readonly model: string;
  readonly #objects = new Map<string, Promise<TagObject | undefined>>();
  readonly #passedOver = new Set<string>();

  constructor(place: RegistryPlace, model: string) {
    this.place = place;
    this.model = model;
  }

  /** The tags that there are now. @param which leaves out those of stages, which cost a request of their own */
  async tags(which: 'all' | 'versions' = 'all'): Promise<ModelTags> {
    const { client, repository } = this.place;
    const [named, staged] = await Promise.all([
      listTags(client, repository, `${this.model}@`),
      which === 'all' ? listTags(client, repository, `${this.model}#`) : [],
    ]);
    const versions: VersionRef[] = [];
    const stages: StageRef[] = [];
    let counter = 0;
    for (const ref of [...named, ...staged]) {
      const parsed = parseTagName(ref.name);
      if (parsed?.model !== this.model) {
        this.#passOver(ref, 'its name is not of the form model@v1.2.0 or model#stage#3');
        continue;
      }
      counter = Math.max(counter, parsed.counter ?? 0);
      const version = parsed.version === undefined ? undefined : parseVersion(parsed.version);
      if (parsed.cancels) this.#passOver(ref, 'it takes something back, which this registry never does');
      else if (version && parsed.counter === undefined) versions.push({ ...ref, version });
      else if (parsed.stage !== undefined && parsed.counter !== undefined)
        stages.push({ ...ref, stage: parsed.stage, counter: parsed.counter });
      else this.#passOver(ref, 'versions are written model@v1.2.0 and stages model#stage#3');
    }
    versions.sort((a, b) => compareVersions(b.version, a.version));
    stages.sort((a, b) => b.counter - a.counter || (a.name < b.name ? -1 : 1));
    return { versions, stages, counter };
  }

  /** What a version's tag says; undefined when the tag is not ours. */
  async tagged(ref: VersionRef): Promise<TaggedVersion | undefined> {
    const object = await this.#object(ref);
    if (!object) return undefined;
    const record = parseVersionRecord(object.message);
    if (!record) return this.#passOver(ref, 'its message is not what "register" writes');
    if (ref.name !== versionTag(this.model, record.version)) return this.#passOver(ref, `its message names ${record.version}`);
    return { ref, tag: ref.name, commit: object.target.sha, taggedAt: object.taggedAt, record };
  }

  /** The version with what its storage has of it; undefined while it is not visible. */
  async registered(version: TaggedVersion): Promise<RegisteredVersion | undefined> {
    if (version.record.storage === 'artifact') return version;
    const release = await releaseOfTag(this.place.client, this.place.repository, version.tag);
    if (release) return { ...version, release };
    this.place.log(`Version ${version.tag} has no published release, so it is passed over.`);
    return undefined;
  }

  /** A version by its number; undefined when there is none that is ours and visible. */
  async version(number: Version, tags?: ModelTags): Promise<RegisteredVersion | undefined> {
    const known = tags ?? (await this.tags('versions'));
    const ref = known.versions.find(({ version }) => compareVersions(version, number) === 0);
    const tagged = ref && (await this.tagged(ref));
    return tagged && this.registered(tagged);
  }

  /**
   * The visible version with the highest number.
   * @param published the published releases by their tags, where they are known; else each is asked for
   */
  async latest(tags?: ModelTags, published?: ReadonlyMap<string, Release>): Promise<RegisteredVersion | undefined> {
    for (const ref of (tags ?? (await this.tags('versions'))).versions) {
      const release = published?.get(ref.name);
      const tagged = await this.tagged(ref);
      if (!tagged) continue;
      if (release) return { ...tagged, release };
      const registered = published && tagged.record.storage === 'release' ? undefined : await this.registered(tagged);
      if (registered) return registered;
    }
    return undefined;
  }

  /** What a stage's tag says; undefined when the tag is not ours, or does not fit the version that it names. */
  async assignment(ref: StageRef, tags: ModelTags): Promise<Assignment | undefined> {
    const object = await this.#object(ref);
    if (!object) return undefined;
    const record = parseStageRecord(object.message);
    if (!record) return this.#passOver(ref, 'its message is not what "promote" writes');
    const named = tags.versions.find(({ name }) => name === versionTag(this.model, record.version));
    const version = named && (await this.tagged(named));
    if (!version) return this.#passOver(ref, `there is no version ${record.version}`);
    if (version.commit !== object.target.sha || version.record.digest !== record.digest)
      return this.#passOver(ref, `it does not point to version ${record.version}`);
    return { ref, tag: ref.name, stage: ref.stage, counter: ref.counter, at: object.taggedAt, record };
  }

  /** What a stage was given to, latest first. Read one by one, so that who wants only the latest reads only that. */
  async *assignments(stage: string, tags: ModelTags): AsyncGenerator<Assignment> {
    for (const ref of tags.stages) {
      const assignment = ref.stage === stage ? await this.assignment(ref, tags) : undefined;
      if (assignment) yield assignment;
    }
  }

  /** The version that a stage has; undefined when it was never given, or its version is not visible any more. */
  async atStage(
    stage: string,
    tags?: ModelTags,
  ): Promise<{ readonly assignment: Assignment; readonly version: RegisteredVersion | undefined } | undefined> {
    const known = tags ?? (await this.tags());
    for await (const assignment of this.assignments(stage, known))
      return { assignment, version: await this.version(parseVersion(assignment.record.version)!, known) };
    return undefined;
  }

  async #object(ref: TagRef): Promise<TagObject | undefined> {
    if (!ref.annotated) return this.#passOver(ref, 'it is a lightweight tag, without a message');
    const { client, repository } = this.place;
    let reading = this.#objects.get(ref.sha);
    if (!reading) {
      reading = readTagObject(client, repository, ref.sha);
      this.#objects.set(ref.sha, reading);
      // A failure is not remembered: the next call may succeed.
      reading.catch(() => this.#objects.delete(ref.sha));
    }
    const object = await reading;
    if (object?.target.type !== 'commit' || object.name !== ref.name)
      return this.#passOver(ref, 'it is not the annotated tag of a commit under this name');
    return object;
  }

  #passOver(ref: TagRef, reason: string): undefined {
    if (this.#passedOver.has(ref.name)) return undefined;
    this.#passedOver.add(ref.name);
    this.place.log(`The tag ${ref.name} is passed over: ${reason}.`);
    return undefined;
  }
}
