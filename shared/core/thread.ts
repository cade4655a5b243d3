import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * A worker begins with a text, since no file's name is the same in the source and in the bundles. The source as it is, in
 * the project's own tests, is not JavaScript yet.
 */
const BOOTSTRAP = `
  const { module, serve } = require('node:worker_threads').workerData;
  const ready = module.endsWith('.ts') ? import('tsx/esm/api').then((tsx) => tsx.register()) : Promise.resolve();
  ready.then(() => import(module)).then((loaded) => loaded[serve]());
`;

/** What a thread runs. */
export interface ThreadEntry {
  /** `import.meta.url` of the module, as the module itself says it: it has another address in the bundles. */
  readonly module: string;
  /** The name of the exported function that it calls without arguments; `workerData.data` holds what it is given. */
  readonly serve: string;
}

/**
 * Starts a thread on a function of this project, from the source or from a bundle. The module has to be one that is only imported
 * dynamically, so that the bundles keep its names.
 * @param data what the thread is given; arrays on shared memory are not copied
 */
export function startThread(entry: ThreadEntry, data: unknown, options: WorkerOptions = {}): Worker {
  return new Worker(BOOTSTRAP, { ...options, eval: true, workerData: { ...entry, data } });
}
