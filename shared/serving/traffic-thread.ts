import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../core/errors.js';
import { type TrafficBlock, type TrafficSource, writeTraffic } from '../data/traffic-log.js';

/** The address of this module in whatever file it has ended up: what a worker has to import. */
export const moduleUrl = import.meta.url;

export interface TrafficThreadData {
  readonly directory: string;
  /** A file is written when there are so many rows, */
  readonly rows: number;
  /** or when its first row has waited so long. */
  readonly ms: number;
}

/** What the thread is told. */
export type TrafficOrder =
  | { readonly kind: 'rows'; readonly source: TrafficSource; readonly block: TrafficBlock }
  /** Write what there is; `written` or `lost` follow, then `flushed`. */
  | { readonly kind: 'flush' };

/** What the thread tells. */
export type TrafficReport =
  | { readonly kind: 'written'; readonly rows: number }
  | { readonly kind: 'lost'; readonly rows: number; readonly reason: string }
  | { readonly kind: 'flushed' };

interface Waiting {
  readonly source: TrafficSource;
  readonly day: string;
  readonly since: number;
  readonly blocks: TrafficBlock[];
  rows: number;
}

/**
 * Writes the traffic log in a thread of its own, so that neither conversion nor disk holds up an answer.
 * @public called by name, in the text that a worker begins with
 */
export function serveTraffic(): void {
  const { directory, rows: mostRows, ms } = (workerData as { data: TrafficThreadData }).data;
  const port: MessagePort = parentPort!;
  const report = (message: TrafficReport): void => port.postMessage(message);
  const waiting = new Map<string, Waiting>();
  /** Files are written one after the other. */
  let writing = Promise.resolve();

  const write = (key: string): void => {
    const { source, blocks, rows } = waiting.get(key)!;
    waiting.delete(key);
    writing = writing
      .then(() => writeTraffic(directory, source, blocks))
      .then(
        () => report({ kind: 'written', rows }),
        (error: unknown) => report({ kind: 'lost', rows, reason: messageOf(error) }),
      );
  };

  const add = (source: TrafficSource, block: TrafficBlock): void => {
    const key = JSON.stringify([source.model, source.version, source.digest]);
    const day = new Date(block.times[0]!).toISOString().slice(0, 10);
    if ((waiting.get(key)?.day ?? day) !== day) write(key);
    const entry = waiting.get(key) ?? { source, day, since: Date.now(), blocks: [], rows: 0 };
    waiting.set(key, entry);
    entry.blocks.push(block);
    entry.rows += block.rows;
    if (entry.rows >= mostRows) write(key);
  };

  port.on('message', (order: TrafficOrder) => {
    if (order.kind === 'rows') add(order.source, order.block);
    else {
      for (const key of [...waiting.keys()]) write(key);
      writing = writing.then(() => report({ kind: 'flushed' }));
    }
  });
  setInterval(
    () => {
      for (const [key, { since }] of [...waiting]) if (Date.now() - since >= ms) write(key);
    },
    Math.min(1000, ms),
  );
}
