import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packBundle, type UnpackLimits, unpackBundle, withoutFiles } from '../../../shared/bundle/pack.js';
import { readBundle } from '../../../shared/bundle/read.js';
import { complaint } from '../github/scene.js';
import { makeBundle } from '../registry/scene.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pack-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const at = (name: string) => join(directory, name);

interface Entry {
  readonly name: string;
  readonly type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo';
  readonly linkname?: string;
  readonly content?: string;
}

/** Writes what no bundle would hold. */
async function archive(...entries: readonly Entry[]): Promise<string> {
  const stream = pack();
  const file = at('hostile.tar.gz');
  const written = pipeline(stream, createGzip(), createWriteStream(file));
  for (const { content = '', ...header } of entries) stream.entry(header, content);
  stream.finalize();
  await written;
  return file;
}

const unpack = async (file: string, limits?: UnpackLimits): Promise<string> => {
  await rm(at('out'), { recursive: true, force: true });
  return complaint(unpackBundle(file, at('out'), 'the archive', limits));
};

test('a bundle comes back from its archive as it was', async () => {
  const manifest = await makeBundle(at('bundle'), 'graph');
  await packBundle(at('bundle'), manifest, at('bundle.tar.gz'));
  await unpackBundle(at('bundle.tar.gz'), at('out'), 'the archive');
  expect((await readBundle(at('out'), 'the copy')).manifest).toEqual(manifest);
  expect((await readdir(at('out'))).sort()).toEqual(['manifest.json', ...Object.keys(manifest.files)].sort());
});

test('files that are not published are no part of the archive, and the model stays the same', async () => {
  const manifest = await makeBundle(at('bundle'), 'graph');
  const published = withoutFiles(manifest, ['predictions.parquet']);
  await packBundle(at('bundle'), published, at('bundle.tar.gz'));
  await unpackBundle(at('bundle.tar.gz'), at('out'), 'the archive');
  const copy = await readBundle(at('out'), 'the copy');
  expect(copy.manifest.digest).toBe(manifest.digest);
  expect(await readdir(at('out'))).not.toContain('predictions.parquet');
});

test('the same bundle gives the same bytes, and tar reads them', async () => {
  const manifest = await makeBundle(at('bundle'), 'graph');
  const digests = [
    await packBundle(at('bundle'), manifest, at('a.tar.gz')),
    await packBundle(at('bundle'), manifest, at('b.tar.gz')),
  ];
  expect(digests[0]).toBe(digests[1]);
  expect(await readFile(at('a.tar.gz'))).toEqual(await readFile(at('b.tar.gz')));
  const listed = execFileSync('tar', ['-tzf', at('a.tar.gz')], { encoding: 'utf8' })
    .trim()
    .split('\n');
  expect(listed.sort()).toEqual(['manifest.json', ...Object.keys(manifest.files)].sort());
});

describe('unpacking', () => {
  test.each<[string, Entry]>([
    ['a way out', { name: '../evil' }],
    ['a way out in the middle', { name: 'a/../../evil' }],
    ['an absolute path', { name: '/etc/evil' }],
    ['a folder', { name: 'folder/file' }],
    ['a Windows path', { name: '..\\evil' }],
    ['a drive', { name: 'C:evil' }],
    ['a hidden file', { name: '.bashrc' }],
    ['an empty name', { name: '.' }],
    ['a line break', { name: 'a\nb' }],
  ])('refuses %s', async (_title, entry) => {
    expect(await unpack(await archive({ name: 'fine', content: 'x' }, { ...entry, content: 'evil' }))).toMatch(
      /^the archive is not unpacked: .* is not the name of a file directly in the bundle\.$/,
    );
    expect(await readdir(at('out'))).toEqual(['fine']);
    expect((await readdir(directory)).sort()).toEqual(['hostile.tar.gz', 'out']);
  });

  test.each<[string, Entry]>([
    ['a symbolic link', { name: 'model.onnx', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: 'model.onnx', type: 'link', linkname: '../secret' }],
    ['a directory', { name: 'folder', type: 'directory' }],
    ['a pipe', { name: 'pipe', type: 'fifo' }],
  ])('refuses %s', async (_title, entry) => {
    expect(await unpack(await archive(entry))).toMatch(/is a [a-z-]+, not a file\.$/);
    expect(await readdir(at('out'))).toEqual([]);
  });

  test('refuses a file that is there twice, also under another case', async () => {
    expect(await unpack(await archive({ name: 'a', content: '1' }, { name: 'A', content: '2' }))).toContain(
      '"A" is in it twice',
    );
  });

  test('stops at too many files and at too many bytes', async () => {
    const many = await archive(...Array.from({ length: 5 }, (_, index) => ({ name: `f${index}`, content: 'x' })));
    expect(await unpack(many, { files: 4, bytes: 1e6 })).toContain('more than 4 files');
    const large = await archive({ name: 'zeros', content: '0'.repeat(3_000_000) });
    expect(await unpack(large, { files: 4, bytes: 100_000 })).toContain('more than 100000 bytes');
  });

  test('says of what is no archive that it is none', async () => {
    await writeFile(at('text'), 'not an archive');
    expect(await unpack(at('text'))).toContain('it is no intact tar.gz');
    const whole = await readFile(await archive({ name: 'model.onnx', content: 'x'.repeat(100_000) }));
    await writeFile(at('cut'), whole.subarray(0, whole.length / 2));
    expect(await unpack(at('cut'))).toContain('it is no intact tar.gz');
  });

  test('writes into no folder that holds something', async () => {
    await mkdir(at('out'));
    await writeFile(at('out/mine'), '');
    const file = await archive({ name: 'model.onnx', content: 'x' });
    await expect(unpackBundle(file, at('out'), 'the archive')).rejects.toThrow('is not empty');
  });

  test('of any bytes ends in a UserError, or leaves only plain files', async () => {
    const base = execFileSync('tar', ['-cf', '-', '-C', await filled(), '.']);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 8 }), async (changes) => {
        const bytes = Buffer.from(base);
        for (const [index, value] of changes) bytes[index] = value;
        await writeFile(at('mutated'), gzipSync(bytes));
        await rm(at('out'), { recursive: true, force: true });
        const error = await unpackBundle(at('mutated'), at('out'), 'it', { files: 10, bytes: 1e6 }).catch(
          (thrown: Error) => thrown,
        );
        if (error) expect(error.name).toBe('UserError');
        for (const entry of await readdir(at('out'), { withFileTypes: true })) expect(entry.isFile()).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  async function filled(): Promise<string> {
    await mkdir(at('files'));
    await writeFile(at('files/model.onnx'), 'graph');
    return at('files');
  }
});

test('a bundle that lacks a file is an error, not an archive that never ends', async () => {
  const manifest = await makeBundle(at('bundle'), 'graph');
  await rm(at('bundle/model.onnx'));
  await expect(packBundle(at('bundle'), manifest, at('bundle.tar.gz'))).rejects.toThrow('ENOENT');
});
