import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Manifest } from '../../../shared/bundle/manifest.js';
import { readBundle } from '../../../shared/bundle/read.js';
import { writeBundle } from '../../../shared/bundle/write.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bundle-'));
});
afterEach(() => rm(directory, { recursive: true }));

const manifest: Omit<Manifest, 'digest' | 'files'> = {
  format: 1,
  name: 'churn',
  task: 'binary',
  signature: {
    inputs: [{ name: 'age', column: 'integer', tensor: 'int64' }],
    outputs: [{ name: 'label', tensor: 'string', shape: ['N'] }],
  },
  classes: ['no', 'yes'],
  target: { column: 'churned', positive: 'yes' },
  algorithm: 'gbdt',
  params: { num_leaves: 31 },
  features: { features: [{ name: 'age', kind: 'numeric', from: 'age' }] },
  seed: 42,
  threshold: 0.5,
  data: { digest: `sha256:${'0'.repeat(64)}`, rows: 10, schema: [{ name: 'age', type: 'integer' }] },
  split: {
    by: 'hash',
    columns: ['age'],
    shares: { validation: 0.1, calibration: 0, test: 0.2 },
    cuts: { '*': { test: 0.2, validation: 0.3, calibration: 0.3 } },
  },
  training: {
    rows: { train: 7, validation: 1, calibration: 0, test: 2 },
    seconds: 1.5,
    iterations: 10,
    finishedAt: '2026-01-01T00:00:00.000Z',
  },
  tool: { name: 'mlops-actions', version: '1.0.0' },
};

function write(overrides: Partial<typeof manifest> = {}, model = 'graph'): Promise<Manifest> {
  return writeBundle(directory, {
    manifest: { ...manifest, ...overrides },
    model: Buffer.from(model),
    metrics: { auc: 0.75, pr_auc: null },
    importance: [{ feature: 'age', importance: 1 }],
    writePredictions: (file) => writeFile(file, 'rows'),
    render: ({ digest }) => ({ card: `# ${digest}`, bom: '{}' }),
  });
}

test('what is written reads back, verified', async () => {
  const written = await write();
  const bundle = await readBundle(directory, 'the bundle');
  expect(bundle.manifest).toEqual(written);
  expect(bundle.metrics).toEqual({ auc: 0.75 });
  expect(bundle.importance).toEqual([{ feature: 'age', importance: 1 }]);
  expect(await readFile(join(directory, 'README.md'), 'utf8')).toBe(`# ${written.digest}`);
  expect(await readFile(join(directory, 'params.yaml'), 'utf8')).toBe('algorithm: gbdt\nnum_leaves: 31\n');
});

test('the digest is that of what identifies the model, and of nothing beside it', async () => {
  const { digest } = await write();
  expect(digest).toMatchInlineSnapshot(`"sha256:ddb8eed46dacf21cf0f0b20b06ccceba4086350f36cf30c330a4dba8359a7e89"`);
  const beside = await write({
    commit: 'abc',
    run: { id: 1, attempt: 2, url: 'https://github.com/a/b/actions/runs/1' },
    training: { ...manifest.training, seconds: 9 },
  });
  expect(beside.digest).toBe(digest);
  const others = [
    await write({}, 'another graph'),
    await write({ seed: 43 }),
    await write({ params: { num_leaves: 32 } }),
    await write({ data: { ...manifest.data, digest: `sha256:${'1'.repeat(64)}` } }),
    await write({ split: { ...manifest.split, shares: { validation: 0.1, calibration: 0, test: 0.3 } } as Manifest['split'] }),
    await write({ features: { features: [] } }),
  ];
  expect(new Set([digest, ...others.map((other) => other.digest)]).size).toBe(others.length + 1);
});

test('a second bundle leaves nothing of the first behind', async () => {
  await writeFile(join(directory, 'left.txt'), 'x');
  await write();
  await expect(readFile(join(directory, 'left.txt'))).rejects.toThrow('ENOENT');
});

async function edit(change: (manifest: Record<string, unknown>) => void): Promise<void> {
  const file = join(directory, 'manifest.json');
  const parsed = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(parsed);
  await writeFile(file, JSON.stringify(parsed));
}

test.each([
  ['a changed file', () => writeFile(join(directory, 'model.onnx'), 'evil'), 'model.onnx has been changed'],
  ['a missing file', () => rm(join(directory, 'metrics.json')), 'metrics.json is missing'],
  ['no manifest', () => rm(join(directory, 'manifest.json')), 'it has no manifest.json'],
  ['text that is not JSON', () => writeFile(join(directory, 'manifest.json'), '{'), 'its manifest.json is not JSON'],
  ['a changed parameter', () => edit((value) => Object.assign(value, { params: { num_leaves: 99 } })), 'its digest is sha256:'],
  [
    'a file outside of the bundle',
    () => edit((value) => Object.assign(value, { files: { '../x': { sha256: `sha256:${'0'.repeat(64)}`, bytes: 1 } } })),
    'has a wrong "files',
  ],
  ['an unknown key', () => edit((value) => Object.assign(value, { extra: 1 })), 'has a wrong "document"'],
  ['another format', () => edit((value) => Object.assign(value, { format: 2 })), 'has a wrong "format"'],
  [
    'a link that runs script',
    () => edit((value) => Object.assign(value, { run: { id: 1, attempt: 1, url: 'javascript:alert(1)' } })),
    'has a wrong "run.url"',
  ],
])('%s is refused in one line', async (_name, damage, message) => {
  await write();
  await damage();
  const error = await readBundle(directory, 'The candidate').catch((thrown: unknown) => thrown);
  expect(error).toHaveProperty('name', 'UserError');
  expect((error as Error).message).toContain('The candidate is not a usable bundle: ');
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).not.toContain('\n');
});
