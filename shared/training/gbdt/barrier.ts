import { CONTROL } from './work.js';

/** Looks at a number in shared memory before a thread goes to sleep: about 20 µs, less than waking up takes. */
const SPINS = 2000;

/** Longer than any command takes: a thread that does not answer is gone. */
const PATIENCE = 120_000;

/** Wakes `workers` threads for the command that stands in `control`. */
export function call(control: Int32Array, workers: number): void {
  Atomics.store(control, CONTROL.pending, workers);
  Atomics.add(control, CONTROL.sequence, 1);
  Atomics.notify(control, CONTROL.sequence);
}

/**
 * Waits until all threads are done.
 * @throws Error when one of them does not answer for two minutes
 */
export function awaitAll(control: Int32Array): void {
  for (let spin = 0; spin < SPINS && Atomics.load(control, CONTROL.pending) > 0; spin++);
  for (let pending = Atomics.load(control, CONTROL.pending); pending > 0; pending = Atomics.load(control, CONTROL.pending)) {
    if (Atomics.wait(control, CONTROL.pending, pending, PATIENCE) === 'timed-out')
      throw new Error(`a thread of the training has not answered for ${PATIENCE / 1000} s`);
  }
}

/**
 * Waits for a command after the one with number `seen`.
 * @returns the number of the new one
 */
export function awaitCall(control: Int32Array, seen: number): number {
  for (let spin = 0; spin < SPINS && Atomics.load(control, CONTROL.sequence) === seen; spin++);
  while (Atomics.load(control, CONTROL.sequence) === seen) Atomics.wait(control, CONTROL.sequence, seen);
  return Atomics.load(control, CONTROL.sequence);
}

/** Says that this thread is done. */
export function answer(control: Int32Array): void {
  if (Atomics.sub(control, CONTROL.pending, 1) === 1) Atomics.notify(control, CONTROL.pending);
}
