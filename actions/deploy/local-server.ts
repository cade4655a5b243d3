import type { LocalServer } from './deploy.js';

/** Serves a bundle on a free port of this machine, as the server that is deployed would: without an admin API or a log. */
export async function startLocalServer(bundle: string, version: string): Promise<LocalServer> {
  const [{ startServer }, { readSettings }] = await Promise.all([
    import('../../shared/serving/server.js'),
    import('../../shared/serving/settings.js'),
  ]);
  // The defaults of an empty environment: nothing of this job's own reaches the server.
  const settings = { ...readSettings({}), host: '127.0.0.1', port: 0, bundles: [`${version}=${bundle}`] };
  return startServer(settings, () => {});
}
