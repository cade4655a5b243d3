import type { Registry } from 'prom-client';
import type { BatchPool } from './batch-pool.js';
import type { ModelStore } from './model-store.js';
import type { Settings } from './settings.js';
import type { Tally } from './tally.js';
import type { TrafficLogger } from './traffic-logger.js';

/** What the routes share. */
export interface Serving {
  readonly settings: Settings;
  readonly store: ModelStore;
  readonly pool: BatchPool;
  readonly traffic: TrafficLogger | undefined;
  readonly metrics: Registry;
  /** Requests that reached no version. */
  readonly strays: Tally;
  readonly load: Load;
  readonly log: (line: string) => void;
}

/** What is going on. */
export interface Load {
  /** Requests for predictions that are not answered yet. */
  pending: number;
  /** No new connections are taken; what is in flight is finished. */
  isClosing: boolean;
}
