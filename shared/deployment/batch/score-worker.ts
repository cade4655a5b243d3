import { readFile } from 'node:fs/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { messageOf, UserError } from '../../core/errors.js';
import type { Table } from '../../data/table.js';
import { openModel, type PredictContext } from '../../onnx/session.js';

/** What every block of rows has in common. */
export interface ScoreWork {
  readonly modelFile: string;
  readonly context: PredictContext;
}

/** The scores of a block, or why there are none. */
export type ScoreAnswer =
  | { readonly scores: Float64Array<ArrayBuffer> }
  | { readonly failure: string; readonly isUserError: boolean };

/** The address of this module in whatever file it has ended up: what a worker has to import. */
export const moduleUrl = import.meta.url;

/**
 * Scores blocks of rows in a worker thread until the thread is ended.
 * @public called by name, in the text that a worker begins with
 */
export async function serveScores(): Promise<void> {
  const { work } = workerData as { work: ScoreWork };
  const port: MessagePort = parentPort!;
  const failure = (error: unknown): ScoreAnswer => ({ failure: messageOf(error), isUserError: error instanceof UserError });
  try {
    // One thread a worker: several workers use the processors better than one run on several threads.
    const model = await openModel(await readFile(work.modelFile), { threads: 1 });
    port.on('message', (table: Table) => {
      model.predict(table, work.context).then(
        ({ scores }) => {
          const copy = new Float64Array(scores);
          port.postMessage({ scores: copy }, [copy.buffer]);
        },
        (error: unknown) => port.postMessage(failure(error)),
      );
    });
    port.postMessage('ready');
  } catch (error) {
    port.postMessage(failure(error));
  }
}
