import { availableParallelism } from 'node:os';
import { delimiter } from 'node:path';
import { UserError } from '../core/errors.js';

/** How the server is run; everything comes from the environment. */
export interface Settings {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** Opens the admin API; without one it is off. */
  readonly token: string | undefined;
  /** What is served from the start, see start-models.ts. */
  readonly bundles: readonly string[];
  /** Folder of what the admin API brings. */
  readonly models: string | undefined;
  /** Folder of the traffic log. */
  readonly traffic: string | undefined;
  /** Share of the requests that are logged, in [0, 1]. */
  readonly trafficSample: number;
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Requests for predictions in flight. */
  readonly maxPending: number;
  /** Milliseconds that the body of a request may take to arrive. */
  readonly bodyMs: number;
  /** Threads for large bodies. */
  readonly threads: number;
}

const BODY_MS = 15_000;

const MIB = 2 ** 20;

/** @throws UserError for a value that is none */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const text = (name: string): string | undefined => env[name] || undefined;
  const number = (name: string, fallback: number, low: number, high: number, isWhole = true): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    const found = Number(value);
    if (value.trim() !== '' && found >= low && found <= high && (!isWhole || Number.isInteger(found))) return found;
    throw new UserError(
      `${name} is ${JSON.stringify(value)}; accepted is a ${isWhole ? 'whole ' : ''}number from ${low} to ${high} (default ${fallback})`,
    );
  };
  return {
    host: text('MLOPS_SERVER_HOST') ?? '0.0.0.0',
    port: number('MLOPS_SERVER_PORT', 8080, 0, 65_535),
    token: text('MLOPS_SERVER_TOKEN'),
    bundles: (text('MLOPS_SERVER_BUNDLE') ?? '').split(delimiter).filter((path) => path !== ''),
    models: text('MLOPS_SERVER_MODELS'),
    traffic: text('MLOPS_SERVER_TRAFFIC'),
    trafficSample: number('MLOPS_SERVER_TRAFFIC_SAMPLE', 1, 0, 1, false),
    maxBody: number('MLOPS_SERVER_MAX_BODY', 4 * MIB, 1024, 1024 * MIB),
    maxPending: number('MLOPS_SERVER_MAX_PENDING', 1024, 1, 1_000_000),
    bodyMs: BODY_MS,
    // One core is the event loop's.
    threads: Math.max(1, availableParallelism() - 1),
  };
}
