import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { type CommitStore, git } from './git.js';
import type { Origin } from './origin.js';

/** Inputs of actions/checkout that are understood, with their defaults. */
export const CHECKOUT_INPUTS: Readonly<Record<string, string>> = {
  repository: '',
  ref: '',
  token: '',
  'ssh-key': '',
  'ssh-known-hosts': '',
  'ssh-strict': 'true',
  'ssh-user': 'git',
  'persist-credentials': 'true',
  path: '',
  clean: 'true',
  filter: '',
  'sparse-checkout': '',
  'sparse-checkout-cone-mode': 'true',
  'fetch-depth': '1',
  'fetch-tags': 'false',
  'show-progress': 'true',
  lfs: 'false',
  submodules: 'false',
  'set-safe-directory': 'true',
  'github-server-url': '',
};

export interface CheckoutOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly store: CommitStore;
  readonly workspace: string;
  /** The event's own commit. */
  readonly origin: Origin;
  /** Further names under which the store's commits may be asked for: the repository of a pull request's head. */
  readonly repositories: readonly string[];
  readonly log: (line: string) => void;
}

/**
 * The built-in actions/checkout: a real repository in the workspace, shallow unless `fetch-depth` says otherwise, whose objects
 * are borrowed, so that it takes no time.
 * @returns the action's outputs `ref` and `commit`.
 */
export async function checkout(options: CheckoutOptions): Promise<Record<string, string>> {
  const { inputs, store, workspace, origin, repositories, log } = options;
  const repository = inputs.repository || origin.slug;
  if (!repositories.some((name) => name.toLowerCase() === repository.toLowerCase())) {
    throw new UserError(
      `actions/checkout of repository '${repository}' is not available offline; accepted: ${repositories.join(', ')}`,
    );
  }
  for (const key of ['lfs', 'submodules']) {
    if (inputs[key] && inputs[key] !== 'false')
      throw new UserError(`actions/checkout with '${key}: ${inputs[key]}' is not available offline`);
  }
  const folder = resolve(workspace, inputs.path ?? '');
  if (relative(workspace, folder).startsWith('..')) {
    throw new UserError(`actions/checkout: path '${inputs.path}' is outside of the workspace`);
  }
  const ref = inputs.ref || origin.ref;
  const commit = inputs.ref ? await store.commit(inputs.ref) : origin.sha;
  if (!commit) throw new UserError(`actions/checkout: a branch, tag or commit '${ref}' could not be found in ${repository}`);

  mkdirSync(folder, { recursive: true });
  if (inputs.clean !== 'false' || !existsSync(join(folder, '.git'))) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  await git(folder, ['init', '--quiet', '.']);
  const internals = join(folder, '.git');
  mkdirSync(join(internals, 'objects', 'info'), { recursive: true });
  writeFileSync(join(internals, 'objects', 'info', 'alternates'), `${store.objects.join('\n')}\n`);
  await git(folder, ['config', 'remote.origin.url', `https://github.com/${repository}`]);
  await git(folder, ['config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*']);

  const everything = inputs['fetch-depth'] === '0';
  const storeShallow = join(store.directory, 'shallow');
  if (inputs['fetch-depth'] === '1') writeFileSync(join(internals, 'shallow'), `${commit}\n`);
  else if (existsSync(storeShallow)) cpSync(storeShallow, join(internals, 'shallow'));
  const wanted = everything ? ['refs/remotes/origin', 'refs/tags'] : inputs['fetch-tags'] === 'true' ? ['refs/tags'] : [];
  if (wanted.length > 0) {
    const listed = await git(store.directory, ['for-each-ref', '--format=%(objectname) %(refname)', ...wanted]);
    for (const line of listed.split('\n').filter((text) => text !== '')) {
      const [object, name] = line.split(' ') as [string, string];
      await git(folder, ['update-ref', name, object]);
    }
  }
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? ((await store.commit(`refs/remotes/origin/${ref}`)) ? ref : undefined);
  if (branch !== undefined) {
    await git(folder, ['update-ref', `refs/remotes/origin/${branch}`, commit]);
    await git(folder, ['checkout', '--quiet', '--force', '-B', branch, commit]);
  } else {
    const pull = /^refs\/pull\/\d+\/(merge|head)$/.test(ref) ? ref.replace('refs/', 'refs/remotes/') : undefined;
    if (pull) await git(folder, ['update-ref', pull, commit]);
    await git(folder, ['checkout', '--quiet', '--force', '--detach', commit]);
  }
  log(`Checked out ${repository} at ${commit} (${ref})`);
  return { ref, commit };
}
