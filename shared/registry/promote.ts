import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '../core/errors.js';
import { createTagRef } from '../github/ref.js';
import { BOT_SIGNATURE, createTagObject } from '../github/tag.js';
import { momentAfter } from './moment.js';
import { formatRecord } from './record.js';
import type { Assignment, ModelTags, RegisteredVersion, Registry } from './registry.js';
import { changeOf, type Standing, standingOf } from './standing.js';
import { stageTag } from './tag-name.js';
import { parseVersion } from './version.js';

export interface PromotionRequest {
  readonly stage: string;
  readonly actor: string;
  readonly run?: number;
  readonly reason: string;
}

export interface Promotion {
  readonly version: RegisteredVersion;
  /** The version that had the stage before; undefined when none had. */
  readonly previous?: string;
  /** The assignment's tag. */
  readonly tag: string;
  /** False when the version had the stage already. */
  readonly created: boolean;
}

/** So many others may be first before something is wrong. */
const TRIES = 50;
const LONGEST_WAIT_MS = 2000;

/** The stages of a model whose spec names none. */
export const DEFAULT_STAGES: readonly string[] = ['staging', 'production'];

/**
 * Gives a stage to a version, unless it has it.
 * @param order the stages from first to last: a version gets one only when it had the one before
 * @param judgedBy whom the version was held against, where its gates depend on that
 * @throws UserError when the order is not kept, or others have the stages now
 */
export async function promoteVersion(
  registry: Registry,
  version: RegisteredVersion,
  order: readonly string[],
  request: PromotionRequest,
  judgedBy?: Standing,
): Promise<Promotion> {
  await assertOrder(registry, version, order, request.stage);
  for (let tried = 1; tried <= TRIES; tried++) {
    const tags = await registry.tags();
    const current = await latestAssignment(registry, request.stage, tags);
    if (current?.record.version === version.record.version) {
      const before = await versionBefore(registry, current, tags);
      return { version, ...(before && { previous: before }), tag: current.tag, created: false };
    }
    // The tag that is made next is made only if these tags are still the last ones, so nobody comes in between.
    const change = judgedBy && changeOf(judgedBy, await standingOf(registry, request.stage, tags));
    if (change)
      throw new UserError(
        `${change} while the gates of ${registry.model} ${version.record.version} were asked, so they say nothing of that: ` +
          'run "compare" again, and then this job.',
      );
    const tag = await assign(registry, version, tags, { ...request, rollback: false });
    if (tag) return { version, ...(current && { previous: current.record.version }), tag, created: true };
    await setTimeout(randomInt(Math.min(LONGEST_WAIT_MS, 50 * tried)));
  }
  throw new UserError(`${TRIES} times another job changed the stages of ${registry.model} first: run this job again.`);
}

/** What a rollback would do. */
export interface RollbackPlan {
  readonly current: Assignment;
  readonly target: RegisteredVersion;
  /** This very run has done it already. */
  readonly done: boolean;
}

/**
 * Finds the version that a stage goes back to: the one before the present one. A second rollback goes one further back.
 * @param run the present run: run again after its answer was lost, it does not roll back twice
 * @throws UserError when there is none
 */
export async function planRollback(registry: Registry, stage: string, run: number | undefined): Promise<RollbackPlan> {
  const tags = await registry.tags();
  const assignments: Assignment[] = [];
  for await (const assignment of registry.assignments(stage, tags)) assignments.unshift(assignment);
  const current = assignments.at(-1);
  if (!current)
    throw new UserError(`No version of ${registry.model} has the stage ${stage}, so there is nothing to roll back.`);
  const done = current.record.rollback && run !== undefined && current.record.run === run;
  const name = done ? current.record.version : held(assignments).at(-2);
  if (name === undefined)
    throw new UserError(
      `${current.record.version} is the first version of ${registry.model} at ${stage}: there is none to go back to. ` +
        'Promote another version instead.',
    );
  const target = await registry.version(parseVersion(name)!, tags);
  if (!target) throw new UserError(`${registry.model} ${name} had the stage ${stage} before, but its release is gone.`);
  return { current, target, done };
}

/**
 * Gives a stage back to the version that had it before, as a new assignment.
 * @throws UserError when the stage was given to another version meanwhile
 */
export async function rollBack(registry: Registry, plan: RollbackPlan, request: PromotionRequest): Promise<Promotion> {
  const { current, target, done } = plan;
  const tags = await registry.tags();
  if (done) {
    const before = await versionBefore(registry, current, tags);
    return { version: target, ...(before && { previous: before }), tag: current.tag, created: false };
  }
  for (let tried = 1; tried <= TRIES; tried++) {
    const known = tried === 1 ? tags : await registry.tags();
    const found = await latestAssignment(registry, request.stage, known);
    // What was bad may be gone already, and going back from what is there now was not asked for.
    if (found && found.tag !== current.tag)
      throw new UserError(
        `${request.stage} went from ${current.record.version} to ${found.record.version} during the rollback, which was stopped: ` +
          'look at the history, and run the job again if it is still wanted.',
      );
    const tag = await assign(registry, target, known, { ...request, rollback: true });
    if (tag) return { version: target, previous: current.record.version, tag, created: true };
    await setTimeout(randomInt(Math.min(LONGEST_WAIT_MS, 50 * tried)));
  }
  throw new UserError(`${TRIES} times another job changed the stages of ${registry.model} first: run this job again.`);
}

/** The versions that had a stage, as a stack: a rollback takes off what it undoes. */
function held(assignments: readonly Assignment[]): readonly string[] {
  const stack: string[] = [];
  for (const { record } of assignments) {
    const below = record.rollback ? stack.lastIndexOf(record.version) : -1;
    if (below >= 0) stack.length = below + 1;
    else if (stack.at(-1) !== record.version) stack.push(record.version);
  }
  return stack;
}

async function latestAssignment(registry: Registry, stage: string, tags: ModelTags): Promise<Assignment | undefined> {
  for await (const assignment of registry.assignments(stage, tags)) return assignment;
  return undefined;
}

/** The version that had the stage before an assignment. */
async function versionBefore(registry: Registry, assignment: Assignment, tags: ModelTags): Promise<string | undefined> {
  for await (const earlier of registry.assignments(assignment.stage, tags)) {
    if (earlier.counter < assignment.counter && earlier.record.version !== assignment.record.version)
      return earlier.record.version;
  }
  return undefined;
}

async function assertOrder(
  registry: Registry,
  version: RegisteredVersion,
  order: readonly string[],
  stage: string,
): Promise<void> {
  const index = order.indexOf(stage);
  const before = order[index - 1];
  if (index < 0) throw new UserError(`There is no stage ${JSON.stringify(stage)}; the stages are: ${order.join(', ')}.`);
  if (before === undefined) return;
  for await (const { record } of registry.assignments(before, await registry.tags()))
    if (record.version === version.record.version) return;
  throw new UserError(
    `${registry.model} ${version.record.version} never had the stage ${before}, which comes before ${stage}: promote it to ` +
      `${before} first.`,
  );
}

/** @returns the new tag; undefined when another took its counter */
async function assign(
  registry: Registry,
  version: RegisteredVersion,
  tags: ModelTags,
  request: PromotionRequest & { readonly rollback: boolean },
): Promise<string | undefined> {
  const { client, repository } = registry.place;
  const tag = stageTag(registry.model, request.stage, tags.counter + 1);
  const sha = await createTagObject(client, repository, {
    name: tag,
    commit: version.commit,
    message: formatRecord({
      ...{ version: version.record.version, digest: version.record.digest, actor: request.actor },
      ...(request.run !== undefined && { run: request.run }),
      ...{ reason: request.reason, rollback: request.rollback, id: randomUUID() },
    }),
    tagger: { ...BOT_SIGNATURE, date: await nextMoment(registry, version, tags) },
  });
  return (await createTagRef(client, repository, tag, sha)) ? tag : undefined;
}

/** After the latest assignment, the version itself and the highest one, which may be registered since. */
async function nextMoment(registry: Registry, version: RegisteredVersion, tags: ModelTags): Promise<string> {
  const [latest] = tags.stages;
  const [highest] = tags.versions;
  const assignment = latest && (await registry.assignment(latest, tags));
  const registered = highest && (await registry.tagged(highest));
  return momentAfter([version.taggedAt, registered?.taggedAt, assignment?.at].filter((time) => time !== undefined));
}
