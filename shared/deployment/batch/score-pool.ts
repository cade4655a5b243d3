import { Worker } from 'node:worker_threads';
import { messageOf, UserError } from '../../core/errors.js';
import type { Table } from '../../data/table.js';
import type { ScoreAnswer, ScoreWork } from './score-worker.js';

/**
 * A worker begins with a text, since no file's name is the same in the source and in the bundles. The source as it is, in
 * the project's own tests, is not JavaScript yet.
 */
const BOOTSTRAP = `
  const { module } = require('node:worker_threads').workerData;
  const ready = module.endsWith('.ts') ? import('tsx/esm/api').then((tsx) => tsx.register()) : Promise.resolve();
  ready.then(() => import(module)).then((loaded) => loaded.serveScores());
`;

/** A block of rows by its place among the others. */
export interface Block {
  readonly start: number;
  readonly table: Table;
}

/**
 * Scores blocks on several threads and hands the scores on in the order of the blocks. At most one block a thread is on
 * its way, so memory does not grow with the number of rows.
 * @param onScores is waited for before more blocks are taken
 */
export async function scoreBlocks(
  work: ScoreWork,
  threads: number,
  blocks: AsyncIterable<Block>,
  onScores: (start: number, scores: Float64Array) => Promise<void>,
): Promise<void> {
  const workers = await Promise.all(Array.from({ length: threads }, () => ScoreThread.start(work)));
  try {
    const underWay: { readonly start: number; readonly scores: Promise<Float64Array> }[] = [];
    const finishFirst = async (): Promise<void> => {
      const { start, scores } = underWay.shift()!;
      await onScores(start, await scores);
    };
    let next = 0;
    for await (const { start, table } of blocks) {
      if (underWay.length === threads) await finishFirst();
      const scores = workers[next++ % threads]!.score(table);
      // Whoever waits for it hears of a failure; until then it must not count as unheard.
      scores.catch(() => {});
      underWay.push({ start, scores });
    }
    while (underWay.length > 0) await finishFirst();
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

class ScoreThread {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
    // An error is told by whoever waits for a message; without any listener it would end this process.
    worker.on('error', () => {});
  }

  static async start(work: ScoreWork): Promise<ScoreThread> {
    const { moduleUrl } = await import('./score-worker.js');
    const thread = new ScoreThread(new Worker(BOOTSTRAP, { eval: true, workerData: { module: moduleUrl, work } }));
    const message = await thread.#next();
    if (message === 'ready') return thread;
    await thread.end();
    throw failureOf(message as ScoreAnswer);
  }

  async score(table: Table): Promise<Float64Array> {
    const answer = this.#next();
    // Each block has arrays of its own, which go over without being copied.
    const buffers = [...table.columns.values()].map((column) =>
      column.type === 'string' ? column.codes.buffer : column.values.buffer,
    );
    this.#worker.postMessage(table, [...new Set(buffers)] as ArrayBuffer[]);
    const message = (await answer) as ScoreAnswer;
    if ('scores' in message) return message.scores;
    throw failureOf(message);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** The next message; a failure where the thread ends before it. */
  #next(): Promise<unknown> {
    const worker = this.#worker;
    return new Promise((resolve) => {
      const finish = (result: unknown): void => {
        worker.off('message', finish).off('error', onError).off('exit', onExit);
        resolve(result);
      };
      const onError = (error: unknown): void => finish({ failure: messageOf(error), isUserError: false });
      const onExit = (code: number): void => finish({ failure: `a thread ended with status ${code}`, isUserError: false });
      worker.on('message', finish).on('error', onError).on('exit', onExit);
    });
  }
}

function failureOf(answer: ScoreAnswer): Error {
  if ('scores' in answer) return new Error('scores came where none were asked for');
  return answer.isUserError ? new UserError(answer.failure) : new Error(answer.failure);
}
