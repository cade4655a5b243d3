import type { Worker } from 'node:worker_threads';
import { messageOf } from '../core/errors.js';
import type { Question } from './answer.js';
import type { BatchOrder, BatchReport } from './batch-thread.js';
import { startThread } from './threads.js';
import type { Version } from './version.js';

/** A thread, what it has loaded and whom it owes an answer. */
interface Lane {
  readonly worker: Worker;
  readonly loaded: Set<number>;
  readonly waiting: Map<number, { resolve(report: BatchReport): void; reject(error: Error): void }>;
}

/** Threads that answer requests with large bodies, started when the first one comes. */
export class BatchPool {
  readonly #size: number;
  readonly #lanes = new Set<Lane>();
  #module: Promise<string> | undefined;
  #lastId = 0;

  /** @param size threads at most */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * @returns the answer, and the rows for the traffic log
   * @throws Error when the thread dies
   */
  async answer(version: Version, { protocol, contentType, body }: Question, isLogged: boolean): Promise<BatchReport> {
    this.#module ??= import('./batch-thread.js').then(({ moduleUrl }) => moduleUrl);
    const lane = this.#lane(await this.#module);
    const { key, servable, model } = version;
    if (!lane.loaded.has(key)) {
      lane.loaded.add(key);
      post(lane, { kind: 'load', key, servable, file: model.file, sha256: model.sha256 });
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      lane.waiting.set(id, { resolve, reject });
      post(lane, { kind: 'answer', id, key, protocol: protocol.name, contentType, body, isLogged });
    });
  }

  /** Nobody asks for this version any more. */
  drop({ key }: Version): void {
    for (const lane of this.#lanes) if (lane.loaded.delete(key)) post(lane, { kind: 'drop', key });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lanes].map(({ worker }) => worker.terminate()));
  }

  /** The thread with the least to do; another one while all are busy and there may be more. */
  #lane(module: string): Lane {
    const [best] = [...this.#lanes].sort((a, b) => a.waiting.size - b.waiting.size);
    return best && (best.waiting.size === 0 || this.#lanes.size >= this.#size) ? best : this.#start(module);
  }

  #start(module: string): Lane {
    const lane: Lane = { worker: startThread(module, 'serveBatches', undefined), loaded: new Set(), waiting: new Map() };
    this.#lanes.add(lane);
    const end = (reason: string): void => {
      this.#lanes.delete(lane);
      for (const { reject } of lane.waiting.values()) reject(new Error(`the scoring thread died: ${reason}`));
      lane.waiting.clear();
    };
    lane.worker.on('message', (report: BatchReport) => {
      lane.waiting.get(report.id)?.resolve(report);
      lane.waiting.delete(report.id);
    });
    lane.worker.on('error', (error: unknown) => end(messageOf(error)));
    lane.worker.on('exit', (code) => end(`it ended with status ${code}`));
    return lane;
  }
}

function post({ worker }: Lane, order: BatchOrder): void {
  worker.postMessage(order);
}
