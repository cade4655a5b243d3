import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { unpackBundle } from '../bundle/pack.js';
import { type Bundle, readBundle } from '../bundle/read.js';

/** Folders of this name are unfinished, and are removed when the server starts. */
export const INCOMING = '.incoming-';

const MIB = 2 ** 20;

/** An archive may grow to this many times its size: far more than a model packs by, far less than a bomb. */
const MOST_GROWTH = 100;
const SMALLEST_LIMIT = 64 * MIB;
const LARGEST_LIMIT = 4096 * MIB;

/**
 * Unpacks an archive into a new folder below a root and verifies the bundle. Nothing stays when it is refused.
 * @param shown how messages name the archive
 * @throws UserError for anything but a whole and unchanged bundle
 */
export async function unpackVerified(archive: string, root: string, shown: string): Promise<Bundle> {
  const directory = join(root, `${INCOMING}${randomBytes(8).toString('hex')}`);
  try {
    const { size } = await stat(archive);
    const bytes = Math.min(LARGEST_LIMIT, Math.max(SMALLEST_LIMIT, size * MOST_GROWTH));
    await unpackBundle(archive, directory, shown, { files: 100, bytes });
    return await readBundle(directory, shown);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** sha256 of a file as hex digits. */
export async function hashOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
