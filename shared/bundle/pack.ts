import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { messageOf, UserError } from '../core/errors.js';
import { BUNDLE_FILES } from './files.js';
import type { Manifest } from './manifest.js';

/** What an archive may hold at most; beyond it, it is none of ours. */
export interface UnpackLimits {
  readonly files: number;
  /** In all, unpacked. */
  readonly bytes: number;
}

const LIMITS: UnpackLimits = { files: 100, bytes: 8 * 2 ** 30 };

/** The files of a bundle lie side by side; a name with a folder in it is none of theirs. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A manifest that does not name some of the bundle's files, which are then no part of it. The model's digest stays. */
export function withoutFiles(manifest: Manifest, left: readonly string[]): Manifest {
  return {
    ...manifest,
    files: Object.fromEntries(Object.entries(manifest.files).filter(([name]) => !left.includes(name))),
  };
}

/**
 * Packs a bundle as tar.gz. The same bundle gives the same bytes: the order is the alphabet's, the time is the training's.
 * @param manifest is written as the archive's manifest.json; the files that it names are packed
 * @returns sha256 (`sha256:<hex>`) of the archive
 */
export async function packBundle(directory: string, manifest: Manifest, file: string): Promise<string> {
  const archive = pack();
  const hash = createHash('sha256');
  const hashed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const mtime = new Date(manifest.training.finishedAt);
  const add = (name: string, content: Buffer | string): Promise<void> =>
    new Promise((resolve, reject) => {
      archive.entry({ name, mtime, mode: 0o644, uid: 0, gid: 0 }, content, (error) => (error ? reject(error) : resolve()));
    });
  const filling = async (): Promise<void> => {
    await add(BUNDLE_FILES.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
    for (const name of Object.keys(manifest.files).sort()) await add(name, await readFile(join(directory, name)));
    archive.finalize();
  };
  const filled = filling().catch((error: unknown) => {
    // Otherwise the archive would wait for its end for ever.
    archive.destroy();
    throw error;
  });
  const [, written] = await Promise.allSettled([
    filled,
    pipeline(archive, createGzip({ level: 9 }), hashed, createWriteStream(file)),
  ]);
  await filled;
  if (written.status === 'rejected') throw written.reason;
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Unpacks an archive into a folder that is empty or not there. Nothing in the archive is believed: only plain files
 * directly in the folder are written, each once, up to the limits.
 * @param shown how to name the archive in messages
 * @throws UserError when it holds anything else; what was written until then stays, and is no bundle
 */
export async function unpackBundle(
  file: string,
  directory: string,
  shown: string,
  limits: UnpackLimits = LIMITS,
): Promise<void> {
  const refuse = (why: string, cause?: unknown): UserError => new UserError(`${shown} is not unpacked: ${why}.`, { cause });
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty`);
  const archive = extract();
  let bytes = 0;
  // Counted behind the decompression, so that a small archive cannot become a large folder.
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      done(bytes > limits.bytes ? refuse(`it holds more than ${limits.bytes} bytes`) : null, chunk);
    },
  });
  const writing = async (): Promise<void> => {
    // Names that differ in case only are one file on some systems.
    const seen = new Set<string>();
    for await (const entry of archive) {
      const { name, type } = entry.header;
      const quoted = JSON.stringify(name.slice(0, 120));
      if (type !== 'file') throw refuse(`${quoted} is a ${type ?? 'thing of unknown kind'}, not a file`);
      if (!FILE_NAME.test(name)) throw refuse(`${quoted} is not the name of a file directly in the bundle`);
      if (seen.has(name.toLowerCase())) throw refuse(`${quoted} is in it twice`);
      seen.add(name.toLowerCase());
      if (seen.size > limits.files) throw refuse(`it holds more than ${limits.files} files`);
      // 'wx' follows no link and replaces nothing.
      await pipeline(entry, createWriteStream(join(directory, name), { flags: 'wx', mode: 0o644 }));
    }
  };
  const [read, written] = await Promise.allSettled([
    pipeline(createReadStream(file), createGunzip(), measured, archive),
    writing().catch((error: unknown) => {
      archive.destroy();
      throw error;
    }),
  ]);
  for (const outcome of [written, read]) {
    if (outcome.status === 'fulfilled') continue;
    const reason: unknown = outcome.reason;
    if (reason instanceof UserError) throw reason;
  }
  if (read.status === 'rejected') throw refuse(`it is no intact tar.gz (${messageOf(read.reason)})`, read.reason);
  if (written.status === 'rejected') throw written.reason;
}
