import type { LocalServer } from './deploy.js';

const MIB = 2 ** 20;

/** Serves a bundle on a free port of this machine, as the server that is deployed would: without an admin API or a log. */
export async function startLocalServer(bundle: string, version: string): Promise<LocalServer> {
  const { startServer } = await import('../../shared/serving/server.js');
  const settings = {
    ...{ host: '127.0.0.1', port: 0, token: undefined, bundles: [`${version}=${bundle}`], models: undefined },
    ...{ traffic: undefined, trafficSample: 1, maxBody: 64 * MIB, maxPending: 1024, threads: 1 },
  };
  return startServer(settings, () => {});
}
