import { execFile } from 'node:child_process';

const MAX_OUTPUT = 256 * 1024 * 1024;

/** The full SHA of the commit that a ref, tag or SHA names; undefined where there is none. */
export async function resolveCommit(directory: string, ref: string): Promise<string | undefined> {
  // A lone `@` is HEAD to git, which is no ref here; inside a name, as in a model's tags, it is a letter like others.
  if (ref === '' || ref === '@' || ref.startsWith('-') || ref.includes('..') || /[\s~^:?*[\\{]/.test(ref)) return undefined;
  const output = await runGit(directory, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  return output?.toString('utf8').trim();
}

/** A file of a commit; undefined where the path is absent or a directory. */
export async function readBlob(
  directory: string,
  commit: string,
  path: string,
): Promise<{ sha: string; bytes: Buffer } | undefined> {
  const listed = await listTree(directory, [commit, '--', path]);
  const entry = listed?.find((item) => item.path === path && item.kind === 'file');
  if (entry === undefined) return undefined;
  const bytes = await runGit(directory, ['cat-file', 'blob', entry.sha]);
  return bytes === undefined ? undefined : { sha: entry.sha, bytes };
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'dir';
  readonly sha: string;
  /** Bytes; 0 for a directory. */
  readonly size: number;
}

/** What a directory of a commit holds; undefined where it is absent or no directory. */
export async function listDirectory(
  directory: string,
  commit: string,
  path: string,
): Promise<readonly DirectoryEntry[] | undefined> {
  const listed = await listTree(directory, [`${commit}:${path}`]);
  return listed?.map(({ path: name, kind, sha, size }) => ({ name, kind, sha, size }));
}

/** What a pull request changes: lines and files against the merge base, and its commits. */
export async function changes(
  directory: string,
  base: string,
  head: string,
): Promise<{ additions: number; deletions: number; files: number; commits: number } | undefined> {
  const diff = await runGit(directory, ['diff', '--numstat', `${base}...${head}`, '--']);
  const count = await runGit(directory, ['rev-list', '--count', `${base}..${head}`, '--']);
  if (diff === undefined || count === undefined) return undefined;
  const lines = diff.toString('utf8').split('\n').filter(Boolean);
  const total = (column: number): number =>
    lines.reduce((sum, line) => sum + (Number.parseInt(line.split('\t')[column] ?? '', 10) || 0), 0);
  return { additions: total(0), deletions: total(1), files: lines.length, commits: Number(count.toString('utf8')) };
}

/** The tree of two commits merged; undefined where they conflict, or one is not there. */
export async function mergedTree(directory: string, base: string, head: string): Promise<string | undefined> {
  const output = await runGit(directory, ['merge-tree', '--write-tree', '--no-messages', base, head]);
  return output?.toString('utf8').split('\n')[0]?.trim();
}

async function listTree(directory: string, what: readonly string[]) {
  const output = await runGit(directory, ['--literal-pathspecs', 'ls-tree', '-z', '--long', '--full-tree', ...what]);
  return output
    ?.toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const match = /^\d+ (blob|tree) ([0-9a-f]{40,64}) +(\d+|-)\t(.*)$/s.exec(line);
      if (match === null) return [];
      const kind: 'file' | 'dir' = match[1] === 'blob' ? 'file' : 'dir';
      return [{ kind, sha: match[2]!, size: match[3] === '-' ? 0 : Number(match[3]), path: match[4]! }];
    });
}

/** The output of git, given `input` if any; undefined where it fails. */
export function runGit(directory: string, parameters: readonly string[], input?: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const child = execFile(
      'git',
      ['-C', directory, ...parameters],
      { encoding: 'buffer', maxBuffer: MAX_OUTPUT, env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' } },
      (error, output) => resolve(error === null ? output : undefined),
    );
    // Git may end before it has read everything; its exit says what that means.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}
