import type { Manifest } from '../bundle/manifest.js';
import type { Json } from '../core/json.js';

/** What a BOM says beyond the manifest. */
export interface BomDetails {
  /** The held-out metrics of metrics.json. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly owners?: readonly string[] | undefined;
  readonly intendedUse?: string | undefined;
  readonly limitations?: string | undefined;
  /** The version, once it has one. */
  readonly version?: string | undefined;
}

/**
 * The model's CycloneDX 1.6 ML-BOM. The same model gives the same document: its serial number comes from the model's
 * digest (a version 8 UUID, RFC 9562), its time from the manifest.
 */
export function modelBom(manifest: Manifest, details: BomDetails = {}): Json {
  const hex = manifest.digest.replace(/^sha256:/, '');
  const model = manifest.files['model.onnx'];
  const dataRef = `data:${manifest.data.digest}`;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(hex)}`,
    version: 1,
    metadata: {
      timestamp: manifest.training.finishedAt,
      tools: { components: [{ type: 'application', name: manifest.tool.name, version: manifest.tool.version }] },
      component: {
        type: 'machine-learning-model',
        'bom-ref': manifest.digest,
        name: manifest.name,
        version: details.version ?? manifest.digest,
        hashes: model === undefined ? undefined : [{ alg: 'SHA-256', content: model.sha256.replace(/^sha256:/, '') }],
        authors: details.owners === undefined ? undefined : details.owners.map((name) => ({ name })),
        modelCard: {
          modelParameters: {
            approach: { type: 'supervised' },
            task: manifest.task,
            architectureFamily: manifest.algorithm,
            datasets: [{ ref: dataRef }],
            inputs: manifest.signature.inputs.map((input) => ({ format: `${input.name}: ${input.tensor} [N, 1]` })),
            outputs: manifest.signature.outputs.map((output) => ({
              format: `${output.name}: ${output.tensor} [${output.shape.join(', ')}]`,
            })),
          },
          quantitativeAnalysis: {
            performanceMetrics: Object.entries(details.metrics ?? {})
              .filter(([, value]) => Number.isFinite(value))
              .map(([type, value]) => ({ type, value: String(value) })),
          },
          considerations: considerations(details),
        },
      },
    },
    components: [
      {
        type: 'data',
        'bom-ref': dataRef,
        name: `${manifest.name} data`,
        version: manifest.data.digest,
        data: [{ type: 'dataset', name: `${manifest.data.rows} rows, ${manifest.data.schema.length} columns` }],
      },
    ],
    dependencies: [{ ref: manifest.digest, dependsOn: [dataRef] }, { ref: dataRef }],
  };
}

function considerations(details: BomDetails): Json | undefined {
  if (details.intendedUse === undefined && details.limitations === undefined) return undefined;
  return {
    useCases: details.intendedUse === undefined ? undefined : [details.intendedUse],
    technicalLimitations: details.limitations === undefined ? undefined : [details.limitations],
  };
}

/** The first 128 bits of a digest in the form of a UUID of version 8, variant 10. */
function uuidOf(hex: string): string {
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) & 3];
  const digits = `${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
