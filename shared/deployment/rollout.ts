import { messageOf, UserError } from '../core/errors.js';
import { formatDuration } from '../core/format.js';
import type { Progress } from '../core/progress.js';
import type { SmokeTest, TakenStep } from './result.js';
import type { Check, Rollback, Target } from './target.js';

export interface RolloutOptions {
  /** Runs the very bundle in this process before it gets traffic. Absent where a target's own steps come before any traffic. */
  readonly smoke?: () => Promise<SmokeTest>;
  readonly progress: Progress;
  /** Ends the rollout, which is then taken back: the job was cancelled. */
  readonly signal?: AbortSignal;
}

/** How a rollout went. */
export interface Rollout {
  readonly outcome: 'deployed' | 'failed' | 'rolled back';
  readonly reason?: string;
  readonly smoke?: SmokeTest;
  readonly steps: readonly TakenStep[];
  readonly rollback?: Rollback;
  /** What was thrown, when it was no mistake that a user can mend. */
  readonly bug?: unknown;
}

/**
 * Rolls a version out: the smoke test before any traffic, then the target's steps, each verified before the next is
 * taken. The first thing that is not as it should be takes everything back.
 */
export async function rollOut(target: Target, { smoke, progress, signal }: RolloutOptions): Promise<Rollout> {
  const steps: TakenStep[] = [];
  let tested: SmokeTest | undefined;
  if (smoke) {
    progress('smoke test: the bundle in this job, before it gets traffic');
    try {
      tested = await smoke();
    } catch (error) {
      return { outcome: 'failed', reason: `the smoke test failed: ${oneLine(error)}`, steps, ...bugOf(error) };
    }
    const wrong = firstWrong(tested.checks);
    if (wrong) return { outcome: 'failed', reason: `the smoke test failed: ${wrong}`, smoke: tested, steps };
  }
  const shown = tested && { smoke: tested };
  try {
    let started = performance.now();
    for await (const step of target.apply()) {
      progress(step.name);
      signal?.throwIfAborted();
      const checks = await target.verify(step);
      steps.push({ ...step, seconds: (performance.now() - started) / 1000, checks });
      const wrong = firstWrong(checks);
      if (wrong) throw new UserError(`${step.name}: ${wrong}`);
      progress(
        `${step.name}: ${checks.map(({ name }) => name).join(', ') || 'done'} (${formatDuration(steps.at(-1)!.seconds)})`,
      );
      signal?.throwIfAborted();
      started = performance.now();
    }
    return { outcome: 'deployed', ...shown, steps };
  } catch (error) {
    const reason = signal?.aborted ? 'the job was cancelled' : oneLine(error);
    progress(`rolling back: ${reason}`);
    const { note, ...rest } = await target.rollback();
    const rollback = { ...rest, ...(note !== undefined && { note: oneLine(note) }) };
    return { outcome: 'rolled back', reason, ...shown, steps, rollback, ...(signal?.aborted ? {} : bugOf(error)) };
  }
}

function firstWrong(checks: readonly Check[]): string | undefined {
  const wrong = checks.find(({ ok }) => !ok);
  return wrong && `${wrong.name}: ${wrong.detail}`;
}

function oneLine(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').trim().replace(/\.$/, '');
}

function bugOf(error: unknown): { bug: unknown } | undefined {
  return error instanceof UserError ? undefined : { bug: error };
}
