import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../core/errors.js';
import type { SourceFile } from './sources.js';

/**
 * Packed files that were cut off: the engine reads them to where they end, and says nothing when that happens to be the end
 * of a row. A quarter of the rows can be gone so, from an upload that stopped.
 * @throws UserError at the first that is not whole
 */
export async function refuseCutArchives(files: readonly SourceFile[]): Promise<void> {
  for (const file of files) {
    const isWhole = /\.gz$/i.test(file.path) ? wholeGzip : /\.zst$/i.test(file.path) ? wholeZstandard : undefined;
    // What is no packed file at all is for the engine to say.
    if (!isWhole || (await isWhole(file.path))) continue;
    throw new UserError({
      message: 'the packed file is not whole (cut off, or damaged inside): pack and upload it again',
      location: { file: file.display },
    });
  }
}

/** Its end has the length and a checksum of the content, so all of it is unpacked, a piece at a time. */
async function wholeGzip(path: string): Promise<boolean> {
  if (!(await beginsWith(path, Buffer.of(0x1f, 0x8b)))) return true;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(path), createGunzip({ chunkSize: 1 << 20 }), nowhere);
    return true;
  } catch {
    return false;
  }
}

const FRAME = 0xfd2fb528;
const SKIPPED_FRAME = 0x184d2a50;

/** A frame is a header and blocks that name their lengths (RFC 8878), so nothing has to be unpacked. */
async function wholeZstandard(path: string): Promise<boolean> {
  if (!(await beginsWith(path, Buffer.of(0x28, 0xb5, 0x2f, 0xfd)))) return true;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let at = 0;
    while (at < size) {
      const end = await endOfFrame(file, at);
      if (end === undefined || end > size) return false;
      at = end;
    }
    return true;
  } finally {
    await file.close();
  }
}

async function beginsWith(path: string, magic: Buffer): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = await bytesAt(file, 0, magic.length);
    return magic.subarray(0, head.length).equals(head);
  } finally {
    await file.close();
  }
}

/** Undefined where no frame begins, or within one that ends. */
async function endOfFrame(file: FileHandle, start: number): Promise<number | undefined> {
  const head = await bytesAt(file, start, 8);
  if (head.length < 5) return undefined;
  const magic = head.readUInt32LE(0);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPED_FRAME) return head.length < 8 ? undefined : start + 8 + head.readUInt32LE(4);
  if (magic !== FRAME) return undefined;
  const descriptor = head[4]!;
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  let at = start + 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (;;) {
    const block = await bytesAt(file, at, 3);
    if (block.length < 3) return undefined;
    const header = block.readUIntLE(0, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : header >> 3);
    if ((header & 1) === 1) return at + ((descriptor & 4) === 0 ? 0 : 4);
  }
}

async function bytesAt(file: FileHandle, position: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, position);
  return buffer.subarray(0, bytesRead);
}
