import { UserError } from '../core/errors.js';
import type { Comparison } from '../evaluation/comparison.js';
import type { ModelTags, Registry } from './registry.js';

/** The stage that a champion has. */
export const CHAMPION_STAGE = 'production';

/** A version that has a stage. */
interface Holder {
  readonly version: string;
  readonly digest: string;
}

/** Whom a version that wants a stage is held against. */
export interface Standing {
  readonly stage: string;
  /** Who has the stage now. */
  readonly holder?: Holder;
  /** Who is in production now. */
  readonly live?: Holder;
}

/** Reads who has a stage, and who is in production. A version whose release is gone counts as nobody, as it does for "compare". */
export async function standingOf(registry: Registry, stage: string, tags?: ModelTags): Promise<Standing> {
  const known = tags ?? (await registry.tags());
  const holderOf = async (name: string): Promise<Holder | undefined> => {
    const record = (await registry.atStage(name, known))?.version?.record;
    return record && { version: record.version, digest: record.digest };
  };
  const holder = await holderOf(stage);
  const live = stage === CHAMPION_STAGE ? holder : await holderOf(CHAMPION_STAGE);
  return { stage, ...(holder && { holder }), ...(live && { live }) };
}

/** Whether nobody is there whom a version could be held against. */
export function isVacant({ holder, live }: Standing): boolean {
  return !holder && !live;
}

/** What changed between two looks, in words; undefined when nothing did. */
export function changeOf(before: Standing, after: Standing): string | undefined {
  for (const [stage, was, is] of [
    [before.stage, before.holder, after.holder],
    [CHAMPION_STAGE, before.live, after.live],
  ] as const)
    if (was?.version !== is?.version) return `${stage} went from ${was?.version ?? 'nobody'} to ${is?.version ?? 'nobody'}`;
  return undefined;
}

/** A version that wants a stage. */
export interface Contender {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Whether the stage is the last of the order: nothing comes behind it. */
  readonly isLastStage: boolean;
}

/**
 * Whether a comparison says something of this version and this stage as they are now: its candidate is the version, and
 * its champion is who has the stage, or who is in production. Before the last stage, while nothing is in production, every
 * champion will do: "compare" then takes the latest version for it.
 * @throws UserError that says what does not fit, and what to compare instead
 */
export function assertCurrent(comparison: Comparison, contender: Contender, standing: Standing): void {
  const { model, version, digest, isLastStage } = contender;
  if (comparison.model !== model)
    throw new UserError(`The comparison is of the model ${JSON.stringify(comparison.model)}, and this is about ${model}.`);
  if (comparison.candidate.digest !== digest)
    throw new UserError(
      `The comparison judged the model ${comparison.candidate.digest}, and ${model} ${version} is ${digest}: run "compare" with ` +
        `"candidate: ${model}@${version}".`,
    );
  const { holder, live, stage } = standing;
  const opponents = [holder, live].filter((found) => found !== undefined);
  if (opponents.length === 0) return;
  const { champion } = comparison;
  if (opponents.some((opponent) => opponent.digest === champion?.digest)) return;
  if (champion && !live && !isLastStage) return;
  const [name, there] = holder ? [stage, holder] : [CHAMPION_STAGE, live!];
  const judged = champion ? `against ${champion.reference} (${champion.digest})` : 'without a champion';
  throw new UserError(
    `The comparison judged ${model} ${version} ${judged}, and ${name} has ${there.version} (${there.digest}) now, so it is out of ` +
      `date: run "compare" again with "champion: ${model}#${name}", and then this job.`,
  );
}
