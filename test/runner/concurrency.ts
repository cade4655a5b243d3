import type { Json } from '../../shared/core/json.js';
import type { LocalGitHub, Repository } from '../github/types.js';
import { type Scope, valueText } from './expressions.js';
import { templateValue } from './job-context.js';
import type { Template } from './workflow-spec.js';

/** A `concurrency:`, evaluated. */
export interface ConcurrencyWish {
  readonly group: string;
  readonly cancelInProgress: boolean;
  /** `max`: those that wait keep their places; otherwise the newest takes the place of the one that waits. */
  readonly queue: 'single' | 'max';
}

/** What became of a wish: a place in the group, which must be left in the end, or none. */
export type Place =
  | {
      readonly entered: true;
      /** Aborted, with the reason as text, when a newer one takes over. */
      readonly signal: AbortSignal;
      readonly leave: () => void;
    }
  | { readonly entered: false; readonly reason: string };

interface Waiting {
  readonly start: () => void;
  readonly cancel: (reason: string) => void;
}

interface Line {
  /** Stops the one that runs. */
  running: AbortController;
  waiting: Waiting[];
}

const MAX_WAITING = 100;

/** The concurrency groups of a repository: in each, one run or job at a time. */
export class ConcurrencyGroups {
  readonly #lines = new Map<string, Line>();

  /**
   * Waits for a place in a group. One that arrives takes the place of the one that waits already, and with
   * `cancelInProgress` stops the one that runs.
   * @param signal ends the waiting.
   */
  enter(wish: ConcurrencyWish, signal: AbortSignal): Promise<Place> {
    // GitHub does not tell groups apart by case.
    const key = wish.group.toLowerCase();
    const line = this.#lines.get(key);
    const running = new AbortController();
    const place: Place = { entered: true, signal: running.signal, leave: once(() => this.#leave(key)) };
    if (line === undefined) {
      this.#lines.set(key, { running, waiting: [] });
      return Promise.resolve(place);
    }
    const reason = `Canceling since a higher priority waiting request for '${wish.group}' exists`;
    if (wish.queue === 'single') for (const older of line.waiting.splice(0)) older.cancel(reason);
    if (wish.cancelInProgress) line.running.abort(reason);
    if (line.waiting.length >= MAX_WAITING) return Promise.resolve({ entered: false, reason });
    return new Promise((resolve) => {
      const give = (): void => {
        line.waiting = line.waiting.filter((other) => other !== waiting);
        waiting.cancel(typeof signal.reason === 'string' ? signal.reason : 'The operation was canceled.');
      };
      const end = (answer: Place): void => {
        signal.removeEventListener('abort', give);
        resolve(answer);
      };
      const waiting: Waiting = {
        start: () => {
          line.running = running;
          end(place);
        },
        cancel: (why) => end({ entered: false, reason: why }),
      };
      line.waiting.push(waiting);
      if (signal.aborted) give();
      else signal.addEventListener('abort', give, { once: true });
    });
  }

  #leave(key: string): void {
    const next = this.#lines.get(key)?.waiting.shift();
    if (next === undefined) this.#lines.delete(key);
    else next.start();
  }
}

const known = new WeakMap<LocalGitHub, Map<number, ConcurrencyGroups>>();

/** The groups of a repository, which all its runs share, whichever event they are of. */
export function groupsOf(github: LocalGitHub, repository: Repository): ConcurrencyGroups {
  const repositories = known.get(github) ?? new Map<number, ConcurrencyGroups>();
  known.set(github, repositories);
  const groups = repositories.get(repository.id) ?? new ConcurrencyGroups();
  repositories.set(repository.id, groups);
  return groups;
}

/** Evaluates a `concurrency:`; undefined for none, or for a group without name. @throws Error when it is wrong. */
export function evaluateConcurrency(template: Template | undefined, scope: Scope): ConcurrencyWish | undefined {
  if (!template) return undefined;
  const value = templateValue(template, scope);
  const fields: Record<string, Json> =
    value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Json>) : { group: value };
  const group = valueText(fields.group ?? '');
  if (group === '') return undefined;
  const cancel = fields['cancel-in-progress'] ?? false;
  if (cancel !== true && cancel !== false && cancel !== 'true' && cancel !== 'false') {
    throw new Error(`cancel-in-progress must be true or false, not '${valueText(cancel)}'`);
  }
  const queue = fields.queue ?? 'single';
  if (queue !== 'single' && queue !== 'max') throw new Error(`queue must be single or max, not '${valueText(queue)}'`);
  return { group, cancelInProgress: cancel === true || cancel === 'true', queue };
}

function once(task: () => void): () => void {
  let done = false;
  return () => {
    if (!done) task();
    done = true;
  };
}
