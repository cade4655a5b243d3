import { messageOf, UserError } from '../core/errors.js';

/** What a small archive may hold at most. */
export interface ZipLimits {
  readonly files: number;
  /** In all, unpacked. */
  readonly bytes: number;
}

/**
 * Reads a small zip that anybody may have written, in memory. No name in it becomes a path of this machine, and what is
 * larger than it says is refused before it is there.
 * @param shown how to name the archive in messages
 * @returns the files by the names that the archive gives them
 * @throws UserError when it is no zip, or holds more than the limits
 */
export async function readSmallZip(zip: Buffer, shown: string, limits: ZipLimits): Promise<ReadonlyMap<string, Buffer>> {
  // Bundled, a CommonJS module has its names only there.
  const { fromBufferPromise } = (await import('yauzl')).default;
  const files = new Map<string, Buffer>();
  let bytes = 0;
  try {
    const archive = await fromBufferPromise(zip, { lazyEntries: true, strictFileNames: true });
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      bytes += entry.uncompressedSize;
      if (files.size >= limits.files) throw new UserError(`${shown} holds more than ${limits.files} files.`);
      if (bytes > limits.bytes) throw new UserError(`${shown} holds more than ${limits.bytes} bytes when it is unpacked.`);
      const chunks: Buffer[] = [];
      // Ends with an error as soon as there is more than the entry says.
      for await (const chunk of await archive.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      files.set(entry.fileName, Buffer.concat(chunks));
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${shown} is no intact zip (${messageOf(error)}).`, { cause: error });
  }
  return files;
}
