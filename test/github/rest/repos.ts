import { GitHubError, notFound } from '../errors.js';
import { listDirectory, readBlob, resolveCommit } from '../git.js';
import { knownHeads } from '../heads.js';
import { peelToCommit } from '../objects/store.js';
import { nodeId, type RepositoryRecord, type State, timestamp } from '../state.js';
import type { Repository } from '../types.js';
import type { Answer, Call, Route } from './route.js';
import { simpleUser } from './users.js';

/** The addresses that every repository object carries: the name of the field and the path below the repository. */
const ADDRESSES = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
} as const;

type Addresses = { readonly [field in keyof typeof ADDRESSES]: string };

/** A repository as it stands inside runs and other things. */
export function minimalRepository(record: RepositoryRecord, apiUrl: string) {
  const { repository } = record;
  const url = repositoryUrl(repository, apiUrl);
  const addresses = Object.fromEntries(Object.entries(ADDRESSES).map(([field, path]) => [field, url + path])) as Addresses;
  return {
    id: repository.id,
    node_id: nodeId('R_', repository.id),
    name: repository.name,
    full_name: repository.fullName,
    owner: simpleUser(repository.owner, apiUrl),
    private: record.private,
    html_url: htmlUrl(repository),
    description: null,
    fork: record.forkOf !== undefined,
    url,
    ...addresses,
  };
}

/** A repository as pull requests and forks show it. */
export function repositoryObject(state: State, record: RepositoryRecord, apiUrl: string) {
  const { repository } = record;
  const forks = state.repositories.filter((other) => other.forkOf?.id === repository.id).length;
  const open = state.pullRequests.filter(
    (pull) => pull.state === 'open' && pull.current.base.repository.id === repository.id,
  ).length;
  return {
    ...minimalRepository(record, apiUrl),
    git_url: `git://github.com/${repository.fullName}.git`,
    ssh_url: `git@github.com:${repository.fullName}.git`,
    clone_url: `${htmlUrl(repository)}.git`,
    svn_url: htmlUrl(repository),
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks,
    forks_count: forks,
    open_issues: open,
    open_issues_count: open,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    is_template: false,
    topics: [],
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: record.private ? 'private' : 'public',
    allow_forking: true,
    web_commit_signoff_required: false,
    pushed_at: timestamp(record.createdAt),
    created_at: timestamp(record.createdAt),
    updated_at: timestamp(record.createdAt),
  };
}

export function repositoryUrl(repository: Repository, apiUrl: string): string {
  return `${apiUrl}/repos/${repository.fullName}`;
}

export function htmlUrl(repository: Repository): string {
  return `https://github.com/${repository.fullName}`;
}

/** The commit that a branch, `heads/...`, `tags/...` or SHA names; 422 as GitHub has it where there is none. */
export async function commitAt(call: Call, ref: string): Promise<string> {
  const sha = await findCommit(call, ref);
  if (sha === undefined) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
  return sha;
}

/**
 * As `commitAt`, undefined where there is none. Without a git directory a full SHA is taken as it is, and branches are
 * those of pull requests and runs.
 */
export async function findCommit(call: Call, ref: string): Promise<string | undefined> {
  const { repository } = call.record;
  const { commits } = knownHeads(call.state, repository);
  if (commits.has(ref)) return ref;
  if (repository.gitDirectory !== undefined) return resolveCommit(repository.gitDirectory, ref);
  if (/^[0-9a-f]{40}$/.test(ref)) return ref;
  const { objects } = call.record;
  for (const name of [ref, `refs/${ref}`, `refs/tags/${ref}`, `refs/heads/${ref}`]) {
    const found = await objects.ref(name);
    if (found !== undefined) return peelToCommit(objects, found.sha);
  }
  return undefined;
}

function getRepository(call: Call): Answer {
  const { state, record, apiUrl, actor } = call;
  const parent = record.forkOf === undefined ? undefined : state.recordOf(record.forkOf);
  const source = parent === undefined ? undefined : repositoryObject(state, parent, apiUrl);
  const writes = actor.kind === 'person' || (actor.kind === 'job' && actor.job.permissions.contents === 'write');
  return {
    status: 200,
    body: {
      ...repositoryObject(state, record, apiUrl),
      ...(actor.kind === 'anonymous'
        ? {}
        : {
            permissions: {
              admin: actor.kind === 'person',
              maintain: actor.kind === 'person',
              push: writes,
              triage: writes,
              pull: true,
            },
          }),
      ...(source === undefined ? {} : { parent: source, source }),
      subscribers_count: 0,
      network_count: 0,
    },
  };
}

async function getContents(call: Call): Promise<Answer> {
  const { repository } = call.record;
  const directory = repository.gitDirectory;
  if (directory === undefined) throw notFound();
  const path = (call.params.path ?? '').replace(/\/$/, '');
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) throw notFound();
  const ref = call.query.get('ref') ?? repository.defaultBranch;
  const commit = await resolveCommit(directory, ref);
  if (commit === undefined) throw new GitHubError(404, `No commit found for the ref ${ref}`);
  const file = await readBlob(directory, commit, path);
  const entry = (name: string, at: string, kind: 'file' | 'dir', sha: string, size: number) => {
    const self = `${repositoryUrl(repository, call.apiUrl)}/contents/${encodePath(at)}?ref=${encodeURIComponent(ref)}`;
    const git = `${repositoryUrl(repository, call.apiUrl)}/git/${kind === 'file' ? 'blobs' : 'trees'}/${sha}`;
    const html = `${htmlUrl(repository)}/${kind === 'file' ? 'blob' : 'tree'}/${encodePath(ref)}/${encodePath(at)}`;
    const download =
      kind === 'dir' ? null : `https://raw.githubusercontent.com/${repository.fullName}/${encodePath(ref)}/${encodePath(at)}`;
    return {
      ...{ name, path: at, sha, size, url: self, html_url: html, git_url: git, download_url: download },
      _links: { self, git, html },
    };
  };
  if (file === undefined) {
    const listed = await listDirectory(directory, commit, path);
    if (listed === undefined) throw notFound();
    return {
      status: 200,
      body: listed.map((item) => ({
        ...entry(item.name, `${path}/${item.name}`, item.kind, item.sha, item.size),
        type: item.kind,
      })),
    };
  }
  if (/application\/vnd\.github(\.v3)?\.raw/.test(call.accept)) {
    return { status: 200, raw: { bytes: file.bytes, contentType: 'application/vnd.github.raw+json; charset=utf-8' } };
  }
  // GitHub hands out no content above 1 MB here unless raw is asked for.
  const tooLarge = file.bytes.length > 1024 * 1024;
  return {
    status: 200,
    body: {
      ...entry(path.split('/').at(-1)!, path, 'file', file.sha, file.bytes.length),
      type: 'file',
      content: tooLarge ? '' : file.bytes.toString('base64').replace(/.{60}/g, '$&\n'),
      encoding: tooLarge ? 'none' : 'base64',
    },
  };
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

export const repositoryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}',
    access: { level: 'read', anyOf: [] },
    handle: getRepository,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/contents/{path}',
    access: { level: 'read', anyOf: ['contents'] },
    handle: getContents,
  },
];
