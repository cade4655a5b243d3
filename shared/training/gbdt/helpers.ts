import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { startThread } from '../../core/thread.js';
import type { Arena } from './arena.js';
import { widthOf } from './histogram.js';
import type { ThreadData, WorkPlan } from './work.js';

/** Bins that a thread must have to itself for its start to be worth it. Measured on two cores. */
const BYTES_A_THREAD = 2 ** 18;

/**
 * How many threads, this one included, are worth their start.
 * @param columns of the matrix; that some are constant and get no bins is not known yet
 * @param threads at most
 */
export function threadsFor(rows: number, columns: number, threads: number): number {
  return Math.max(1, Math.min(threads, Math.floor((rows * widthOf(columns)) / BYTES_A_THREAD)));
}

/**
 * The threads of a training besides this one. They start while this one puts the data into bins, which takes about as long, and are
 * told what to work on afterwards.
 */
export class Helpers {
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  readonly #ready: Promise<void>[] = [];

  /** Begins to start `count` threads; see `ready`. */
  static async start(count: number): Promise<Helpers> {
    const helpers = new Helpers();
    if (count === 0) return helpers;
    const { moduleUrl } = await import('./thread.js');
    for (let index = 0; index < count; index++) {
      const worker = startThread({ module: moduleUrl, serve: 'serveTraining' }, undefined);
      helpers.#workers.push(worker);
      helpers.#ready.push(
        new Promise((resolve, reject) => {
          worker.once('message', () => resolve());
          worker.once('error', reject);
          worker.once('exit', () => reject(new Error('it ended before it began')));
        }),
      );
      // An error is told by `ready`; nobody may be waiting there yet.
      helpers.#ready.at(-1)!.catch(() => {});
    }
    return helpers;
  }

  get count(): number {
    return this.#workers.length;
  }

  /** Gives each thread its shard of the arena: the first one is this thread's own. */
  brief(arena: Arena, plan: WorkPlan): void {
    this.#workers.forEach((worker, index) => {
      const { port1, port2 } = new MessageChannel();
      this.#ports.push(port1);
      const data: ThreadData = { memory: arena.memory, shape: arena.shape, plan, shard: index + 1, port: port2 };
      worker.postMessage(data, [port2]);
    });
  }

  /** Waits until all threads take commands. */
  async ready(): Promise<void> {
    try {
      await Promise.all(this.#ready);
    } catch (error) {
      throw new Error(`a thread of the training did not start: ${messageOf(error)}`, { cause: error });
    }
  }

  /** What a thread said when it failed. */
  complaint(): string {
    return String(this.#ports.map((port) => receiveMessageOnPort(port)?.message as unknown).find((text) => text !== undefined));
  }

  /** Ends the threads, whatever they do. */
  async end(): Promise<void> {
    for (const port of this.#ports) port.close();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
