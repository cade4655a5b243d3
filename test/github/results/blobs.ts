import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { BlobError } from '../errors.js';

interface Blob {
  /** Uploaded blocks by their id, until a block list joins them. */
  readonly blocks: Map<string, Buffer>;
  content: Buffer | undefined;
  contentType: string;
  etag: string;
  /** No further upload is taken: whoever asked for it has said that it is complete. */
  sealed: boolean;
}

export interface BlobAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes?: Buffer;
}

/** A block blob may have 50,000 blocks. */
const MAX_BLOCKS = 50_000;

/**
 * Block blobs behind signed addresses, as Azure serves them: blocks arrive in any order and a list joins them. The
 * signature is hex, since some clients lose the padding of base64 in a query.
 */
export class Blobs {
  readonly #blobs = new Map<string, Blob>();
  readonly #key = randomBytes(32);
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new, empty blob; `path` is `<container>/<blob>`. */
  create(path: string): void {
    this.#blobs.set(path, {
      blocks: new Map(),
      content: undefined,
      contentType: 'application/octet-stream',
      etag: newEtag(),
      sealed: false,
    });
  }

  /** A complete blob, which nobody may change. */
  put(path: string, content: Buffer, contentType: string): void {
    this.#blobs.set(path, { blocks: new Map(), content, contentType, etag: newEtag(), sealed: true });
  }

  delete(path: string): void {
    this.#blobs.delete(path);
  }

  /** The bytes of a complete blob; undefined while no block list was sent. */
  content(path: string): Buffer | undefined {
    return this.#blobs.get(path)?.content;
  }

  seal(path: string): void {
    const blob = this.#blobs.get(path);
    if (blob !== undefined) blob.sealed = true;
  }

  /** An address that is good for one blob, for reading or writing, for `seconds`. */
  sign(origin: string, path: string, permission: 'r' | 'w', seconds: number, fileName?: string): string {
    const expiry = String(Math.floor(this.#now() / 1000) + seconds);
    const query = new URLSearchParams({ se: expiry, sp: permission });
    if (fileName !== undefined) query.set('rscd', `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`);
    query.set('sig', this.#signature(path, query));
    return `${origin}/blobs/${path}?${query.toString()}`;
  }

  /** `path` is what follows `/blobs/`. */
  answer(
    method: string,
    path: string,
    query: URLSearchParams,
    headers: Readonly<Record<string, string | undefined>>,
    body: Buffer,
  ): BlobAnswer {
    const writes = method === 'PUT';
    if (!writes && method !== 'GET' && method !== 'HEAD') {
      throw new BlobError(405, 'UnsupportedHttpVerb', 'The resource does not support the specified HTTP verb.');
    }
    this.#authenticate(path, query, writes ? 'w' : 'r');
    const blob = this.#blobs.get(path);
    if (blob === undefined) throw new BlobError(404, 'BlobNotFound', 'The specified blob does not exist.');
    if (!writes) return this.#read(blob, query, headers.range);
    if (blob.sealed) throw new BlobError(409, 'BlobImmutableDueToPolicy', 'The blob is complete and cannot be changed.');
    this.#write(blob, query, headers, body);
    return { status: 201, headers: common(blob) };
  }

  #write(blob: Blob, query: URLSearchParams, headers: Readonly<Record<string, string | undefined>>, body: Buffer): void {
    const kind = query.get('comp');
    if (kind === 'block') {
      const id = query.get('blockid') ?? '';
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(id) || Buffer.from(id, 'base64').length > 64) {
        throw new BlobError(400, 'InvalidQueryParameterValue', 'blockid is not base64 of at most 64 bytes.');
      }
      if (blob.blocks.size >= MAX_BLOCKS) throw new BlobError(409, 'BlockCountExceedsLimit', 'Too many blocks.');
      blob.blocks.set(id, body);
    } else if (kind === 'blocklist') {
      const ids = [...body.toString('utf8').matchAll(/<(?:Latest|Uncommitted)>([^<]*)</g)].map((match) => match[1]!);
      const parts = ids.map((id) => {
        const block = blob.blocks.get(id);
        if (block === undefined) throw new BlobError(400, 'InvalidBlockList', `The block ${id} was not uploaded.`);
        return block;
      });
      blob.content = Buffer.concat(parts);
      blob.contentType = headers['x-ms-blob-content-type'] ?? 'application/octet-stream';
      blob.blocks.clear();
    } else if (kind === null) {
      if (headers['x-ms-blob-type'] !== 'BlockBlob') {
        throw new BlobError(400, 'MissingRequiredHeader', 'x-ms-blob-type: BlockBlob is required.');
      }
      blob.content = body;
      blob.contentType = headers['x-ms-blob-content-type'] ?? headers['content-type'] ?? 'application/octet-stream';
    } else throw new BlobError(400, 'InvalidQueryParameterValue', 'comp is not block or blocklist.');
    blob.etag = newEtag();
  }

  #read(blob: Blob, query: URLSearchParams, range: string | undefined): BlobAnswer {
    const content = blob.content;
    if (content === undefined) throw new BlobError(404, 'BlobNotFound', 'The specified blob does not exist.');
    const disposition = query.get('rscd');
    const headers = {
      ...common(blob),
      'Content-Type': blob.contentType,
      'Accept-Ranges': 'bytes',
      ...(disposition === null ? {} : { 'Content-Disposition': disposition }),
    };
    const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
    if (asked === null) return { status: 200, headers, bytes: content };
    const start = Number(asked[1]);
    if (start >= content.length) throw new BlobError(416, 'InvalidRange', 'The range is past the end of the blob.');
    const end = Math.min(asked[2] === '' ? content.length - 1 : Number(asked[2]), content.length - 1);
    return {
      status: 206,
      headers: { ...headers, 'Content-Range': `bytes ${start}-${end}/${content.length}` },
      bytes: content.subarray(start, end + 1),
    };
  }

  #authenticate(path: string, query: URLSearchParams, permission: string): void {
    const expected = Buffer.from(this.#signature(path, query));
    const given = Buffer.from(query.get('sig') ?? '');
    const genuine = expected.length === given.length && timingSafeEqual(expected, given);
    const fresh = Number(query.get('se')) * 1000 > this.#now();
    if (!genuine || !fresh || query.get('sp') !== permission) {
      throw new BlobError(403, 'AuthenticationFailed', 'Server failed to authenticate the request.');
    }
  }

  #signature(path: string, query: URLSearchParams): string {
    const signed = [path, query.get('se'), query.get('sp'), query.get('rscd')];
    return createHmac('sha256', this.#key).update(JSON.stringify(signed)).digest('hex');
  }
}

function common(blob: Blob): Record<string, string> {
  return {
    ETag: blob.etag,
    'Last-Modified': new Date().toUTCString(),
    'x-ms-request-id': randomBytes(8).toString('hex'),
    'x-ms-version': '2026-04-06',
  };
}

function newEtag(): string {
  return `"0x${randomBytes(8).toString('hex').toUpperCase()}"`;
}
