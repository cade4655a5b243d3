import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { startThread } from '../../core/thread.js';
import type { Arena } from './arena.js';
import { awaitAll, call } from './barrier.js';
import type { Loss } from './loss.js';
import { CONTROL, type ThreadData, Work, type WorkPlan } from './work.js';

/**
 * The threads of a training: this one and one more for each further shard. They work in step: a command is carried out by all of them,
 * each for its shard, and it has ended when the last one is done. Waiting blocks, since a tree takes thousands of commands; so between
 * two of them no thread has anything to say.
 */
export class Crew {
  readonly arena: Arena;
  /** Whether training rows have weights. */
  readonly isWeighted: boolean;
  /** Monotone constraints by feature; undefined: there are none. */
  readonly directions: readonly number[] | undefined;
  readonly #work: Work;
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  readonly #started: Promise<void>[] = [];

  private constructor(arena: Arena, plan: WorkPlan) {
    this.arena = arena;
    this.isWeighted = plan.weighted;
    this.directions = plan.directions;
    this.#work = new Work(arena, plan);
  }

  get loss(): Loss {
    return this.#work.loss;
  }

  /** Begins to start a thread for each shard of the arena but the first; see `ready`. */
  static async start(arena: Arena, plan: WorkPlan): Promise<Crew> {
    const crew = new Crew(arena, plan);
    const { shards } = arena.shape;
    if (shards === 1) return crew;
    const { moduleUrl } = await import('./thread.js');
    for (let shard = 1; shard < shards; shard++) {
      const { port1, port2 } = new MessageChannel();
      const data: ThreadData = { memory: arena.memory, shape: arena.shape, plan, shard, port: port2 };
      const worker = startThread({ module: moduleUrl, serve: 'serveTraining' }, data, { transferList: [port2] });
      crew.#workers.push(worker);
      crew.#ports.push(port1);
      crew.#started.push(
        new Promise((resolve, reject) => {
          worker.once('message', () => resolve());
          worker.once('error', reject);
          worker.once('exit', () => reject(new Error('it ended before it began')));
        }),
      );
      // An error is told by `ready`; nobody may be waiting there yet.
      crew.#started.at(-1)!.catch(() => {});
    }
    return crew;
  }

  /** Waits until all threads take commands. */
  async ready(): Promise<void> {
    try {
      await Promise.all(this.#started);
    } catch (error) {
      throw new Error(`a thread of the training did not start: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Carries out a command.
   * @param alone this thread does the work of all shards: worth it where waking the others would take longer
   */
  run(command: number, args: readonly number[], alone: boolean): void {
    const { control } = this.arena;
    control[CONTROL.command] = command;
    for (let index = 0; index < args.length; index++) control[CONTROL.arguments + index] = args[index]!;
    if (alone || this.#workers.length === 0) {
      this.#work.perform();
      return;
    }
    call(control, this.#workers.length);
    this.#work.perform(0);
    awaitAll(control);
    this.#check();
  }

  /** Ends the threads, whatever they do. */
  async end(): Promise<void> {
    for (const port of this.#ports) port.close();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #check(): void {
    if (Atomics.load(this.arena.control, CONTROL.failed) === 0) return;
    const said = this.#ports.map((port) => receiveMessageOnPort(port)?.message as unknown).find((text) => text !== undefined);
    throw new Error(`a thread of the training failed: ${said}`);
  }
}
