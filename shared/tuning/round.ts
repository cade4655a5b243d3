import type { Better } from '../spec/metrics.js';
import { gridPoints } from './grid.js';
import { proposeTrials, SAMPLERS, type SamplerName } from './propose.js';
import type { ParamSet, SearchSpace } from './space.js';
import { observationsOf, type Trial } from './study.js';

/** How a study goes on; `tune` of the spec with its defaults. */
export interface StudyPlan {
  readonly space: SearchSpace;
  readonly sampler: SamplerName;
  readonly better: Better;
  readonly seed: number;
  /** All trials of the study. */
  readonly trials: number;
  readonly rounds: number;
  /** Longest time of all trials together, in seconds. */
  readonly budgetSeconds?: number;
  /** What is tried first, where the space has it. */
  readonly first?: ParamSet;
}

/** A trial that a job is to run. */
export interface PlannedTrial {
  readonly number: number;
  readonly params: ParamSet;
}

export interface Round {
  /** Those that a job has left open first, then new ones. */
  readonly trials: readonly PlannedTrial[];
  /** How many of them stand in the log already. */
  readonly reopened: number;
  /** There is nothing left to run: all trials have a result, or the time is used up, or the space has no further point. */
  readonly done: boolean;
  /** Why it is done, in words. */
  readonly reason?: string;
  /** Time that is left, in seconds. */
  readonly secondsLeft?: number;
}

/** How many trials a study has when the spec does not say: every point of a grid, else 40. */
export function trialsOfStudy(trials: number | undefined, sampler: string, space: SearchSpace, seed: number): number {
  const asked = trials ?? (sampler === 'grid' ? Number.POSITIVE_INFINITY : 40);
  return sampler === 'grid' ? Math.min(asked, gridPoints(space, seed).length) : asked;
}

/**
 * The trials of a round: an even share of those that the study still wants, of the rounds that are left.
 * @param round from 1; a round beyond the last one is empty
 * @param known the trials so far; an open one is of a job that died, since a plan waits for the jobs of the round before
 * @param most trials that fit into a round
 */
export function planRound(plan: StudyPlan, round: number, known: readonly Trial[], most: number): Round {
  const spent = known.reduce((sum, trial) => sum + trial.seconds, 0);
  const secondsLeft = plan.budgetSeconds === undefined ? undefined : plan.budgetSeconds - spent;
  const left = secondsLeft === undefined ? {} : { secondsLeft };
  const ended = (reason: string): Round => ({ trials: [], reopened: 0, done: true, reason, ...left });
  if (secondsLeft !== undefined && secondsLeft <= 0)
    return ended(`the budget of ${plan.budgetSeconds! / 60} minutes is used up`);
  const open = known.filter(({ state }) => state === 'open');
  const settled = known.length - open.length;
  const wanted = plan.trials - settled;
  if (wanted <= 0) return ended(`all ${plan.trials} trials have a result`);
  const roundsLeft = plan.rounds - round + 1;
  if (roundsLeft <= 0) return { trials: [], reopened: 0, done: false, ...left };
  const size = Math.min(most, Math.ceil(wanted / roundsLeft));
  const reopened = open.slice(0, size).map(({ number, params }) => ({ number, params }));
  const highest = known.reduce((top, { number }) => Math.max(top, number), 0);
  const room = Math.max(0, Math.min(size - reopened.length, plan.trials - known.length));
  const numbers = Array.from({ length: room }, (_, index) => highest + 1 + index);
  const { space, seed, better, first } = plan;
  const fresh = proposeTrials(
    SAMPLERS[plan.sampler],
    { space, seed, better, history: observationsOf(known) },
    numbers,
    plan.sampler === 'grid' ? undefined : first,
  );
  const trials = [...reopened, ...fresh];
  if (trials.length === 0) return ended('every point of the space has been tried');
  return { trials, reopened: reopened.length, done: false, ...left };
}

/** Divides trials into as many packs as there are jobs, as even as can be; of fewer trials than jobs each gets its own. */
export function packsOf<Item>(items: readonly Item[], jobs: number): readonly (readonly Item[])[] {
  const count = Math.min(jobs, items.length);
  // Dealt out like cards: what stands together in the list, and is alike, is spread over the jobs.
  return Array.from({ length: count }, (_, job) => items.filter((_item, index) => index % count === job));
}
