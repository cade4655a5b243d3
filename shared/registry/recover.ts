import { messageOf, UserError } from '../core/errors.js';
import { deleteTagRef } from '../github/ref.js';
import { deleteRelease, listReleases, publishRelease, type Release } from '../github/release.js';
import { getRun } from '../github/run.js';
import type { ModelTags, RegisteredVersion, Registry, TaggedVersion } from './registry.js';
import { markOf, type ReleaseMark } from './release-mark.js';
import { formatVersion } from './version.js';

/** The run that does the work. */
export interface OwnRun {
  readonly id: number;
  readonly attempt: number;
}

interface MarkedRelease {
  readonly release: Release;
  readonly mark: ReleaseMark;
}

/** Longer than a registration takes: whoever made a draft before that does not come back to it. */
const ABANDONED_MS = 60 * 60 * 1000;

/** What is there of a model already. */
export interface Found {
  /** The version that the model is. */
  readonly existing?: RegisteredVersion;
  /** It was left unfinished by a job that died, and is finished now. */
  readonly finished: boolean;
  /** The tag of another job that seems to be registering this very model right now. */
  readonly underway?: string;
  /** How many registrations of the model seem to be going on, the own one included once it has its draft. */
  readonly going: number;
  /** The model's published releases by their tags. */
  readonly published: ReadonlyMap<string, Release>;
}

/**
 * Looks for a model among the versions, and puts right what a registration that died has left: a version with its tag but
 * without its published release is finished; a draft without a tag is removed. Work of jobs that may still be at it is left
 * alone.
 * @param how `look` only looks; `clean` also sees to what dead jobs have left, at a request for each draft that is there;
 * `insist` finishes a version of this very model although its job may still be at it
 */
export async function recover(
  registry: Registry,
  tags: ModelTags,
  digest: string,
  own: OwnRun | undefined,
  how: 'look' | 'clean' | 'insist',
): Promise<Found> {
  const { client, repository } = registry.place;
  const marked = (await listReleases(client, repository)).flatMap((release) => {
    const mark = markOf(release);
    return mark?.model === registry.model ? [{ release, mark }] : [];
  });
  const published = new Map(marked.filter(({ release }) => !release.draft).map((item) => [item.release.tag, item]));
  const drafts = new Map(marked.filter(({ release }) => release.draft).map((item) => [item.release.id, item]));

  const isDead = async (draft: MarkedRelease): Promise<boolean> => how === 'clean' && isAbandoned(registry, draft, own);
  let existing: RegisteredVersion | undefined;
  let underway: string | undefined;
  let finished = false;
  for (const ref of tags.versions) {
    const known = published.get(ref.name);
    // Most versions are told by their release alone; their tags need not be read.
    if (known && (known.mark.digest !== digest || existing)) continue;
    const tagged = await registry.tagged(ref);
    if (!tagged) continue;
    const isSame = tagged.record.digest === digest;
    const draft = tagged.record.storage === 'release' ? drafts.get(tagged.record.release) : undefined;
    if (draft) {
      drafts.delete(draft.release.id);
      if (!(isSame && how === 'insist') && !(await isDead(draft))) {
        if (isSame) underway = ref.name;
        continue;
      }
      if ([...published.values()].some(({ mark }) => mark.digest === tagged.record.digest)) {
        // Its job was withdrawing it when it died: the same model became another version at the same moment.
        await withdraw(registry, tagged, draft.release);
        continue;
      }
      const release = await finish(registry, tagged, draft.release);
      if (isSame && !existing) {
        existing = { ...tagged, release };
        finished = true;
      }
    } else if (isSame && !existing) existing = await registry.registered(tagged);
  }
  let going = 0;
  for (const draft of drafts.values()) {
    if (await isDead(draft)) await remove(registry, draft.release);
    else going++;
  }
  return {
    ...(existing && { existing }),
    finished,
    ...(underway !== undefined && { underway }),
    going,
    published: new Map([...published].map(([tag, { release }]) => [tag, release])),
  };
}

/** Its assets were verified before its tag was made, so publishing is all that is left. */
async function finish(registry: Registry, tagged: TaggedVersion, draft: Release): Promise<Release> {
  const { client, repository, log } = registry.place;
  log(`${tagged.tag} was left with an unpublished release; publishing it.`);
  const name = `${registry.model} ${formatVersion(tagged.ref.version)}`;
  return publishRelease(client, repository, draft.id, { tag: tagged.tag, name, body: draft.body });
}

/** Takes back a version that nobody has seen. */
async function withdraw(registry: Registry, tagged: TaggedVersion, draft: Release): Promise<void> {
  const { client, repository, log } = registry.place;
  log(`${tagged.tag} is a model that is a version already, and was never published; removing it.`);
  await deleteTagRef(client, repository, tagged.tag);
  await remove(registry, draft);
}

async function remove(registry: Registry, draft: Release): Promise<void> {
  const { client, repository, log } = registry.place;
  try {
    await deleteRelease(client, repository, draft.id);
    log(`Removed the draft release "${draft.name}" of a registration that was interrupted.`);
  } catch (error) {
    log(`The draft release "${draft.name}" of an interrupted registration could not be removed (${messageOf(error)}).`);
  }
}

/** Whether the job that made a draft is over for certain. */
async function isAbandoned(registry: Registry, { release, mark }: MarkedRelease, own: OwnRun | undefined): Promise<boolean> {
  if (Date.now() - Date.parse(release.createdAt) > ABANDONED_MS) return true;
  if (mark.run === undefined) return false;
  if (mark.run === own?.id) return (mark.attempt ?? 1) < own.attempt;
  try {
    const run = await getRun(registry.place.client, registry.place.repository, mark.run);
    return run.status === 'completed';
  } catch (error) {
    // Without "actions: read" only its age tells.
    if (error instanceof UserError) return false;
    throw error;
  }
}
