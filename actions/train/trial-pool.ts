import type { Worker } from 'node:worker_threads';
import { messageOf } from '../../shared/core/errors.js';
import { startThread } from '../../shared/core/thread.js';
import type { PlannedTrial } from '../../shared/tuning/round.js';
import type { TrialOutcome, TrialWork } from './trial-worker.js';

export interface PoolOptions {
  /** Trials that run at the same time. */
  readonly threads: number;
  /** No further trial begins once this says so. */
  readonly enough?: () => boolean;
  /** Ends everything; trials without a result stay without one. */
  readonly signal?: AbortSignal;
  readonly onStart: (trial: PlannedTrial) => void;
  readonly onEnd: (trial: PlannedTrial, outcome: TrialOutcome) => void;
}

/**
 * Runs trials on several threads, each trial on one, in their order. What a trial gives depends on the trial alone. A
 * thread that dies (out of memory) fails its trial, and another takes its place.
 */
export async function runTrials(work: TrialWork, trials: readonly PlannedTrial[], options: PoolOptions): Promise<void> {
  const shared = { request: shareArrays(work.request), metric: work.metric };
  const waiting = trials.values();
  const lane = async (): Promise<void> => {
    let worker: TrialThread | undefined;
    try {
      for (const trial of waiting) {
        if (options.signal?.aborted || options.enough?.()) return;
        worker ??= await TrialThread.start(shared);
        options.onStart(trial);
        const outcome = await worker.run(trial, options.signal);
        if (outcome === 'aborted') return;
        options.onEnd(trial, outcome);
        if (worker.isDead) worker = undefined;
      }
    } finally {
      await worker?.end();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.threads, trials.length) }, lane));
}

class TrialThread {
  isDead = false;
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
    // An error is told by whoever waits for a message; without any listener it would end this process.
    worker.on('error', () => {});
  }

  static async start(work: TrialWork): Promise<TrialThread> {
    const { moduleUrl } = await import('./trial-worker.js');
    const worker = startThread({ module: moduleUrl, serve: 'serveTrials' }, work);
    const thread = new TrialThread(worker);
    const message = await thread.#next();
    if (message !== 'ready') throw new Error(`a trial's thread did not start: ${messageOf(message)}`);
    return thread;
  }

  /** The trial's outcome; a thread that dies is an outcome as well. */
  async run(trial: PlannedTrial, signal: AbortSignal | undefined): Promise<TrialOutcome | 'aborted'> {
    const started = performance.now();
    const answer = this.#next(signal);
    this.#worker.postMessage(trial);
    const message = await answer;
    if (message === 'aborted') return message;
    if (!(message instanceof Error)) return message as TrialOutcome;
    this.isDead = true;
    return { reason: `the training died: ${message.message}`, seconds: (performance.now() - started) / 1000 };
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** The next message; the error where the thread ends before it. */
  #next(signal?: AbortSignal): Promise<unknown> {
    const worker = this.#worker;
    return new Promise((resolve) => {
      const finish = (result: unknown): void => {
        worker.off('message', finish).off('error', onError).off('exit', onExit);
        signal?.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const onError = (error: unknown): void => finish(error instanceof Error ? error : new Error(messageOf(error)));
      const onExit = (code: number): void => finish(new Error(`its thread ended with status ${code}`));
      const onAbort = (): void => finish('aborted');
      worker.on('message', finish).on('error', onError).on('exit', onExit);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

type NumberArray = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array | BigInt64Array;

/** The same value with every array of numbers in memory that threads share: no thread copies the data. */
function shareArrays<Value>(value: Value): Value {
  return shareAny(value) as Value;
}

function shareAny(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return sharedCopy(value as NumberArray);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, shareAny(member)]));
  if (Array.isArray(value)) return value.some((item) => typeof item === 'object') ? value.map(shareAny) : value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shareAny(member)]));
}

function sharedCopy(array: NumberArray): NumberArray {
  const buffer = new SharedArrayBuffer(array.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  const kind = array.constructor as new (buffer: SharedArrayBuffer) => NumberArray;
  return new kind(buffer);
}
