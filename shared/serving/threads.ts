import { Worker } from 'node:worker_threads';

/**
 * A worker begins with a text, since no file's name is the same in the source and in the bundles. The source as it is, in
 * the project's own tests, is not JavaScript yet.
 */
const BOOTSTRAP = `
  const { module, serve } = require('node:worker_threads').workerData;
  const ready = module.endsWith('.ts') ? import('tsx/esm/api').then((tsx) => tsx.register()) : Promise.resolve();
  ready.then(() => import(module)).then((loaded) => loaded[serve]());
`;

/**
 * Starts a thread that calls an exported function of a module.
 * @param module address of the module, as its own import.meta.url
 * @param data what the thread finds in workerData.data
 */
export function startThread(module: string, serve: string, data: unknown): Worker {
  return new Worker(BOOTSTRAP, { eval: true, workerData: { module, serve, data } });
}
