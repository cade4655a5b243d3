import { type RunningServer, startServer } from '../../shared/serving/server.js';
import { readSettings } from '../../shared/serving/settings.js';

/** A model server of this project's own on this machine, without a model yet. */
export function startModelServer(token: string, models: string): Promise<RunningServer> {
  return startServer({ ...readSettings({}), host: '127.0.0.1', port: 0, token, models }, () => {});
}
