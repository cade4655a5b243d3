import type { ModelCost } from './cost.js';
import type { Measures } from './gates.js';

/**
 * What gates may ask of a model beside its metrics.
 * @param cost absent where the model was not run
 * @param sizeBytes of model.onnx; 0 where there is none
 */
export function measuresOf(cost: ModelCost | undefined, sizeBytes: number): Measures {
  return {
    ...(cost && {
      latency_p50_ms: cost.latency.p50Ms,
      latency_p99_ms: cost.latency.p99Ms,
      latency_batch_p50_ms: cost.latency.batch.p50Ms,
      latency_batch_p99_ms: cost.latency.batch.p99Ms,
    }),
    ...(cost?.memoryBytes !== undefined && { memory_mb: cost.memoryBytes / 1e6 }),
    ...(sizeBytes > 0 && { size_mb: sizeBytes / 1e6 }),
  };
}
