import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { loadNative } from '../../../shared/runner/native.js';
import { ROOT } from '../../docs/action-files.js';

interface Package {
  readonly version: string;
  readonly dependencies: Record<string, string>;
}

interface Lock {
  readonly packages: Record<string, { readonly integrity?: string; readonly resolved?: string; readonly version: string }>;
}

const json = async <T>(file: string): Promise<T> => JSON.parse(await readFile(ROOT + file, 'utf8')) as T;

test('what runners install is what the tests run with', async () => {
  const native = await json<Package>('shared/runner/native/package.json');
  const { dependencies } = await json<Package>('package.json');
  for (const [name, version] of Object.entries(native.dependencies)) {
    expect(dependencies[name], name).toBe(version);
    expect((await json<Package>(`node_modules/${name}/package.json`)).version, name).toBe(version);
  }
});

test('every package that runners install is pinned by its sha512, for every platform, and names no registry', async () => {
  const { packages } = await json<Lock>('shared/runner/native/package-lock.json');
  for (const [name, entry] of Object.entries(packages)) {
    if (name !== '') expect(entry.integrity, name).toMatch(/^sha512-/);
    expect(entry.resolved, name).toBeUndefined();
  }
  for (const platform of ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64', 'win32-arm64'])
    expect(packages).toHaveProperty([`node_modules/@duckdb/node-bindings-${platform}`]);
});

test('a module that stands next to the code is loaded from there', async () => {
  const { InferenceSession } = await loadNative<typeof import('onnxruntime-node')>('onnxruntime-node');
  expect(InferenceSession.create).toBeTypeOf('function');
});
