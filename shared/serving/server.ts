import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import { messageOf, UserError } from '../core/errors.js';
import { addAdminRoutes } from './admin-routes.js';
import { BatchPool } from './batch-pool.js';
import { addInfoRoutes } from './info-routes.js';
import { type Counted, createMetrics } from './metrics.js';
import { ModelStore } from './model-store.js';
import { addPredictionRoutes } from './prediction-routes.js';
import { quote, RequestError } from './request-error.js';
import type { Serving } from './serving.js';
import type { Settings } from './settings.js';
import { Tally } from './tally.js';
import { TrafficLogger } from './traffic-logger.js';

/** A server that listens. */
export interface RunningServer {
  /** Where it can be reached from this machine. */
  readonly url: string;
  /**
   * Takes no new connections, finishes what is in flight, writes the traffic log, and ends. Twice is once.
   * @returns when all of it is done
   */
  close(): Promise<void>;
}

/** How long requests in flight may take once the server ends. */
const GRACE_MS = 30_000;

/**
 * Loads the models, then listens.
 * @throws UserError when a model cannot be served, or the port cannot be had
 */
export async function startServer(settings: Settings, log: (line: string) => void): Promise<RunningServer> {
  const traffic =
    settings.traffic === undefined
      ? undefined
      : new TrafficLogger({ directory: settings.traffic, sample: settings.trafficSample, log });
  const pool = new BatchPool(settings.threads);
  const strays = new Tally();
  const store = await ModelStore.open({
    ...(settings.models !== undefined && { directory: settings.models }),
    ...(traffic && { traffic }),
    start: settings.bundles,
    pool,
    log,
  });
  const counted = function* (): Generator<Counted> {
    for (const { servable, tally } of store.versions()) {
      yield { model: servable.name, version: servable.version, digest: servable.digest, tally };
    }
    yield { model: '', version: '', tally: strays };
  };
  const serving: Serving = {
    settings,
    store,
    pool,
    traffic,
    metrics: createMetrics(counted, () => traffic?.dropped ?? 0),
    strays,
    load: { pending: 0, isClosing: false },
    log,
  };
  const app = createApp(serving);
  const endAll = async (): Promise<void> => {
    await store.close();
    await pool.close();
    await traffic?.close();
  };
  try {
    await app.listen({ host: settings.host, port: settings.port });
  } catch (error) {
    await endAll();
    throw listenError(error, settings);
  }
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(app, settings.host),
    close() {
      closing ??= closeApp(app, serving).then(endAll);
      return closing;
    },
  };
}

function createApp(serving: Serving): FastifyInstance {
  const app = fastify({
    logger: false,
    // Requests that come on open connections while the server ends are served; the answer closes the connection.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Longer than the usual load balancer keeps a connection, which otherwise sends into one that has just been closed.
    keepAliveTimeout: 75_000,
    routerOptions: { maxParamLength: 200 },
    // An archive may come slowly; bodies of requests for predictions have a shorter time of their own (body.ts).
    requestTimeout: 600_000,
    http: { headersTimeout: 15_000, maxHeaderSize: 16_384 },
  });
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
  });
  app.setNotFoundHandler((request) => {
    throw new RequestError(404, `there is no ${request.method} ${quote(request.url)}; GET /docs shows what there is`);
  });
  app.setErrorHandler((error: FastifyError | RequestError, _request, reply) => {
    const status = error instanceof RequestError ? error.status : (error.statusCode ?? 500);
    if (status >= 500 && !(error instanceof RequestError)) serving.log(`A bug of the server's: ${messageOf(error)}`);
    const message =
      status === 500 && !(error instanceof RequestError) ? 'this is a bug of the server; its log says more' : error.message;
    return reply.code(status).send({ error: message });
  });
  addPredictionRoutes(app, serving);
  addInfoRoutes(app, serving);
  addAdminRoutes(app, serving);
  return app;
}

async function closeApp(app: FastifyInstance, { load }: Serving): Promise<void> {
  load.isClosing = true;
  const late = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
  // Connections that become idle while the server ends.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 100);
  await app.close();
  clearTimeout(late);
  clearInterval(sweep);
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function listenError(error: unknown, { host, port }: Settings): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) return error;
  return new UserError(`${host}:${port} cannot be listened on (${code}): set MLOPS_SERVER_HOST and MLOPS_SERVER_PORT`, {
    cause: error,
  });
}
