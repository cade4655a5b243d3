import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { matchesGlobs } from './patterns.js';

/**
 * `hashFiles()`: the SHA-256 over the SHA-256 of every file of the workspace that the patterns name, in path order; empty where
 * none does. Patterns with an absolute path mean nothing outside of the workspace, as on GitHub.
 */
export function hashFiles(workspace: string, patterns: readonly string[]): string {
  const relative = patterns.map((pattern) => pattern.replaceAll(`${workspace}/`, ''));
  const total = createHash('sha256');
  let count = 0;
  for (const path of filesBelow(workspace, '')) {
    if (!matchesGlobs(relative, path)) continue;
    total.update(
      createHash('sha256')
        .update(readFileSync(join(workspace, path)))
        .digest(),
    );
    count++;
  }
  return count === 0 ? '' : total.digest('hex');
}

function* filesBelow(root: string, folder: string): Generator<string> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (path !== '.git') yield* filesBelow(root, path);
    } else if (entry.isFile() || statSync(join(root, path), { throwIfNoEntry: false })?.isFile()) yield path;
  }
}
