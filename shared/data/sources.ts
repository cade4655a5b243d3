import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { type Location, UserError } from '../core/errors.js';
import { expandPattern, fixedPart, isPattern } from './glob.js';

export type FileFormat = 'csv' | 'tsv' | 'parquet' | 'json';

/** A data file that exists, is not empty and has a known format. */
export interface SourceFile {
  readonly path: string;
  /** Relative to the working directory where it stands in it; with `/` on every system. */
  readonly display: string;
  readonly format: FileFormat;
}

const FORMATS: { readonly [extension: string]: FileFormat } = {
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
  pq: 'parquet',
  json: 'json',
  ndjson: 'json',
  jsonl: 'json',
};
const ACCEPTED = 'csv, tsv, json, ndjson, jsonl (each also as .gz or .zst) and parquet';

/** The first line of the small text file that git checks out where the real one lives in Git LFS. */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/**
 * The files of `data.path`, sorted by their path and each once.
 * @param paths files and patterns, relative to `directory` or absolute
 * @param workspace the directory that paths and links cannot leave, for paths of a spec, whose author may not see other
 * files of this machine; absent: the paths come from the workflow and may lead anywhere
 * @throws UserError at `location` for what is absent, empty, of an unknown kind, not local, or a link to elsewhere
 */
export function resolveSources(
  paths: readonly string[],
  directory: string,
  location: Location,
  workspace?: string,
): readonly SourceFile[] {
  const files = new Map<string, SourceFile>();
  for (const path of paths) {
    for (const file of resolveOne(path, resolve(directory), location, workspace)) files.set(file.path, file);
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function resolveOne(path: string, directory: string, location: Location, workspace: string | undefined): SourceFile[] {
  const fail = (message: string): never => {
    throw new UserError({ message, location });
  };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    fail(`${path}: only local files can be read so far; download it in a step before this one and name the file`);
  }
  const absolute = resolve(directory, path);
  const base = workspace ?? fixedPart(absolute);
  const limit = workspace === directory ? 'working directory' : 'workspace';
  if (!inside(absolute, base)) {
    fail(`${path} leads out of the ${limit} ${base}; data elsewhere is named by the workflow, with the input \`data\``);
  }
  const found = findFiles(absolute, path, directory, fail);
  const realBase = realpathSync(base);
  return found.map((file) => {
    const display = displayPath(file, directory);
    if (!inside(realpathSync(file), realBase)) {
      fail(`${display} is a link to a file outside ${base}; data files are not followed there`);
    }
    return { path: file, display, format: checkedFormat(file, display, fail) };
  });
}

function findFiles(absolute: string, path: string, directory: string, fail: (message: string) => never): string[] {
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats?.isFile()) return [absolute];
  if (stats?.isDirectory())
    return fail(`${path} is a directory; name its files, for example ${path.replace(/\/+$/, '')}/*.parquet`);
  if (!isPattern(path)) return fail(`${path}: no such file in ${directory}`);
  const found = expandPattern(absolute);
  return found.length > 0 ? found : fail(`${path}: no file in ${directory} matches this pattern`);
}

function checkedFormat(file: string, display: string, fail: (message: string) => never): FileFormat {
  const [, extension = '', compression] = /\.([^./\\]+?)(?:\.(gz|zst))?$/i.exec(file.toLowerCase()) ?? [];
  const format = Object.hasOwn(FORMATS, extension) ? FORMATS[extension] : undefined;
  if (!format) return fail(`${display}: the kind of this file is not known by its name; accepted are ${ACCEPTED}`);
  if (format === 'parquet' && compression) {
    return fail(
      `${display}: Parquet is compressed inside and is read as .parquet; unpack the .${compression} in a step before`,
    );
  }
  const head = firstBytes(file, 200);
  if (head.length === 0) return fail(`${display} is empty (0 bytes)`);
  const mark = head.toString('latin1', 0, 2);
  if (mark === '\xff\xfe' || mark === '\xfe\xff') {
    return fail(`${display} is UTF-16 text (its byte-order mark says so); convert it (iconv -f utf-16 -t utf-8)`);
  }
  if (head.toString('latin1').startsWith(LFS_POINTER)) {
    return fail(`${display} is a Git LFS pointer, not the data; add \`lfs: true\` to the actions/checkout step`);
  }
  return format;
}

function firstBytes(file: string, count: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(count);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, count, 0));
  } finally {
    closeSync(descriptor);
  }
}

function displayPath(file: string, directory: string): string {
  const path = inside(file, directory) ? relative(directory, file) || '.' : file;
  return path.split(sep).join('/');
}

function inside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}
