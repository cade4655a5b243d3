import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../shared/core/errors.js';
import { computeMetric } from '../../shared/evaluation/metrics.js';
import type { MetricName } from '../../shared/spec/metrics.js';
import { type FitRequest, fitModel } from '../../shared/training/fit.js';
import type { PlannedTrial } from '../../shared/tuning/round.js';

/** What every trial of a pack has in common. */
export interface TrialWork {
  /** Its `params` are those of the spec; a trial's own take their place by name. */
  readonly request: Omit<FitRequest, 'progress' | 'locate'>;
  readonly metric: MetricName;
}

export type TrialOutcome =
  | { readonly value: number; readonly seconds: number }
  | { readonly reason: string; readonly seconds: number };

/** The address of this module in whatever file it has ended up: what a worker has to import. */
export const moduleUrl = import.meta.url;

/**
 * Serves trials in a worker thread until the thread is ended.
 * @public called by name, in the text that a worker begins with
 */
export function serveTrials(): void {
  const work = (workerData as { data: TrialWork }).data;
  const port: MessagePort = parentPort!;
  port.on('message', (trial: PlannedTrial) => {
    void runTrial(work, trial).then((outcome) => port.postMessage(outcome));
  });
  port.postMessage('ready');
}

/** Trains with the params of a trial and scores the model on the validation rows. */
export async function runTrial({ request, metric }: TrialWork, trial: PlannedTrial): Promise<TrialOutcome> {
  const started = performance.now();
  const took = (): number => (performance.now() - started) / 1000;
  try {
    const fitted = await fitModel({
      ...request,
      params: { ...request.params, ...trial.params },
      // The other cores have trials of their own.
      threads: 1,
      progress: () => {},
    });
    const { labels, table, weights } = request.validation;
    const value = computeMetric(metric, labels, fitted.predict(table), weights && { weights });
    if (!Number.isFinite(value)) return { reason: `${metric} is not defined on the validation rows`, seconds: took() };
    return { value, seconds: took() };
  } catch (error) {
    return { reason: oneLine(messageOf(error)), seconds: took() };
  }
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim().slice(0, 300) || 'it failed without a message';
}
