import { GitHubError, notFound } from '../errors.js';
import { textOf } from '../fields.js';
import { mergedTree, runGit } from '../git.js';
import { encodeCommit, type Person } from '../objects/object.js';
import { loginOf, type PullRequestRecord } from '../state.js';
import { keep } from './git-data.js';
import { raisePush } from './refs.js';
import { type Answer, type Call, idOf, type Route } from './route.js';
import { simpleUser } from './users.js';

/**
 * Merges a pull request into its base branch, which starts what a push of the person who merges starts. By a merge commit
 * or squashed; rebasing is switched off in the repositories of this GitHub.
 */
async function merge(call: Call): Promise<Answer> {
  const { record, state, body } = call;
  const { objects, repository } = record;
  const number = idOf(call, 'pull_number');
  const found = number === undefined ? undefined : state.pullRequest(repository, number);
  if (found === undefined) throw notFound();
  const method = textOf(body, 'merge_method') ?? 'merge';
  if (method === 'rebase') throw new GitHubError(405, 'Rebase merges are not allowed on this repository.');
  const { head, title } = found.current;
  const wanted = textOf(body, 'sha');
  if (wanted !== undefined && wanted !== head.sha)
    throw new GitHubError(409, 'Head branch was modified. Review and try the merge again.');
  const base = await objects.ref(`refs/heads/${found.current.base.ref}`);
  const tree = found.state === 'open' && base !== undefined ? await treeOf(found, base.sha) : undefined;
  if (base === undefined || tree === undefined) throw new GitHubError(405, 'Pull Request is not mergeable');

  const squash = method === 'squash';
  const headline = squash
    ? `${title} (#${number})`
    : `Merge pull request #${number} from ${head.repository.owner}/${head.ref}\n\n${title}`;
  const given = textOf(body, 'commit_title');
  const detail = textOf(body, 'commit_message');
  const message = given === undefined ? headline : detail === undefined ? given : `${given}\n\n${detail}`;
  const author = personOf(call);
  const committer: Person = { name: 'GitHub', email: 'noreply@github.com', at: author.at };
  const parents = squash ? [base.sha] : [base.sha, head.sha];
  const sha = await keep(call, encodeCommit({ tree, parents, author, committer, message }));
  if (!(await objects.setRef(base.name, sha, base.sha)))
    throw new GitHubError(405, 'Base branch was modified. Review and try the merge again.');
  found.state = 'closed';
  found.closedAt = found.mergedAt = found.updatedAt = state.now();
  state.raise('pull_request', 'closed', repository, call.actor, {
    payload: { number, pull_request: { number, merged: true } },
  });
  raisePush(call, base.name, base.sha, sha);
  return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
}

/** The tree of both sides together; undefined where they conflict, or there is no git directory to merge in. */
async function treeOf({ current: { head, base } }: PullRequestRecord, onto: string): Promise<string | undefined> {
  const into = base.repository.gitDirectory;
  if (into === undefined) return undefined;
  const from = head.repository.gitDirectory;
  // A fork's commits come with the merge, as they would by a fetch of refs/pull/N/head.
  if (from !== undefined && from !== into)
    await runGit(into, ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', from, head.sha]);
  return mergedTree(into, onto, head.sha);
}

function personOf(call: Call): Person {
  const login = loginOf(call.actor);
  const { id } = simpleUser(login, call.apiUrl);
  return { name: login, email: `${id}+${login}@users.noreply.github.com`, at: Math.floor(call.state.now() / 1000) * 1000 };
}

export const mergeRoutes: readonly Route[] = [
  {
    method: 'PUT',
    path: '/repos/{owner}/{repo}/pulls/{pull_number}/merge',
    access: { level: 'write', anyOf: ['contents'] },
    handle: merge,
  },
];
