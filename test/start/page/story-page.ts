import { formatCount, formatDuration, formatNumber } from '../../../shared/core/format.js';
import { metricTitle, plural } from '../../../shared/report/wording.js';
import { escapeHtml } from '../../render/html.js';
import { conclusionMark } from '../../runner/live-frame.js';
import type { ChapterRecord, LinkRecord, RunRecord, StoryRecord, Tone } from '../story/record.js';
import { lanes } from './lanes.js';
import { scoreChart } from './score-chart.js';
import { STORY_STYLE } from './story-style.js';

/** A story as one page: it opens from disk, needs no network, and links everything that the story has left. */
export function renderStoryPage(record: StoryRecord): string {
  const { model, title, purpose, chapters, history, repository } = record;
  const ended = chapters.findIndex(({ failure }) => failure !== undefined);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(model)}: ${escapeHtml(title)}</title>`,
    `<style>${STORY_STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeHtml(model)}</h1>`,
    `<p class="lead">${escapeHtml(purpose)}</p>`,
    `<p class="soft">${about(record)}</p>`,
    ended < 0
      ? ''
      : `<p class="outcome bad">The story ended in chapter <a href="#chapter-${ended + 1}">${ended + 1}</a>, because something was not as it was told.</p>`,
    facts(record),
    record.scores.length === 0 ? '' : `<h2>Every candidate that was judged</h2>${scoreChart(record.scores)}`,
    `<h2>What happened</h2>\n<ol class="chapters">${chapters.map(chapterPart).join('\n')}</ol>`,
    history === undefined ? '' : `<h2>Versions</h2>${versionTable(record)}<h2>Who had which stage</h2>${lanes(history)}`,
    record.deployments === undefined ? '' : `<h2>What went live</h2>${deploymentTable(record.deployments)}`,
    '<h2>Look around</h2>',
    '<p class="soft">The user\'s repository is an ordinary one; versions and stages are its tags.</p>',
    `<pre>git -C ${escapeHtml(repository)} log --oneline --graph --all\ngit -C ${escapeHtml(repository)} tag --list -n1</pre>`,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function about({ title, chapters, seconds, startedAt }: StoryRecord): string {
  const runs = chapters.flatMap((chapter) => chapter.runs);
  const jobs = runs.flatMap((run) => run.jobs).filter(({ conclusion }) => conclusion !== 'skipped');
  const counts = `${plural(chapters.length, 'chapter')}, ${plural(runs.length, 'workflow run')}, ${plural(jobs.length, 'job')} in ${formatDuration(seconds)}`;
  return (
    `${escapeHtml(title.charAt(0).toUpperCase() + title.slice(1))}: ${counts}, on a GitHub that runs on this machine, ` +
    `${escapeHtml(startedAt.slice(0, 10))}. Every page that is linked here is what the actions have made.`
  );
}

function facts({ history, scores }: StoryRecord): string {
  const live = history?.versions.find(({ stages }) => stages.includes('production'));
  const since = history?.assignments.find(({ stage, until }) => stage === 'production' && until === undefined);
  const score = scores.findLast(({ version }) => version !== undefined && version === live?.version);
  const refused = scores.filter(({ blocked }) => blocked).length;
  const tiles: (readonly [string, string, string])[] = [
    ['In production', live?.version ?? 'nothing', since?.rollback ? 'after a rollback' : (since?.at.slice(11, 19) ?? '')],
    ...(score
      ? [[metricTitle(score.metric), formatNumber(score.value), `on ${formatCount(score.rows)} held-out rows`] as const]
      : []),
    ['Versions', formatCount(history?.versions.length ?? 0), 'tags and releases'],
    ['Judged', formatCount(scores.length), refused === 0 ? 'none was refused' : `${formatCount(refused)} refused`],
  ];
  const parts = tiles.map(
    ([term, value, note]) =>
      `<div><dt>${escapeHtml(term)}</dt><dd>${escapeHtml(value)}<small>${escapeHtml(note)}</small></dd></div>`,
  );
  return `<dl class="facts">${parts.join('')}</dl>`;
}

function chapterPart(chapter: ChapterRecord, index: number): string {
  const { title, why, outcome, failure, links, runs, seconds } = chapter;
  const tone: Tone = outcome?.tone ?? 'bad';
  const end = failure
    ? `<b>It ended here.</b> Expected: ${escapeHtml(failure.expected)}. Found: ${escapeHtml(failure.found)}.`
    : escapeHtml(outcome?.text ?? '');
  return [
    `<li class="chapter ${tone}" id="chapter-${index + 1}"><span class="number">${index + 1}</span>`,
    `<h3>${escapeHtml(title)}<small>${formatDuration(seconds)}</small></h3>`,
    `<p class="soft">${escapeHtml(why)}</p>`,
    `<p class="outcome">${end}</p>`,
    links.length === 0 ? '' : `<ul class="links">${links.map((link) => `<li>${linkPart(link)}</li>`).join('')}</ul>`,
    `<ul class="runs">${runs.map(runPart).join('')}</ul>`,
    '</li>',
  ].join('\n');
}

function linkPart({ label, note, href }: LinkRecord): string {
  return `<a href="${escapeHtml(href)}">${escapeHtml(label)}${note === undefined ? '' : `<small>${escapeHtml(note)}</small>`}</a>`;
}

/** A run in one line; each job that wrote a summary leads to it. */
function runPart({ workflow, event, conclusion, seconds, href, jobs }: RunRecord): string {
  const tone: Tone = conclusion === 'success' ? 'good' : 'bad';
  const names = jobs
    .filter((job) => job.conclusion !== 'skipped')
    .map((job) => {
      const name = escapeHtml(job.name.slice(job.name.indexOf('/') + 1).trim());
      return job.href === undefined ? name : `<a href="${escapeHtml(job.href)}">${name}</a>`;
    });
  return (
    `<li class="${tone}"><span class="mark">${conclusionMark(conclusion)}</span><a href="${escapeHtml(href)}">${escapeHtml(workflow)}</a> ` +
    `on ${escapeHtml(event)}, ${formatDuration(seconds)}; summaries: ${names.join(', ')}</li>`
  );
}

/** The records of deployments in their order; the last one that succeeded is live. */
function deploymentTable(deployments: NonNullable<StoryRecord['deployments']>): string {
  const rows = deployments.map(({ ref, environment, states, description, href }) => {
    const state = states.at(-1) ?? '';
    const tone: Tone = state === 'success' ? 'good' : state === 'inactive' ? 'neutral' : 'bad';
    const cells = [
      `<b>${escapeHtml(ref)}</b>`,
      escapeHtml(environment),
      `<span class="chip ${tone}">${escapeHtml(states.join(' → '))}</span>`,
      escapeHtml(description),
      href === undefined ? '' : `<a href="${escapeHtml(href)}">Run</a>`,
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const heads = ['version', 'environment', 'record', 'last status', 'by'];
  return `<p class="soft">GitHub's own records, from the first to the last; one that was replaced is inactive.</p><div class="card scroll"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function versionTable({ history, scores, versionPages }: StoryRecord): string {
  const metric = scores[0]?.metric;
  const rows = history!.versions.map(({ version, stages, digest, source }) => {
    const score = scores.findLast((candidate) => candidate.version === version);
    const pages = (versionPages[version] ?? []).map(
      ({ label, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`,
    );
    const cells = [
      `<b>${escapeHtml(version)}</b>`,
      stages.map((stage) => `<span class="chip good">${escapeHtml(stage)}</span>`).join(' '),
      ...(metric === undefined ? [] : [score ? formatNumber(score.value) : '']),
      pages.join(' · '),
      `<code>${escapeHtml(digest.slice(7, 15))}</code>`,
      `<code>${escapeHtml(source.slice(0, 7))}</code>`,
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const heads = [
    'version',
    'stages',
    ...(metric === undefined ? [] : [escapeHtml(metricTitle(metric))]),
    'pages',
    'digest',
    'trained at',
  ];
  return `<div class="card scroll"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
