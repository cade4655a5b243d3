import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from '../../../../shared/bundle/manifest.js';
import type { Bundle } from '../../../../shared/bundle/read.js';
import { mlflowModel, mlflowSignature } from '../../../../shared/registry/mlflow/model-directory.js';
import { openRegistry, type RegistryScene } from '../scene.js';

let scene: RegistryScene;
let bundle: Bundle;
beforeAll(async () => {
  scene = await openRegistry();
  bundle = await scene.bundle('a graph');
});
afterAll(() => scene.close());

const ORIGIN = { version: 'v1.0.0', url: 'https://github.com/acme/models/releases/tag/churn%40v1.0.0' };

test('every file that MLmodel names is there, and MLmodel comes last', async () => {
  const { files } = await mlflowModel(bundle, 'run1', ORIGIN);
  const paths = files.map(({ path }) => path);
  expect(paths.at(-1)).toBe('MLmodel');
  const text = Buffer.from(files.at(-1)!.content).toString();
  const { flavors, metadata, run_id, model_uuid } = parse(text) as {
    flavors: { onnx: { data: string }; python_function: { loader_module: string; code: string; data: string; env: object } };
    metadata: object;
    run_id: string;
    model_uuid: string;
  };
  const { loader_module: loader, code, data, env } = flavors.python_function;
  for (const path of [flavors.onnx.data, `${code}/${loader}.py`, `${data}/manifest.json`, ...Object.values(env)])
    expect(paths).toContain(path);
  expect(run_id).toBe('run1');
  expect(bundle.manifest.digest).toContain(model_uuid);
  expect(metadata).toEqual({
    'mlops.version': 'v1.0.0',
    'mlops.digest': bundle.manifest.digest,
    'mlops.url': ORIGIN.url,
  });
});

test('the same bundle gives the same bytes', async () => {
  const [one, other] = await Promise.all([mlflowModel(bundle, 'run1', ORIGIN), mlflowModel(bundle, 'run1', ORIGIN)]);
  expect(one.files).toEqual(other.files);
});

test('signatures are lists of columns, as JSON', () => {
  const signatureOf = (manifest: Pick<Manifest, 'signature' | 'classes'>) => {
    const { inputs, outputs } = mlflowSignature(manifest);
    const shown = (json: string) =>
      (JSON.parse(json) as { name: string; type: string }[]).map(({ name, type }) => `${name}: ${type}`);
    return [shown(inputs), shown(outputs)];
  };
  const inputs = [
    { name: 'origin', column: 'string', tensor: 'string' },
    { name: 'distance', column: 'integer', tensor: 'int64' },
    { name: 'wind "mph"', column: 'number', tensor: 'float64' },
    { name: 'holiday', column: 'boolean', tensor: 'float32' },
    { name: 'day', column: 'date', tensor: 'int64' },
    { name: 'departed', column: 'timestamp', tensor: 'int64' },
  ] as const;
  const columns = ['origin: string', 'distance: any', 'wind "mph": double', 'holiday: boolean', 'day: datetime'];
  expect(
    signatureOf({
      signature: { inputs, outputs: [{ name: 'prediction', tensor: 'float32', shape: ['N', 1] }] },
      classes: [],
    }),
  ).toEqual([[...columns, 'departed: datetime'], ['undefined: float']]);
  expect(
    signatureOf({
      signature: {
        inputs: inputs.slice(0, 1),
        outputs: [
          { name: 'label', tensor: 'string', shape: ['N'] },
          { name: 'probabilities', tensor: 'float32', shape: ['N', 2] },
        ],
      },
      classes: ['no', 'on time'],
    }),
  ).toEqual([['origin: string'], ['label: string', 'probabilities: map']]);
});
