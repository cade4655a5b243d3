import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { BUNDLE_FILES } from '../../bundle/files.js';
import type { Manifest } from '../../bundle/manifest.js';
import type { Bundle } from '../../bundle/read.js';
import type { ColumnType } from '../../data/table.js';
import type { TensorType } from '../../onnx/signature.js';
import { LOADER_MODULE, LOADER_SOURCE } from './loader.js';

/** The folder of a run's artifacts that holds the model. */
export const MODEL_FOLDER = 'model';

/** The versions whose interfaces the loader uses; newer ones than are known are let through, as pip does. */
const REQUIREMENTS = ['mlflow>=2.19', 'numpy>=1.24', 'onnx>=1.16', 'onnxruntime>=1.19', 'pandas>=2.0'];
const PYTHON = '3.11.0';

/** What the model was registered as. */
export interface ModelOrigin {
  readonly version: string;
  readonly url: string;
}

/** A file of the model's folder, by its path there. */
export interface ModelFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** An MLflow model: its files, and what `runs/log-model` is told of it. */
export interface MlflowModel {
  readonly files: readonly ModelFile[];
  readonly description: Readonly<Record<string, unknown>>;
}

/**
 * A bundle as an MLflow model, in the flavours `onnx` and `python_function`: what `mlflow.pyfunc.load_model`,
 * `mlflow models serve` and `mlflow.onnx.load_model` read.
 * @param runId the MLflow run that it is logged to
 */
export async function mlflowModel(bundle: Bundle, runId: string, origin: ModelOrigin): Promise<MlflowModel> {
  const { manifest, directory } = bundle;
  const environment = { conda: 'conda.yaml', virtualenv: 'python_env.yaml' };
  const description = {
    artifact_path: MODEL_FOLDER,
    flavors: {
      onnx: { code: null, data: `data/${BUNDLE_FILES.model}`, onnx_version: '1.16.0', providers: ['CPUExecutionProvider'] },
      python_function: { loader_module: LOADER_MODULE, code: 'code', data: 'data', env: environment, python_version: PYTHON },
    },
    metadata: { 'mlops.version': origin.version, 'mlops.digest': manifest.digest, 'mlops.url': origin.url },
    model_uuid: manifest.digest.slice('sha256:'.length, 'sha256:'.length + 32),
    run_id: runId,
    signature: mlflowSignature(manifest),
    utc_time_created: manifest.training.finishedAt.replace('T', ' ').replace('Z', ''),
  };
  const python = { python: PYTHON, build_dependencies: ['pip'], dependencies: ['-r requirements.txt'] };
  const conda = {
    name: 'mlflow-env',
    channels: ['conda-forge'],
    dependencies: [`python=${PYTHON}`, 'pip', { pip: [...REQUIREMENTS] }],
  };
  const own = async (name: string): Promise<ModelFile> => ({
    path: `data/${name}`,
    content: await readFile(join(directory, name)),
  });
  return {
    description,
    files: [
      await own(BUNDLE_FILES.manifest),
      await own(BUNDLE_FILES.model),
      text(`code/${LOADER_MODULE}.py`, LOADER_SOURCE),
      text('requirements.txt', `${REQUIREMENTS.join('\n')}\n`),
      text('python_env.yaml', stringify(python)),
      text('conda.yaml', stringify(conda)),
      // Last, so that a model that is only half there is none.
      text('MLmodel', stringify(description, { lineWidth: 0 })),
    ],
  };
}

const TYPE_OF_COLUMN: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  boolean: 'boolean',
  // "long" would refuse every column with a missing value, because pandas then holds it as floats.
  integer: 'any',
  number: 'double',
  date: 'datetime',
  timestamp: 'datetime',
};

const TYPE_OF_TENSOR: Readonly<Record<TensorType, string>> = {
  string: 'string',
  bool: 'boolean',
  int32: 'integer',
  int64: 'long',
  float32: 'float',
  float64: 'double',
};

/** The bundle's signature as MLflow writes one: lists of columns, as JSON within the YAML. */
export function mlflowSignature({ signature, classes }: Pick<Manifest, 'signature' | 'classes'>): {
  inputs: string;
  outputs: string;
  params: null;
} {
  const column = (name: string, type: string) => ({ type, name, required: true });
  const typeOf = (output: string) => TYPE_OF_TENSOR[signature.outputs.find(({ name }) => name === output)?.tensor ?? 'string'];
  const outputs =
    classes.length === 0
      ? [{ type: typeOf('prediction'), required: true }]
      : [
          column('label', typeOf('label')),
          { ...column('probabilities', 'map'), values: { type: typeOf('probabilities'), required: true } },
        ];
  return {
    inputs: JSON.stringify(signature.inputs.map(({ name, column: type }) => column(name, TYPE_OF_COLUMN[type]))),
    outputs: JSON.stringify(outputs),
    params: null,
  };
}

function text(path: string, content: string): ModelFile {
  return { path, content: Buffer.from(content) };
}
