import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { Arena } from './arena.js';
import { answer, awaitCall } from './barrier.js';
import { CONTROL } from './commands.js';
import { type ThreadData, Work } from './work.js';

/** The address of this module in whatever file it has ended up: what a worker has to import. */
export const moduleUrl = import.meta.url;

/**
 * Waits to be told about a training, then carries out commands for one shard until the thread is ended; see helpers.ts and crew.ts.
 * @public called by name, in the text that a worker begins with
 */
export function serveTraining(): void {
  parentPort!.once('message', serve);
}

function serve({ memory, shape, plan, shard, port }: ThreadData): void {
  const arena = new Arena(shape, memory);
  const work = new Work(arena, plan);
  const { control } = arena;
  parentPort!.postMessage('ready');
  for (let seen = awaitCall(control, 0); ; seen = awaitCall(control, seen)) {
    try {
      work.perform(shard);
    } catch (error) {
      port.postMessage(messageOf(error));
      Atomics.store(control, CONTROL.failed, 1);
    }
    answer(control);
  }
}
