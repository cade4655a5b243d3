import { setTimeout } from 'node:timers/promises';
import type { Json } from '../core/json.js';
import type { GitHubClient, RepositoryName } from './client.js';
import { type Attempt, attempt, statusOf } from './errors.js';
import { keepHiddenBlock, withHiddenBlock } from './hidden-block.js';

/** What tells our issue from all others. */
export interface IssueIdentity {
  readonly repository: RepositoryName;
  /** The hidden first line of its text. */
  readonly marker: string;
  /** The login that writes our issues: anybody can copy the marker, so it alone proves nothing. */
  readonly author: string;
  readonly label: string;
}

export interface OwnIssue {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly isOpen: boolean;
  /** Why it is closed: `completed`, `not_planned`, `duplicate`. */
  readonly reason: string | null;
}

export interface IssueContent {
  readonly title: string;
  /** Starts with the marker. At most 65,536 characters. */
  readonly body: string;
}

/** `open`: there shall be an open one. `closed`: none is open. `as it is`: one that is there is brought up to date. */
export type WantedState = 'open' | 'closed' | 'as it is';

export interface KeptIssue {
  readonly number: number;
  readonly url: string;
  readonly isOpen: boolean;
  readonly done: 'created' | 'reopened' | 'updated' | 'closed' | 'nothing';
}

const TRIES = 3;
const WAIT_MS = 200;

const details = (what: string): Attempt => ({ what, permission: 'issues: write', fromFork: false });

/** Our issues, the oldest first; more than one only where two runs made one at the same time. */
export async function findIssues(client: GitHubClient, identity: IssueIdentity): Promise<OwnIssue[]> {
  const labelled = await listIssues(client, identity, { labels: identity.label, state: 'all' });
  if (labelled.length > 0) return labelled;
  // Somebody may have taken the label away.
  return listIssues(client, identity, { state: 'open' });
}

async function listIssues(
  client: GitHubClient,
  { repository, marker, author }: IssueIdentity,
  filter: { readonly labels?: string; readonly state: 'all' | 'open' },
): Promise<OwnIssue[]> {
  const issues = await attempt(details('list the issues'), () =>
    client.paginate(client.rest.issues.listForRepo, {
      ...{ ...repository, creator: author, sort: 'created', direction: 'asc', per_page: 100 },
      ...filter,
    }),
  );
  return issues
    .filter(({ pull_request, user, body }) => !pull_request && user?.login === author && firstLine(body ?? '') === marker)
    .map((issue) => ({
      ...{ number: issue.number, url: issue.html_url, title: issue.title, body: issue.body ?? '' },
      ...{ isOpen: issue.state === 'open', reason: issue.state_reason ?? null },
    }))
    .sort((a, b) => a.number - b.number);
}

/** GitHub stores line ends as they came; a person's edit in the browser makes them CR LF. */
function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!;
}

export interface IssueRequest extends IssueIdentity {
  /** What there shall be; a function is given the issue that there is. */
  readonly wanted: WantedState | ((existing: OwnIssue | undefined) => WantedState);
  /** The text, given the issue that there is. */
  readonly content: (existing: OwnIssue | undefined) => IssueContent;
  /** Hidden blocks of other programs, which stay as they are. */
  readonly keep: readonly string[];
  /** Whether a person who closed it has had the last word; default: it is opened again. */
  readonly staysClosed?: (issue: OwnIssue) => boolean;
}

/**
 * Keeps one issue: makes it, brings it up to date, closes it, opens it again. However many runs do so at the same time, and
 * whatever answer is lost, one is open at the end: the oldest stays, younger ones are closed as its duplicates.
 * @returns undefined when there is none, and none was wanted
 */
export async function keepIssue(client: GitHubClient, request: IssueRequest): Promise<KeptIssue | undefined> {
  const existing = await findIssues(client, request);
  if (existing.length > 0) return bringUpToDate(client, request, existing);
  if (wantedOf(request) !== 'open') return undefined;
  const made = await create(client, request);
  const all = await findIssues(client, request);
  const oldest = all[0];
  // Not listed yet: lists may lag behind.
  if (!oldest || oldest.number >= made.number) {
    await closeDuplicates(
      client,
      request,
      all.filter(({ number }) => number > made.number),
      made.number,
    );
    return { ...made, isOpen: true, done: 'created' };
  }
  const own = all.some(({ number }) => number === made.number) ? all : [...all, { ...made, isOpen: true, reason: null }];
  return bringUpToDate(client, request, own);
}

function wantedOf({ wanted }: IssueRequest, existing?: OwnIssue): WantedState {
  return typeof wanted === 'function' ? wanted(existing) : wanted;
}

async function bringUpToDate(client: GitHubClient, request: IssueRequest, issues: readonly OwnIssue[]): Promise<KeptIssue> {
  const { repository, content, keep, staysClosed } = request;
  const [issue, ...younger] = issues as [OwnIssue, ...OwnIssue[]];
  await closeDuplicates(client, request, younger, issue.number);
  const wanted = wantedOf(request, issue);
  const { title, body } = content(issue);
  const text = keep.reduce((kept, name) => keepHiddenBlock(kept, issue.body, name), body);
  const opens = wanted === 'open' && !issue.isOpen && !staysClosed?.(issue);
  const closes = wanted === 'closed' && issue.isOpen;
  const isSame = issue.title === title && issue.body.replaceAll('\r\n', '\n') === text;
  if (!opens && !closes && isSame) return { number: issue.number, url: issue.url, isOpen: issue.isOpen, done: 'nothing' };
  await attempt(details(`update issue #${issue.number}`), () =>
    client.rest.issues.update({
      ...repository,
      issue_number: issue.number,
      ...(!isSame && { title, body: text }),
      ...(opens && { state: 'open' as const }),
      ...(closes && { state: 'closed' as const, state_reason: 'completed' as const }),
    }),
  );
  return {
    number: issue.number,
    url: issue.url,
    isOpen: opens || (issue.isOpen && !closes),
    done: opens ? 'reopened' : closes ? 'closed' : 'updated',
  };
}

async function closeDuplicates(
  client: GitHubClient,
  { repository }: IssueRequest,
  issues: readonly OwnIssue[],
  oldest: number,
): Promise<void> {
  for (const { number, isOpen } of issues) {
    if (!isOpen) continue;
    await attempt(details(`close issue #${number}, a duplicate of #${oldest}`), () =>
      client.rest.issues.update({ ...repository, issue_number: number, state: 'closed', state_reason: 'duplicate' }),
    );
  }
}

/** Sent once a try: a create whose answer was lost is looked for before it is sent again. */
async function create(client: GitHubClient, request: IssueRequest): Promise<Omit<OwnIssue, 'isOpen' | 'reason'>> {
  const { repository, label } = request;
  const { title, body } = request.content(undefined);
  return attempt(details('open an issue'), async () => {
    for (let tried = 1; ; tried++) {
      try {
        const { data } = await client.rest.issues.create({
          ...{ ...repository, title, body, labels: [label] },
          request: { retries: 0 },
        });
        return { number: data.number, url: data.html_url, title, body };
      } catch (error) {
        const status = statusOf(error);
        if (status !== undefined && status < 500) throw error;
        const [found] = await findIssues(client, request);
        if (found) return found;
        if (tried === TRIES) throw error;
        await setTimeout(tried * WAIT_MS);
      }
    }
  });
}

/**
 * Writes a program's memory into our issue, next to its text.
 * @returns the issue's number; undefined when there is no issue to remember in
 */
export async function rememberInIssue(
  client: GitHubClient,
  identity: IssueIdentity,
  name: string,
  value: Json,
): Promise<number | undefined> {
  const [issue] = await findIssues(client, identity);
  if (!issue) return undefined;
  const body = withHiddenBlock(issue.body.replaceAll('\r\n', '\n'), name, value);
  if (body !== issue.body) {
    await attempt(details(`update issue #${issue.number}`), () =>
      client.rest.issues.update({ ...identity.repository, issue_number: issue.number, body }),
    );
  }
  return issue.number;
}
