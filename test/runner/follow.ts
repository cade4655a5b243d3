import type { CausedEvent } from '../github/types.js';
import type { WorkflowEvent } from './events.js';
import type { RunResult } from './result.js';
import { type RunnerOptions, runEvent, settle } from './runner.js';

export interface Follower {
  /**
   * Waits until nothing of what the API has caused runs any more, also what that has caused in its turn.
   * @returns the results since the last call, in the order in which their events happened.
   */
  settled(): Promise<RunResult[]>;
  /** Hears of no further event. */
  stop(): void;
}

const NO_COMMIT = '0'.repeat(40);

/**
 * Runs the workflows that REST requests start in a repository from now on: dispatches (a job's token may send them),
 * and what people do with refs and releases. A push of git itself, and a pull request, are for `runEvent`.
 */
export function followGitHub(options: Omit<RunnerOptions, 'event'>): Follower {
  let tasks: Promise<RunResult[]>[] = [];
  const stop = options.github.onEvent((caused) => {
    const event = caused.repository === options.repository.fullName ? workflowEvent(caused) : undefined;
    if (event === undefined) return;
    const task = runEvent({ ...options, event });
    // Its failure is thrown by `settled`.
    task.catch(() => undefined);
    tasks.push(task);
  });
  return {
    stop,
    async settled() {
      const results: RunResult[] = [];
      while (tasks.length > 0) {
        const now = tasks;
        tasks = [];
        results.push(...(await settle(now)).flat());
      }
      return results;
    },
  };
}

/** What workflows see of something that the API caused; undefined where it is none that starts workflows here. */
function workflowEvent({ name, action, ref, actor, payload = {} }: CausedEvent): WorkflowEvent | undefined {
  switch (name) {
    case 'workflow_dispatch': {
      const { workflow, inputs, sha } = payload as { workflow: string; inputs: Record<string, string>; sha: string };
      return { name, workflow, inputs, sha, ref: ref!, actor };
    }
    case 'push': {
      const { before, after } = payload as { before: string; after: string };
      // A branch that is gone has no workflow.
      if (after === NO_COMMIT) return undefined;
      return { name, ref: ref!, sha: after, actor, ...(before === NO_COMMIT ? {} : { before }) };
    }
    case 'repository_dispatch':
    case 'release':
    case 'create':
    case 'delete':
      return { name, payload, actor, ...(action === undefined ? {} : { action }), ...(ref === undefined ? {} : { ref }) };
    default:
      return undefined;
  }
}
