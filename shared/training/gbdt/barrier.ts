import { CONTROL } from './commands.js';

/**
 * How long a thread looks for a change before it goes to sleep, in milliseconds. Waking up takes 0.05; between two commands of a tree
 * the first thread has less to do than that. Where looking is in vain, since the other thread does not run at all, it is done less and
 * less.
 */
const LOOK = { shortest: 0.005, longest: 0.15 };
let look = LOOK.longest;

/** Looks between two looks at the clock. */
const LOOKS = 200;

/** Longer than any command takes, in milliseconds: a thread that does not answer is gone. */
const PATIENCE = 120_000;

/** Whether all threads look for the next command, so that calling them takes next to no time. */
export function areLooking(control: Int32Array): boolean {
  return Atomics.load(control, CONTROL.asleep) === 0;
}

/**
 * Wakes `workers` threads for the command that stands in `control`.
 * @returns what `awaitAll` takes
 */
export function call(control: Int32Array, workers: number): number {
  const before = Atomics.load(control, CONTROL.ends);
  Atomics.store(control, CONTROL.pending, workers);
  Atomics.add(control, CONTROL.sequence, 1);
  Atomics.notify(control, CONTROL.sequence);
  return before;
}

/**
 * Waits until all threads are done.
 * @param before what `call` returned
 * @throws Error when one of them does not answer for two minutes
 */
export function awaitAll(control: Int32Array, before: number): void {
  if (!lookFor(control, CONTROL.ends, before)) sleep(control, CONTROL.ends, before, PATIENCE);
}

/**
 * Waits for a command after the one with number `seen`.
 * @returns the number of the new one
 */
export function awaitCall(control: Int32Array, seen: number): number {
  if (!lookFor(control, CONTROL.sequence, seen)) {
    Atomics.add(control, CONTROL.asleep, 1);
    sleep(control, CONTROL.sequence, seen);
    Atomics.sub(control, CONTROL.asleep, 1);
  }
  return Atomics.load(control, CONTROL.sequence);
}

/** Says that this thread is done. */
export function answer(control: Int32Array): void {
  if (Atomics.sub(control, CONTROL.pending, 1) === 1) change(control, CONTROL.ends);
}

/**
 * Waits in the middle of a command until all `threads` that carry it out have come here.
 * @throws Error when one of them does not come for two minutes
 */
export function meet(control: Int32Array, threads: number): void {
  const before = Atomics.load(control, CONTROL.meetings);
  if (Atomics.add(control, CONTROL.met, 1) === threads - 1) {
    Atomics.store(control, CONTROL.met, 0);
    change(control, CONTROL.meetings);
  } else if (!lookFor(control, CONTROL.meetings, before)) sleep(control, CONTROL.meetings, before, PATIENCE);
}

function change(control: Int32Array, place: number): void {
  Atomics.add(control, place, 1);
  Atomics.notify(control, place);
}

function sleep(control: Int32Array, place: number, seen: number, longest?: number): void {
  while (Atomics.load(control, place) === seen) {
    if (Atomics.wait(control, place, seen, longest) === 'timed-out')
      throw new Error(`a thread of the training has not answered for ${PATIENCE / 1000} s`);
  }
}

/**
 * Looks again and again whether a number is no longer what it was, for as long as is worth it.
 * @returns whether it is so
 */
function lookFor(control: Int32Array, place: number, seen: number): boolean {
  const end = performance.now() + look;
  do {
    if (hasChanged(control, place, seen)) {
      look = Math.min(LOOK.longest, look * 2);
      return true;
    }
  } while (performance.now() < end);
  look = Math.max(LOOK.shortest, look / 2);
  return false;
}

/** A function of its own with nothing else in it: together with the clock it is compiled, thrown away and compiled again all the time. */
function hasChanged(control: Int32Array, place: number, seen: number): boolean {
  for (let at = 0; at < LOOKS; at++) if (Atomics.load(control, place) !== seen) return true;
  return false;
}
