import { predictionWriter } from './protocols/prediction-json.js';
import type { Target } from './protocols/protocol.js';
import { RecordReader } from './row-readers.js';
import type { Servable } from './servable.js';

/** Prepares what the protocols need of a model, once. */
export function createTarget(servable: Servable): Target {
  const { scores, outputs } = servable;
  return {
    servable,
    records: new RecordReader(servable),
    fetches: scores ? [scores.output] : outputs.map(({ name }) => name),
    prediction: predictionWriter(servable),
  };
}
