/** The names of a bundle's files. */
export const BUNDLE_FILES = {
  manifest: 'manifest.json',
  model: 'model.onnx',
  metrics: 'metrics.json',
  params: 'params.yaml',
  predictions: 'predictions.parquet',
  importance: 'importance.json',
  contributions: 'contributions.json',
  profile: 'profile.json',
  card: 'README.md',
  bom: 'bom.json',
} as const;

/** The artifact that carries a run's candidate. */
export function candidateArtifact(model: string): string {
  return `${model}-candidate`;
}
