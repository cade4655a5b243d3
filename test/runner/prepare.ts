import { resolveInputs } from './action-inputs.js';
import { conditionHolds } from './expressions.js';
import {
  type ActionInstance,
  type Frame,
  type JobContext,
  type StepOutcome,
  type StepSession,
  stepScope,
  textMapping,
} from './job-context.js';
import { runNodeStage } from './node-action.js';
import { compositeFrame, registerPost, stepName } from './step.js';
import { loadAction, resolveUses } from './uses.js';
import type { StepSpec } from './workflow-spec.js';

/** The `pre` of an action, which runs before all steps of the job. */
export interface PreHook {
  readonly name: string;
  readonly holds: () => boolean;
  readonly run: (session: StepSession) => Promise<StepOutcome>;
}

/**
 * Finds every action that the steps use, as GitHub does while it sets the job up; those in the workspace are not there yet.
 * @returns the `pre` stages in their order.
 * @throws UserError for an action that is not available, or is wrong.
 */
export async function prepareSteps(job: JobContext, frame: Frame, steps: readonly StepSpec[]): Promise<readonly PreHook[]> {
  const hooks: PreHook[] = [];
  for (const step of steps) {
    if (!step.uses) continue;
    const reference = resolveUses(step.uses.ref, frame.origin, job.run);
    if (reference.kind !== 'origin') continue;
    const place = { workspace: job.workspace, source: job.run.source };
    const action = await loadAction(reference, step.uses.ref, place);
    const instance: ActionInstance = { action, state: {} };
    frame.instances.set(step, instance);
    const { runs } = action;
    if (runs.kind === 'composite') {
      // Inputs can only be known for sure when the step runs; for `pre` stages inside, what can be said now has to do.
      const inner = compositeFrame(frame, instance, {}, {});
      hooks.push(...(await prepareSteps(job, inner, runs.steps)));
    } else if (runs.pre !== undefined) {
      const script = runs.pre;
      const name = stepName(job, frame, step);
      hooks.push({
        name: `Pre ${name}`,
        holds: () => runs.preIf === undefined || conditionHolds(runs.preIf.text, stepScope(job, frame)),
        run: (session) => {
          const own = textMapping(step.env, stepScope(job, frame), 'env');
          const inputs = resolveInputs(action.inputs, step.with, stepScope(job, frame, own), undefined);
          registerPost(job, frame, instance, inputs, own, name);
          session.output.print(`##[group]Run ${step.uses?.ref}`);
          return runNodeStage(job, frame, instance, { script, inputs, own }, session);
        },
      });
    }
  }
  return hooks;
}
