import { expect, test } from 'vitest';
import { readSmallZip } from '../../../shared/runner/zip.js';
import { complaint } from '../github/scene.js';
import { type ZipEntry, zipOf } from './zip-file.js';

const read = (zip: Buffer) => readSmallZip(zip, 'It', { files: 3, bytes: 10_000 });
const refused = (...entries: ZipEntry[]) => complaint(read(zipOf(entries)));

test('a small zip is read by the names of its files; folders are none', async () => {
  const files = await read(
    zipOf([
      { name: 'a.json', content: '{}' },
      { name: 'folder/', content: '' },
      { name: 'folder/b.txt', content: 'x'.repeat(9000) },
    ]),
  );
  expect([...files].map(([name, { length }]) => [name, length])).toEqual([
    ['a.json', 2],
    ['folder/b.txt', 9000],
  ]);
  expect((await read(zipOf([]))).size).toBe(0);
});

test('what is larger than it may be stops at the limit, also when it lies about that', async () => {
  expect(await refused({ name: 'a', content: Buffer.alloc(10_001) })).toBe(
    'It holds more than 10000 bytes when it is unpacked.',
  );
  expect(await refused({ name: 'a', content: Buffer.alloc(6000) }, { name: 'b', content: Buffer.alloc(6000) })).toContain(
    '10000 bytes',
  );
  expect(await refused({ name: 'a', content: Buffer.alloc(50_000_000), claimedBytes: 2 })).toContain(
    'It is no intact zip (too many bytes',
  );
  expect(await refused(...['a', 'b', 'c', 'd'].map((name) => ({ name, content: '' })))).toBe('It holds more than 3 files.');
});

test.each(['../a.json', '/etc/passwd', 'a/../../b', 'C:/a', 'a\\b'])('a file called %s is refused', async (name) => {
  expect(await refused({ name, content: '{}' })).toMatch(/^It is no intact zip \((invalid|absolute)/);
});

test('a symbolic link is read as the text that it is, and followed by nobody', async () => {
  const files = await read(zipOf([{ name: 'a.json', content: '/etc/passwd', mode: 0o120777 }]));
  expect(files.get('a.json')!.toString()).toBe('/etc/passwd');
});

test('what is no zip, or was cut off, is refused', async () => {
  const whole = zipOf([{ name: 'a.json', content: 'x'.repeat(100) }]);
  for (const zip of [Buffer.alloc(0), Buffer.from('text'), whole.subarray(0, 50), whole.subarray(10)])
    expect(await complaint(read(zip))).toMatch(/^It is no intact zip \(/);
});
