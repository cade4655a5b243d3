import type { TrafficSource } from '../data/traffic-log.js';
import { type Answer, type Answerer, answer, type Question, RowNames } from './answer.js';
import { Batcher } from './batcher.js';
import type { LoadedModel } from './load-model.js';
import type { Target } from './protocols/protocol.js';
import type { Servable } from './servable.js';
import { Tally } from './tally.js';
import { createTarget } from './target.js';
import { type TrafficCollector, trafficSource } from './traffic-collector.js';

/** A version of a model that is loaded: answers requests, and knows how many it still owes an answer. */
export class Version implements Answerer {
  /** No two that were ever loaded have the same. */
  readonly key: number;
  readonly model: LoadedModel;
  readonly target: Target;
  readonly batcher: Batcher;
  readonly names = new RowNames();
  readonly tally = new Tally();
  /** Where its rows are logged; undefined without a log. */
  readonly collector: TrafficCollector | undefined;
  readonly source: TrafficSource;
  /** ISO 8601. */
  readonly loadedAt: string;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(model: LoadedModel, collector: TrafficCollector | undefined, loadedAt: string) {
    this.key = ++lastKey;
    this.model = model;
    this.collector = collector;
    this.loadedAt = loadedAt;
    this.source = trafficSource(model.servable);
    this.target = createTarget(model.servable);
    this.batcher = new Batcher(model.servable, model.scorer);
  }

  get servable(): Servable {
    return this.model.servable;
  }

  /** A request begins that `release` ends. */
  acquire(): void {
    this.#inFlight++;
  }

  release(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  answer(question: Question, isLogged: boolean, done: (answer: Answer) => void): void {
    answer(question, this, isLogged ? this.collector : undefined, done);
  }

  /** Waits until nothing is in flight, then frees the native memory. Nothing may be acquired any more. */
  async end(): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.model.scorer.release();
  }
}

let lastKey = 0;
