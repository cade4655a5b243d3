import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unzip } from './zip.js';

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly stored: boolean;
  readonly comment: string;
}

/** Writes what uploads write: sizes stand in the directory alone, behind a flag, since they are sent as a stream. */
function zip(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, stored, comment } of entries) {
    const packed = stored ? content : deflateRawSync(content);
    const [title, note] = [Buffer.from(name), Buffer.from(comment)];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 6);
    local.writeUInt16LE(title.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(stored ? 0 : 8, 10);
    entry.writeUInt32LE(crc32(content), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(title.length, 28);
    entry.writeUInt16LE(note.length, 32);
    entry.writeUInt32LE(at, 42);
    const parts = [local, title, packed];
    at += parts.reduce((sum, part) => sum + part.length, 0);
    locals.push(...parts);
    directory.push(entry, title, note);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

test('gives back what went in', () => {
  const entry = fc.record({
    name: fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
    content: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
    stored: fc.boolean(),
    comment: fc.string({ maxLength: 20 }),
  });
  const archive = fc.uniqueArray(entry, { maxLength: 8, selector: ({ name }) => name });
  fc.assert(
    fc.property(archive, (entries) => {
      expect([...unzip(zip(entries))]).toEqual(entries.map(({ name, content }) => [name, content]));
    }),
  );
});

test('says what is no archive', () => {
  expect(() => unzip(Buffer.from('x'.repeat(100)))).toThrow('this is no zip archive');
});
