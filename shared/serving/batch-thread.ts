import { type MessagePort, parentPort } from 'node:worker_threads';
import { messageOf } from '../core/errors.js';
import type { TrafficBlock } from '../data/traffic-log.js';
import { type Answer, type Answerer, answer, failure, RowNames } from './answer.js';
import { Batcher } from './batcher.js';
import { loadAgain } from './load-model.js';
import type { ProtocolName } from './protocols/protocol.js';
import { PROTOCOLS } from './protocols/protocols.js';
import { RequestError } from './request-error.js';
import type { Scorer } from './scorer.js';
import type { Servable } from './servable.js';
import { createTarget } from './target.js';
import { TrafficCollector, transferables } from './traffic-collector.js';

/** The address of this module in whatever file it has ended up: what a worker has to import. */
export const moduleUrl = import.meta.url;

/** What the thread is told. */
export type BatchOrder =
  | { readonly kind: 'load'; readonly key: number; readonly servable: Servable; readonly file: string; readonly sha256: string }
  | { readonly kind: 'drop'; readonly key: number }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly key: number;
      readonly protocol: ProtocolName;
      readonly contentType: string | undefined;
      readonly body: Uint8Array;
      readonly isLogged: boolean;
    };

/** What the thread tells of an answer. */
export interface BatchReport {
  readonly id: number;
  readonly answer: Omit<Answer, 'body' | 'bug'> & { readonly body: Uint8Array; readonly bug?: string };
  readonly blocks: readonly TrafficBlock[];
}

/** Rows of a block of the traffic log. */
const BLOCK_ROWS = 4096;

interface Double extends Answerer {
  readonly scorer: Scorer;
}

/**
 * Answers requests with large bodies: reading, scoring and writing them takes long enough to hold up others.
 * @public called by name, in the text that a worker begins with
 */
export function serveBatches(): void {
  const port: MessagePort = parentPort!;
  const doubles = new Map<number, Promise<Double>>();
  const names = new RowNames();

  const load = async ({ servable, file, sha256 }: BatchOrder & { kind: 'load' }): Promise<Double> => {
    const scorer = await loadAgain(servable, file, sha256).catch((error: unknown) => {
      throw new RequestError(500, `the model cannot be loaded again: ${messageOf(error)}`, { cause: error });
    });
    return { target: createTarget(servable), batcher: new Batcher(servable, scorer), names, scorer };
  };

  const tell = (id: number, { body, bug, ...rest }: Answer, blocks: readonly TrafficBlock[]): void => {
    const bytes = new TextEncoder().encode(body);
    const report: BatchReport = {
      id,
      answer: { ...rest, body: bytes, ...(bug !== undefined && { bug: messageOf(bug) }) },
      blocks,
    };
    port.postMessage(report, [bytes.buffer, ...blocks.flatMap(transferables)]);
  };

  const work = async ({
    id,
    key,
    protocol: name,
    contentType,
    body,
    isLogged,
  }: BatchOrder & { kind: 'answer' }): Promise<void> => {
    const protocol = PROTOCOLS[name];
    try {
      const double = await doubles.get(key)!;
      const blocks: TrafficBlock[] = [];
      const collector = new TrafficCollector(double.target.servable, BLOCK_ROWS, (block) => blocks.push(block));
      answer({ protocol, contentType, body }, double, isLogged ? collector : undefined, (result) => {
        collector.flush();
        tell(id, result, blocks);
      });
    } catch (error) {
      tell(id, failure(protocol, error), []);
    }
  };

  port.on('message', (order: BatchOrder) => {
    if (order.kind === 'load') {
      const double = load(order);
      // Whoever asks for it hears of it.
      double.catch(() => {});
      doubles.set(order.key, double);
    } else if (order.kind === 'drop') {
      const double = doubles.get(order.key);
      doubles.delete(order.key);
      void double?.then(
        ({ scorer }) => scorer.release(),
        () => {},
      );
    } else void work(order);
  });
}
