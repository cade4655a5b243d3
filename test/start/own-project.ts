import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { ROOT } from '../docs/action-files.js';
import type { Project } from './project.js';

/**
 * Anyone's own project. Its main is the last commit of its git repository, and the pull request is what the work tree
 * changes; without git, or without a change, the pull request changes nothing. A workflow that calls model-ci.yml is
 * added when the project has none.
 */
export async function ownProject(path: string): Promise<Project> {
  if (!existsSync(join(path, 'mlops.yaml')))
    throw new UserError(`${path} has no mlops.yaml. The README shows one of twelve lines.`);
  const committed = isRepository(path);
  return {
    name:
      basename(path)
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-') || 'project',
    title: 'What the work tree changes',
    branch: 'work-tree',
    async fillMain(git) {
      if (committed) {
        // Data that git ignores is part of a work tree all the same.
        await git.add(path);
        const tracked = execFileSync('git', ['-C', path, 'archive', '--format=tar', 'HEAD'], { maxBuffer: 1 << 30 });
        execFileSync('tar', ['-xf', '-', '-C', git.directory], { input: tracked });
      } else await git.add(path);
      await addCaller(git.directory);
    },
    async change(git) {
      await git.add(path);
      await addCaller(git.directory);
    },
  };
}

function isRepository(path: string): boolean {
  try {
    execFileSync('git', ['-C', path, 'rev-parse', '--verify', 'HEAD'], { stdio: 'ignore' });
    // A folder inside of a larger repository is taken as it is on disk.
    return existsSync(join(path, '.git'));
  } catch {
    return false;
  }
}

async function addCaller(directory: string): Promise<void> {
  const workflows = join(directory, '.github/workflows');
  await mkdir(workflows, { recursive: true });
  for (const file of await readdir(workflows)) {
    if ((await readFile(join(workflows, file), 'utf8')).includes('model-ci.yml')) return;
  }
  // Other workflows need things that are not here (secrets, other actions), and are not what is shown.
  await rm(workflows, { recursive: true });
  await cp(join(ROOT, 'test/projects/penguins/main/.github/workflows'), workflows, { recursive: true });
}
