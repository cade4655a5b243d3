import { CONTROL } from './work.js';

/**
 * How long a thread looks for a change before it goes to sleep, in milliseconds. Waking up takes 0.05; between two commands of a tree
 * the first thread searches for splits for about as long. Where looking is in vain, since the other thread does not run at all, it
 * is done less and less.
 */
const LOOK = { shortest: 0.005, longest: 0.15 };
let look = LOOK.longest;

/** Looks between two looks at the clock. */
const LOOKS = 200;

/** Longer than any command takes, in milliseconds: a thread that does not answer is gone. */
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
  lookFor(() => Atomics.load(control, CONTROL.pending) === 0);
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
  lookFor(() => Atomics.load(control, CONTROL.sequence) !== seen);
  while (Atomics.load(control, CONTROL.sequence) === seen) Atomics.wait(control, CONTROL.sequence, seen);
  return Atomics.load(control, CONTROL.sequence);
}

/** Says that this thread is done. */
export function answer(control: Int32Array): void {
  if (Atomics.sub(control, CONTROL.pending, 1) === 1) Atomics.notify(control, CONTROL.pending);
}

/** Looks again and again until it is so, or for as long as is worth it. */
function lookFor(isSo: () => boolean): void {
  const end = performance.now() + look;
  do {
    for (let at = 0; at < LOOKS; at++) {
      if (!isSo()) continue;
      look = Math.min(LOOK.longest, look * 2);
      return;
    }
  } while (performance.now() < end);
  look = Math.max(LOOK.shortest, look / 2);
}
