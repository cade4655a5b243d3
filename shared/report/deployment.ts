import { formatCount, formatDuration } from '../core/format.js';
import type { DeploymentResult, TakenStep } from '../deployment/result.js';
import type { Check } from '../deployment/target.js';
import { bar } from './bars.js';
import { fitSections } from './budget.js';
import { alert, details, SUMMARY_LIMIT } from './comment.js';
import { cleanLine, code, codeElement, lineStart, link, prose, text } from './escape.js';
import { table } from './table.js';
import { plural, shortDigest } from './wording.js';

const SHARE_BAR = 20;

/** The job summary of a deployment: what is live now, and what was looked at on the way. */
export function renderDeployment(result: DeploymentResult): string {
  const sections = [
    { name: 'head', variants: [`### ${headline(result)}\n\n${sentence(result)}`] },
    { name: 'reason', variants: [reasonBox(result)] },
    { name: 'notices', variants: [noticeBox(result.notices)] },
    { name: 'smoke', variants: [smokeTable(result)] },
    { name: 'steps', variants: [stepTable(result.steps)] },
    { name: 'plan', variants: [planList(result)] },
    { name: 'diff', variants: [folded('How that differs from what is live', result.diff, 'diff'), ''] },
    { name: 'manifests', variants: [folded('Manifests', result.manifests, 'yaml'), ''] },
    { name: 'footer', variants: [`${footerLine(result)}\n`] },
  ];
  return fitSections(sections, ['manifests', 'diff'], SUMMARY_LIMIT).text;
}

function headline({ model, version, digest, target, environment, outcome, previous }: DeploymentResult): string {
  const name = `${code(model)} ${code(version === '' ? shortDigest(digest) : version)}`;
  const place = code(environment);
  if (target === 'batch') {
    if (outcome === 'deployed') return `🟢 ${name} has scored the files`;
    return outcome === 'planned' ? `🔵 ${name} would score the files` : `🔴 ${name} has not scored the files`;
  }
  switch (outcome) {
    case 'deployed':
      return `🟢 ${name} is live in ${place}`;
    case 'unchanged':
      return `⚪ ${name} is live in ${place} already`;
    case 'planned':
      return `🔵 ${name} would go to ${place}`;
    case 'failed':
      return `🔴 ${name} is not deployed to ${place}: nothing was changed`;
    case 'rolled back':
      return `🔴 ${name} was rolled back in ${place}${previous === undefined ? '' : `, ${code(previous)} is live`}`;
  }
}

function sentence({ target, url, previous, outcome, seconds, version }: DeploymentResult): string {
  const where = url === undefined ? `Target ${code(target)}` : `Target ${code(target)} at ${link(codeElement(url, 120), url)}`;
  const before =
    previous === undefined || previous === version || outcome === 'rolled back' ? '' : ` ${code(previous)} was live before.`;
  return `${where}, in ${formatDuration(seconds)}.${before}`;
}

function reasonBox({ reason, rollback, outcome }: DeploymentResult): string {
  if (reason === undefined) return '';
  const lines = [lineStart(text(reason, 1000))];
  if (outcome === 'rolled back' && rollback?.complete === false)
    lines.push('', `**The rollback is not complete**: ${text(rollback.note ?? 'look at the target by hand', 1000)}`);
  return alert('CAUTION', lines);
}

function noticeBox(notices: readonly string[]): string {
  const lines = notices.slice(0, 20).map((notice) => lineStart(prose(notice, 500)));
  return alert('NOTE', lines.length === 1 ? lines : lines.map((line) => `- ${line}`));
}

function smokeTable({ smoke }: DeploymentResult): string {
  if (!smoke) return '';
  const { latency, rows } = smoke;
  const took = latency ? `, a row in ${latency.p50Ms.toFixed(1)} ms (99th percentile ${latency.p99Ms.toFixed(1)} ms)` : '';
  return `**Smoke test** in this job, before any traffic: ${plural(rows, 'held-out row')} over HTTP${took}\n\n${checkTable(smoke.checks)}`;
}

function checkTable(checks: readonly Check[]): string {
  return table([{ head: '' }, { head: 'check' }, { head: 'found' }], checks.map(checkRow));
}

function checkRow({ ok, name, detail }: Check): string[] {
  return [ok ? '✅' : '❌', code(name, 80), text(detail, 400)];
}

function stepTable(steps: readonly TakenStep[]): string {
  if (steps.length === 0) return '';
  const hasShares = steps.some(({ share }) => share !== undefined && share < 100);
  const rows = steps.flatMap((step) => {
    const checks = step.checks.length === 0 ? [{ ok: true, name: 'done', detail: '' }] : step.checks;
    return checks.map((check, at) => [
      at === 0 ? text(step.name, 80) : '',
      ...(hasShares ? [at === 0 && step.share !== undefined ? bar(step.share / 100, SHARE_BAR) : ''] : []),
      at === 0 ? formatDuration(step.seconds) : '',
      ...checkRow(check),
    ]);
  });
  const columns = [
    { head: 'step' },
    ...(hasShares ? [{ head: 'traffic' }] : []),
    { head: 'took', align: 'right' as const },
    { head: '' },
    { head: 'check' },
    { head: 'found' },
  ];
  return `**Rollout**, ${plural(steps.length, 'step')}\n\n${table(columns, rows.slice(0, 300))}`;
}

function planList({ plan, outcome }: DeploymentResult): string {
  if (outcome !== 'planned') return '';
  if (plan.length === 0) return 'There is nothing to do.';
  return `**Plan**\n\n${plan.map((step, at) => `${formatCount(at + 1)}. ${text(step, 300)}`).join('\n')}`;
}

/** A folded block of text that stays text, whatever it holds. */
function folded(title: string, content: string | undefined, language: 'diff' | 'yaml'): string {
  if (content === undefined) return '';
  if (content === '') return language === 'diff' ? 'Nothing differs from what is live.' : '';
  const lines = content
    .split('\n')
    .map((line) =>
      line.replace(/\t/g, '  ').replace(/^( *)(.*)$/, (_, indent: string, rest: string) => indent + cleanEnd(rest)),
    );
  const runs = content.match(/`+/g)?.map((run) => run.length) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((length) => length + 1)));
  return details(`<b>${title}</b>`, `${fence}${language}\n${lines.join('\n')}\n${fence}`);
}

/** As cleanLine, but a diff's leading sign may stand before spaces that mean something. */
function cleanEnd(rest: string): string {
  const [, sign = '', inner = ''] = /^([+\- ]?\s*)(.*)$/.exec(rest) ?? [];
  return sign + cleanLine(inner);
}

function footerLine({ digest, deployment, run, tool }: DeploymentResult): string {
  const parts = [
    codeElement(shortDigest(digest), 30),
    deployment === undefined ? '' : `deployment ${formatCount(deployment).replaceAll(',', '')}`,
    run === undefined ? '' : link('run', run),
    text(tool, 60),
  ];
  return `<sub>${parts.filter((part) => part !== '').join(' · ')}</sub>`;
}
