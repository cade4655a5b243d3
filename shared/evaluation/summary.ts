import type { Importance, Manifest } from '../bundle/manifest.js';
import type { ModelSummary } from './comparison.js';

/** What a summary has that the manifest has not. */
interface SummaryExtras {
  readonly importance?: Importance;
  /** What running it takes. */
  readonly cost?: Pick<ModelSummary, 'latency' | 'memoryBytes'>;
  /** Metrics that the bundle recorded of itself; only for a model that was not run here. */
  readonly recorded?: { readonly [metric: string]: number };
}

/** A model at a glance. The size is that of `model.onnx` (0 where the manifest does not list it). */
export function summarizeModel(manifest: Manifest, extras: SummaryExtras = {}): ModelSummary {
  return {
    digest: manifest.digest,
    algorithm: manifest.algorithm,
    params: manifest.params,
    features: manifest.features.features.map((feature) => feature.name),
    iterations: manifest.training.iterations,
    trainingSeconds: manifest.training.seconds,
    trainingRows: manifest.training.rows.train,
    dataRows: manifest.data.rows,
    sizeBytes: manifest.files['model.onnx']?.bytes ?? 0,
    ...extras.cost,
    importance: extras.importance ?? [],
    ...(extras.recorded && { recorded: extras.recorded }),
    ...(manifest.commit !== undefined && { commit: manifest.commit }),
    ...(manifest.run && { runUrl: manifest.run.url }),
  };
}
