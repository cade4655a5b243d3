import type { Worker } from 'node:worker_threads';
import { messageOf } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { TrafficBlock, TrafficSource } from '../data/traffic-log.js';
import type { Servable } from './servable.js';
import { startThread } from './threads.js';
import { TrafficCollector, trafficSource, transferables } from './traffic-collector.js';
import type { TrafficOrder, TrafficReport, TrafficThreadData } from './traffic-thread.js';

export interface TrafficOptions {
  readonly directory: string;
  /** Share of the requests that are logged, in [0, 1]. */
  readonly sample: number;
  /** A file is written when there are so many rows; default 10,000. */
  readonly rows?: number;
  /** Or when its first row has waited so long; default 60,000. */
  readonly ms?: number;
  /** Rows that may wait to be written, more are dropped; default 200,000. */
  readonly waiting?: number;
  readonly log: (line: string) => void;
}

/** Rows that are collected before the thread gets them. */
const BLOCK_ROWS = 1024;

/** A block that is not full is handed over after this time. */
const HAND_OVER_MS = 5000;

const MOST_WAITING = 200_000;

/** Losses are told at most this often. */
const COMPLAINT_MS = 60_000;

/** How long the end of the thread's work is waited for. */
const CLOSE_MS = 30_000;

/**
 * The traffic log of a server. Logging never fails a request: rows that cannot be written are dropped and counted.
 */
export class TrafficLogger {
  readonly #options: TrafficOptions;
  readonly #collectors = new Set<TrafficCollector>();
  readonly #timer: NodeJS.Timeout;
  #thread: Worker | undefined;
  #starting: Promise<void> | undefined;
  /** Handed over while the thread starts. */
  readonly #early: { readonly source: TrafficSource; readonly block: TrafficBlock }[] = [];
  #waiting = 0;
  #dropped = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #onFlushed: (() => void) | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#handOver(), Math.min(HAND_OVER_MS, options.ms ?? HAND_OVER_MS));
    this.#timer.unref();
  }

  /** Rows that were lost since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether this request is one of the sample. */
  isSampled(): boolean {
    return this.#options.sample >= 1 || Math.random() < this.#options.sample;
  }

  /** Where a version's rows go. */
  collector(servable: Servable): TrafficCollector {
    const source = trafficSource(servable);
    const collector = new TrafficCollector(servable, BLOCK_ROWS, (block) => this.add(source, block));
    this.#collectors.add(collector);
    return collector;
  }

  /** Hands over what a collector has; nothing more is put into it. */
  endCollector(collector: TrafficCollector): void {
    collector.flush();
    this.#collectors.delete(collector);
  }

  add(source: TrafficSource, block: TrafficBlock): void {
    if (this.#waiting + block.rows > (this.#options.waiting ?? MOST_WAITING)) {
      this.#drop(block.rows, `${formatCount(this.#waiting)} rows are waiting to be written`);
      return;
    }
    this.#waiting += block.rows;
    if (this.#thread) this.#post(this.#thread, source, block);
    else {
      this.#early.push({ source, block });
      this.#starting ??= this.#start();
    }
  }

  /** Writes everything and ends the thread. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#handOver();
    await this.#starting;
    const thread = this.#thread;
    if (!thread) return;
    const flushed = new Promise<void>((resolve) => {
      this.#onFlushed = resolve;
    });
    const order: TrafficOrder = { kind: 'flush' };
    thread.postMessage(order);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([flushed, late]);
    clearTimeout(timer);
    if (this.#waiting > 0) this.#drop(this.#waiting, 'the log was not written in time');
    this.#thread = undefined;
    await thread.terminate();
  }

  #handOver(): void {
    for (const collector of this.#collectors) collector.flush();
  }

  async #start(): Promise<void> {
    try {
      const { moduleUrl } = await import('./traffic-thread.js');
      const { directory, rows = 10_000, ms = 60_000 } = this.#options;
      const data: TrafficThreadData = { directory, rows, ms };
      const thread = startThread(moduleUrl, 'serveTraffic', data);
      thread.on('message', (report: TrafficReport) => this.#hear(report));
      thread.on('error', (error: unknown) => this.#lose(thread, messageOf(error)));
      thread.on('exit', (code) => this.#lose(thread, `its thread ended with status ${code}`));
      this.#thread = thread;
      for (const { source, block } of this.#early.splice(0)) this.#post(thread, source, block);
    } catch (error) {
      this.#early.length = 0;
      this.#drop(this.#waiting, messageOf(error));
      this.#waiting = 0;
    }
    this.#starting = undefined;
  }

  #post(thread: Worker, source: TrafficSource, block: TrafficBlock): void {
    const order: TrafficOrder = { kind: 'rows', source, block };
    thread.postMessage(order, transferables(block));
  }

  #hear(report: TrafficReport): void {
    if (report.kind === 'flushed') {
      this.#onFlushed?.();
      return;
    }
    this.#waiting -= report.rows;
    if (report.kind === 'lost') this.#drop(report.rows, report.reason);
  }

  /** A thread that dies takes with it what waits; the next block starts another. */
  #lose(thread: Worker, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#drop(this.#waiting, reason);
    this.#waiting = 0;
    this.#onFlushed?.();
  }

  #drop(rows: number, reason: string): void {
    if (rows === 0) return;
    this.#dropped += rows;
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAINT_MS) return;
    this.#complainedAt = now;
    this.#options.log(`The traffic log has lost ${formatCount(this.#dropped)} rows so far: ${reason.split('\n')[0]}`);
  }
}
