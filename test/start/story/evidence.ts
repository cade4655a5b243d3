import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RegistryHistory } from '../../../shared/registry/history.js';
import { renderHistory } from '../../../shared/report/registry.js';
import { plural } from '../../../shared/report/wording.js';
import type { PullRequest } from '../../github/types.js';
import { renderMarkdown, renderPageHtml, writeMermaid } from '../../render/html.js';
import type { RunResult } from '../../runner/result.js';
import type { Session } from '../session.js';
import { pageOf, withLocalLinks } from './addresses.js';
import {
  checkBody,
  deploymentsBody,
  historyBody,
  type Issue,
  issueBody,
  jobAnchor,
  pullRequestBody,
  runBody,
  type Tag,
  versionBody,
} from './pages.js';
import type { DeploymentEntry, LinkRecord, RunRecord } from './record.js';
import { unzip } from './zip.js';

const MERMAID = 'mermaid.js';

/** Keeps what runs leave on the local GitHub as pages and files in the story's folder, and says where. */
export class Evidence {
  readonly #directory: string;
  readonly #session: Session;

  private constructor(directory: string, session: Session) {
    this.#directory = directory;
    this.#session = session;
  }

  static async open(directory: string, session: Session): Promise<Evidence> {
    await writeMermaid(join(directory, MERMAID));
    return new Evidence(directory, session);
  }

  /** The page of a run. */
  async run(result: RunResult, event: string, seconds: number): Promise<RunRecord> {
    const { run, workflow, conclusion, jobs } = result;
    const href = pageOf.run(run.id);
    await this.#page(href, `${workflow}, run ${run.number}`, await runBody(result));
    return {
      ...{ workflow, event, conclusion, seconds, href },
      jobs: jobs.map((job, index) => ({
        ...{ name: job.name, conclusion: job.conclusion, seconds: job.seconds },
        ...(job.summaries.length > 0 && { href: `${href}#${jobAnchor(index)}` }),
      })),
    };
  }

  /** The pages of a pull request and of the checks on its head. */
  async pullRequest(pullRequest: PullRequest): Promise<LinkRecord[]> {
    const { github, repository, git } = this.#session;
    const { number, head, base } = pullRequest;
    const comments = github.comments(repository, number);
    const checks = github.checkRuns(repository, head.sha);
    const diff = await git.git('diff', `${base.sha}...${head.sha}`, '--', ':(glob)**/*.y*ml');
    const href = pageOf.pullRequest(number);
    await this.#page(href, `#${number} ${pullRequest.title}`, await pullRequestBody(pullRequest, { diff, comments, checks }));
    for (const check of checks) await this.#page(pageOf.check(check.id), check.name, await checkBody(check));
    return [
      { label: comments.length > 0 ? 'Comment' : 'Pull request', note: `on pull request #${number}`, href },
      ...checks.map(({ id, conclusion }) => ({ label: 'Check', note: conclusion ?? '', href: pageOf.check(id) })),
    ];
  }

  /** The page of an issue, and the same as it is at this moment of the story: later it is brought up to date in its place. */
  async issue(issue: Issue, moment: string): Promise<LinkRecord[]> {
    const { github, repository } = this.#session;
    const href = pageOf.issue(issue.number, moment);
    const comments = github.comments(repository, issue.number);
    for (const page of [href, pageOf.issue(issue.number)])
      await this.#page(page, `#${issue.number} ${issue.title}`, await issueBody(issue, comments));
    return [{ label: 'Health issue', note: `#${issue.number}, ${issue.state}`, href }];
  }

  /** GitHub's records of what went live, newest first. */
  async deployments(): Promise<LinkRecord> {
    const { github, repository } = this.#session;
    const records = github.deployments(repository).toReversed();
    await this.#page('deployments.html', 'Deployments', deploymentsBody(records));
    return { label: 'Deployments', note: plural(records.length, 'record'), href: 'deployments.html' };
  }

  /** The same as data, oldest first. */
  deploymentEntries(): DeploymentEntry[] {
    const { github, repository } = this.#session;
    return github.deployments(repository).map(({ ref, environment, statuses }) => {
      const run = /\/actions\/runs\/(\d+)/.exec(statuses.findLast(({ logUrl }) => logUrl !== '')?.logUrl ?? '')?.[1];
      return {
        ...{ ref, environment, states: statuses.map(({ state }) => state), description: statuses.at(-1)?.description ?? '' },
        ...(run !== undefined && { href: pageOf.run(Number(run)) }),
      };
    });
  }

  /** The page of a version, with its release's assets beside it. */
  async version(tag: string): Promise<LinkRecord[]> {
    const { github, repository } = this.#session;
    const release = github.releases(repository).find((candidate) => candidate.tag === tag && !candidate.draft);
    if (!release) throw new Error(`there is no published release ${tag}`);
    const version = tag.slice(tag.indexOf('@') + 1);
    const href = pageOf.version(version);
    const folder = dirname(href);
    for (const { name, bytes } of release.assets) await this.file(`${folder}/${name}`, bytes);
    const card = release.assets.find(({ name }) => name === 'README.md')?.bytes.toString('utf8') ?? '';
    await this.#page(`${folder}/model-card.html`, `${tag}: model card`, await renderMarkdown(asCard(card)));
    const found = (await this.#tags()).find(({ name }) => name === tag);
    await this.#page(href, tag, await versionBody(release, found));
    return [
      { label: 'Release', note: version, href },
      { label: 'Model card', href: `${folder}/model-card.html` },
      { label: 'ML-BOM', href: `${folder}/bom.json` },
    ];
  }

  /** The registry's history and its tags. */
  async history(history: RegistryHistory): Promise<LinkRecord> {
    await this.#page(
      'history.html',
      `${history.model}: versions and stages`,
      await historyBody(renderHistory(history), await this.#tags()),
    );
    return { label: 'History', note: 'versions, stages, tags', href: 'history.html' };
  }

  /** A report in Markdown as a page. */
  async report(file: string, title: string, markdown: string): Promise<string> {
    await this.#page(file, title, await renderMarkdown(markdown));
    return file;
  }

  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.#directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return name;
  }

  /** The files of the newest artifact of a run whose name begins so; undefined where it left none. */
  artifact({ run }: RunResult, name: string): ReadonlyMap<string, Buffer> | undefined {
    const { github, repository } = this.#session;
    const found = github.artifacts(repository, run.id).findLast((candidate) => candidate.name.startsWith(name));
    return found && unzip(found.bytes);
  }

  async #tags(): Promise<Tag[]> {
    const format = '%(refname:short)%00%(contents)%00%(taggername)%00%(taggerdate:iso-strict)%00%(*objectname)%00';
    const listed = await this.#session.git.git('for-each-ref', '--sort=taggerdate', `--format=${format}`, 'refs/tags');
    const fields = listed.split('\0').map((field) => field.trim());
    const tags: Tag[] = [];
    for (let at = 0; at + 5 <= fields.length - 1; at += 5) {
      const [name, message, tagger, date, commit] = fields.slice(at, at + 5) as [string, string, string, string, string];
      tags.push({ name, message, tagger, at: date, commit });
    }
    return tags;
  }

  async #page(file: string, title: string, body: string): Promise<void> {
    const up = '../'.repeat(file.split('/').length - 1);
    const html = withLocalLinks(body, this.#session.repository.fullName, up);
    const head = `<nav class="page-head"><a href="${up}index.html">← The whole story</a></nav>\n`;
    await this.file(file, await renderPageHtml(html, { title, head, mermaid: `${up}${MERMAID}` }));
  }
}

/** A model card with its front matter as a block, since only Hugging Face reads it. */
function asCard(card: string): string {
  return card.replace(
    /^---\n([\s\S]*?)\n---\n/,
    '<details><summary>Front matter, for Hugging Face</summary>\n\n```yaml\n$1\n```\n\n</details>\n',
  );
}
