import type { Arena } from './arena.js';
import { areLooking, awaitAll, call } from './barrier.js';
import { CONTROL } from './commands.js';
import type { Helpers } from './helpers.js';
import type { Loss } from './loss.js';
import { Work, type WorkPlan } from './work.js';

/** Bytes of records below which calling threads costs more than they save: threads that sleep, and threads that look for a command. */
const ASLEEP_BYTES = 2 ** 18;
const LOOKING_BYTES = 2 ** 15;

/**
 * The threads of a training: this one and its helpers, one for each further shard. They work in step: a command is carried out by all of
 * them, each for its shard, and it has ended when the last one is done. Waiting blocks, since a tree takes thousands of commands; so
 * between two of them no thread has anything to say.
 */
export class Crew {
  readonly arena: Arena;
  /** Whether training rows have weights. */
  readonly isWeighted: boolean;
  /** Monotone constraints by feature; undefined: there are none. */
  readonly directions: readonly number[] | undefined;
  readonly #helpers: Helpers;
  readonly #work: Work;

  /** @param helpers as many as the arena has shards besides the first; they are told about the training here */
  constructor(arena: Arena, plan: WorkPlan, helpers: Helpers) {
    this.arena = arena;
    this.isWeighted = plan.weighted;
    this.directions = plan.directions;
    this.#helpers = helpers;
    helpers.brief(arena, plan);
    this.#work = new Work(arena, plan);
  }

  get loss(): Loss {
    return this.#work.loss;
  }

  /** Waits until all threads take commands. */
  async ready(): Promise<void> {
    await this.#helpers.ready();
  }

  /**
   * Carries out a command: with the helpers, or alone where calling them would take longer.
   * @param bytes of records that it goes through, or what takes as long
   * @returns by how many threads it was done
   */
  run(command: number, args: readonly number[], bytes = Number.POSITIVE_INFINITY): number {
    const { control } = this.arena;
    control[CONTROL.command] = command;
    for (let index = 0; index < args.length; index++) control[CONTROL.arguments + index] = args[index]!;
    if (this.#helpers.count === 0 || bytes < (areLooking(control) ? LOOKING_BYTES : ASLEEP_BYTES)) {
      this.#work.perform();
      return 1;
    }
    const before = call(control, this.#helpers.count);
    this.#work.perform(0);
    awaitAll(control, before);
    if (Atomics.load(control, CONTROL.failed) === 1)
      throw new Error(`a thread of the training failed: ${this.#helpers.complaint()}`);
    return this.#helpers.count + 1;
  }

  /** Ends the threads, whatever they do. */
  async end(): Promise<void> {
    await this.#helpers.end();
  }
}
