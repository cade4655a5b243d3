import { formatBytes, formatDuration } from '../../../shared/core/format.js';
import type { LocalGitHubInspection, PullRequest } from '../../github/types.js';
import { escapeHtml, renderMarkdown } from '../../render/html.js';
import type { JobResult, RunResult } from '../../runner/result.js';
import { pageOf } from './addresses.js';

type Comment = ReturnType<LocalGitHubInspection['comments']>[number];
type CheckRun = ReturnType<LocalGitHubInspection['checkRuns']>[number];
type Deployment = ReturnType<LocalGitHubInspection['deployments']>[number];
export type Issue = ReturnType<LocalGitHubInspection['issues']>[number];
type Release = ReturnType<LocalGitHubInspection['releases']>[number];

/** A tag as git itself reads it. */
export interface Tag {
  readonly name: string;
  readonly message: string;
  readonly tagger: string;
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string;
}

/** A run: its jobs with their summaries, steps and what these printed. */
export async function runBody({ run, workflow, conclusion, jobs, error }: RunResult): Promise<string> {
  const parts = [
    `<h1>${escapeHtml(workflow)} <small>run ${run.number} on ${escapeHtml(run.event)}: ${conclusion}</small></h1>`,
    `<p>${escapeHtml(run.path)} at ${code(run.headSha.slice(0, 7))}, started by ${escapeHtml(run.actor)}.</p>`,
  ];
  if (error !== undefined) parts.push(`<p>${escapeHtml(error)}</p>`);
  for (const [index, job] of jobs.entries()) parts.push(await jobPart(job, index));
  return parts.join('\n');
}

/** The anchor of a job in the page of its run. */
export function jobAnchor(index: number): string {
  return `job-${index + 1}`;
}

async function jobPart(job: JobResult, index: number): Promise<string> {
  const took = job.conclusion === 'skipped' ? '' : `, ${formatDuration(job.seconds)}`;
  const permissions = Object.entries(job.permissions).flatMap(([scope, level]) =>
    level === 'none' ? [] : [`${scope}: ${level}`],
  );
  const steps = job.steps.map(
    (step) =>
      `<details><summary>${escapeHtml(step.name)} <small>(${step.conclusion}, ${formatDuration(step.seconds)})</small></summary>` +
      `<pre><code>${escapeHtml(step.log.trim())}</code></pre></details>`,
  );
  const summaries = await Promise.all(job.summaries.map((summary) => renderMarkdown(summary)));
  return [
    `<h2 id="${jobAnchor(index)}">${escapeHtml(job.name)} <small>${job.conclusion}${took}</small></h2>`,
    ...(job.error === undefined ? [] : [`<p>${escapeHtml(job.error)}</p>`]),
    ...summaries,
    ...(steps.length === 0
      ? []
      : [
          `<details><summary>Steps and logs: ${steps.length}; token: ${escapeHtml(permissions.join(', ') || 'nothing')}</summary>${steps.join('\n')}</details>`,
        ]),
  ].join('\n');
}

/** A pull request: what it changes, its checks, and its comments. */
export async function pullRequestBody(
  { number, title, user, head, base }: PullRequest,
  found: { readonly diff: string; readonly comments: readonly Comment[]; readonly checks: readonly CheckRun[] },
): Promise<string> {
  const checks = found.checks.map(
    (check) =>
      `<li><a href="../${pageOf.check(check.id)}">${escapeHtml(check.name)}</a>: ${escapeHtml(check.conclusion ?? check.status)}, ${escapeHtml(check.title ?? '')}</li>`,
  );
  const comments = await Promise.all(
    found.comments.map(
      async ({ author, body }) => `<p><b>${escapeHtml(author)}</b> commented:</p>\n${await renderMarkdown(body)}`,
    ),
  );
  return [
    `<h1>${escapeHtml(title)} <small>#${number}</small></h1>`,
    `<p>Opened by ${escapeHtml(user)}: ${code(head.ref)} into ${code(base.ref)}.</p>`,
    checks.length === 0 ? '' : `<ul>${checks.join('')}</ul>`,
    `<details><summary>What it changes</summary><pre><code>${escapeHtml(found.diff)}</code></pre></details>`,
    ...comments.map((comment) => `<hr>\n${comment}`),
  ].join('\n');
}

/** An issue and its comments. */
export async function issueBody(
  { number, title, body, labels, state, author }: Issue,
  comments: readonly Comment[],
): Promise<string> {
  const said = await Promise.all(
    comments.map(
      async (comment) => `<hr>\n<p><b>${escapeHtml(comment.author)}</b> commented:</p>\n${await renderMarkdown(comment.body)}`,
    ),
  );
  return [
    `<h1>${escapeHtml(title)} <small>#${number}, ${state}</small></h1>`,
    `<p>Opened by ${escapeHtml(author)}; ${labels.map((label) => code(label)).join(' ')}</p>`,
    await renderMarkdown(body),
    ...said,
  ].join('\n');
}

/** The records of deployments, each with its statuses in their order. */
export function deploymentsBody(records: readonly Deployment[]): string {
  const rows = records.map(({ id, ref, environment, sha, statuses }) => {
    const states = statuses.map(({ state, description, logUrl }) => {
      const said = description === '' ? '' : `: ${escapeHtml(description)}`;
      const log = logUrl === '' ? '' : ` (<a href="${escapeHtml(logUrl)}">run</a>)`;
      return `${escapeHtml(state)}${said}${log}`;
    });
    return `<tr><td>${id}</td><td>${code(ref)}</td><td>${escapeHtml(environment)}</td><td>${code(sha.slice(0, 7))}</td><td>${states.join('<br>')}</td></tr>`;
  });
  return [
    '<h1>Deployments</h1>',
    "<p>GitHub's own records, newest first; the last status is the present one.</p>",
    `<table><thead><tr><th>record</th><th>version</th><th>environment</th><th>commit</th><th>statuses</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  ].join('\n');
}

export async function checkBody(check: CheckRun): Promise<string> {
  const annotations = check.annotations.map(
    ({ path, start_line: line, annotation_level: level, message }) =>
      `<li>${code(`${path}:${line}`)} ${escapeHtml(String(level))}: ${escapeHtml(String(message))}</li>`,
  );
  return [
    `<h1>${escapeHtml(check.name)} <small>${escapeHtml(check.conclusion ?? check.status)}</small></h1>`,
    `<p>On ${code(check.headSha.slice(0, 7))}.</p>`,
    check.title === null ? '' : `<h2>${escapeHtml(check.title)}</h2>`,
    await renderMarkdown(check.summary ?? ''),
    annotations.length === 0 ? '' : `<ul>${annotations.join('')}</ul>`,
    await renderMarkdown(check.text ?? ''),
  ].join('\n');
}

/** A version: the release with its notes and assets, and the tag. */
export async function versionBody(release: Release, tag: Tag | undefined): Promise<string> {
  const assets = release.assets.map(
    ({ name, bytes, digest }) =>
      `<tr><td><a href="${encodeURIComponent(name)}">${escapeHtml(name)}</a></td><td align="right">${formatBytes(bytes.length)}</td><td>${code((digest ?? '').slice(0, 23))}…</td></tr>`,
  );
  return [
    `<h1>${escapeHtml(release.name ?? release.tag)}</h1>`,
    `<p>Released by ${escapeHtml(release.author)}. <a href="model-card.html">Model card</a>, <a href="bom.json">ML-BOM</a>.</p>`,
    await renderMarkdown(release.body ?? ''),
    `<h2>Assets</h2><table><thead><tr><th>file</th><th>size</th><th>digest</th></tr></thead><tbody>${assets.join('')}</tbody></table>`,
    tag === undefined ? '' : `<h2>The tag</h2>\n${tagPart(tag)}`,
  ].join('\n');
}

/** The registry's history, and every tag with its message. */
export async function historyBody(history: string, tags: readonly Tag[]): Promise<string> {
  return [
    '<h1>Versions and stages</h1>',
    await renderMarkdown(history),
    '<h2>The tags</h2>',
    `<p>All of it is read from annotated tags in GTO's grammar; ${code('git tag --list -n1')} shows them, and so does ${code('gto history')}.</p>`,
    ...tags.map(tagPart),
  ].join('\n');
}

function tagPart({ name, message, tagger, at, commit }: Tag): string {
  return `<p>${code(name)} by ${escapeHtml(tagger)} at ${escapeHtml(at)}, on ${code(commit.slice(0, 7))}</p><pre><code>${escapeHtml(pretty(message))}</code></pre>`;
}

/** A message of JSON over several lines, so that a reader sees what is in it. */
function pretty(message: string): string {
  try {
    return JSON.stringify(JSON.parse(message), null, 2);
  } catch {
    return message.trim();
  }
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}
