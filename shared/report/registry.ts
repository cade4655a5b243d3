import type { Manifest } from '../bundle/manifest.js';
import { formatBytes, formatCount, formatNumber } from '../core/format.js';
import type { Comparison } from '../evaluation/comparison.js';
import type { HistoricVersion, RegistryHistory } from '../registry/history.js';
import type { RecheckedGate } from '../registry/recheck.js';
import { alert, commitPart, details } from './comment.js';
import { code, codeElement, lineStart, link, prose, text } from './escape.js';
import { table } from './table.js';
import { metricNumbers, metricTitle, plural, shortDigest, stepsOf } from './wording.js';

/** What a registration has done, for its job summary. */
export interface RegistrationReport {
  readonly manifest: Manifest;
  readonly metrics: Readonly<Record<string, number>>;
  readonly version: string;
  readonly tag: string;
  /** Page of the release, or of the run whose artifact holds the bundle. */
  readonly url: string;
  readonly created: boolean;
  /** Why it has this number; plain words. */
  readonly why: string;
  readonly storage: 'release' | 'artifact';
  /** Names and sizes of the assets. */
  readonly assets: readonly { readonly name: string; readonly bytes: number }[];
  readonly notices: readonly string[];
  /** The page of the build's attestation, and the repository (`owner/name`) that it can be asked of. */
  readonly attestation?: { readonly url: string; readonly repository: string };
  readonly mlflow?: MirroredPage;
}

/** Where MLflow shows the version, and its number there. */
export interface MirroredPage {
  readonly number: string;
  readonly page: string;
}

/** The job summary of a registration. */
export function renderRegistration(report: RegistrationReport): string {
  const { manifest, version, tag, url, created } = report;
  const headline = created
    ? `🟢 ${code(manifest.name)}: version ${code(version)}`
    : `⚪ ${code(manifest.name)}: this model is version ${code(version)} already`;
  const kept =
    report.storage === 'release'
      ? `Release ${link(reference(tag), url)}${report.why === '' ? '' : ` (${text(report.why, 200)})`}.`
      : `Tag ${reference(tag)}${report.why === '' ? '' : ` (${text(report.why, 200)})`}; the bundle is an artifact of ${link('this run', url)}.`;
  const notices = [
    ...report.notices,
    ...(report.storage === 'artifact'
      ? ['Artifacts expire: the version can be fetched for as long as the repository keeps them.']
      : []),
  ];
  return joined([
    `### ${headline}\n\n${kept}${mirrored(report.mlflow)}`,
    report.attestation === undefined
      ? ''
      : `${link('Attested', report.attestation.url)} as built by this run: ${code(`gh attestation verify model.onnx --repo ${report.attestation.repository}`, 200)}.`,
    noticeBox(notices),
    metricTable(report.metrics),
    assetTable(report.assets),
    `<sub>${[commitPart(manifest.commit), codeElement(shortDigest(manifest.digest), 30)].filter((part) => part !== '').join(' · ')}</sub>`,
  ]);
}

/** What the release of a version says below its mark. */
export function renderReleaseNotes(
  manifest: Manifest,
  metrics: Readonly<Record<string, number>>,
  version: string,
  files: readonly string[],
): string {
  const steps = stepsOf({ algorithm: manifest.algorithm, iterations: manifest.training.iterations });
  const made = [text(manifest.algorithm, 40), steps, plural(manifest.features.features.length, 'feature')];
  return joined([
    `${made.filter((part) => part !== '').join(', ')}; trained on ${plural(manifest.training.rows.train, 'row')}.`,
    metricTable(metrics),
    `Use it as ${reference(`${manifest.name}@${version}`)}: in the input ${code('model')} of the actions. Check the files with ${code('sha256sum --check SHA256SUMS')}.`,
    `Files: ${files.map((name) => code(name, 80)).join(', ')}.`,
    `<sub>${[commitPart(manifest.commit), codeElement(manifest.digest, 80)].filter((part) => part !== '').join(' · ')}</sub>`,
  ]);
}

/** What a promotion has done, for its job summary. */
export interface PromotionReport {
  readonly model: string;
  readonly stage: string;
  readonly version: string;
  readonly previous?: string;
  /** Empty when a gate kept the version from the stage. */
  readonly tag: string;
  readonly created: boolean;
  readonly rollback: boolean;
  readonly gates: readonly RecheckedGate[];
  /** Whose gates count, where there is one. */
  readonly comparison?: Pick<Comparison, 'verdict' | 'champion' | 'createdAt'>;
  readonly notices?: readonly string[];
  readonly mlflow?: MirroredPage;
}

/** The job summary of a promotion or a rollback. */
export function renderPromotion(report: PromotionReport): string {
  const { model, stage, version, previous, tag, created, rollback } = report;
  const name = `${code(model)}: `;
  const headline =
    tag === ''
      ? `❌ ${name}${code(version)} is not promoted to ${code(stage, 80)}`
      : !created
        ? `⚪ ${name}${code(version)} has the stage ${code(stage, 80)} already`
        : rollback
          ? `🟠 ${name}${code(stage, 80)} went back to ${code(version)}`
          : `🟢 ${name}${code(version)} has the stage ${code(stage, 80)}`;
  const before = previous === undefined ? 'No version had it before.' : `${code(previous)} had it before.`;
  return joined([
    `### ${headline}`,
    tag === '' ? '' : `${before} Tag ${reference(tag)}.${mirrored(report.mlflow)}`,
    noticeBox(report.notices ?? []),
    comparisonSentence(report.comparison),
    gateTable(report.gates),
    report.gates.some(({ outcome }) => outcome === 'not judged')
      ? alert('IMPORTANT', [
          'Gates that ask for the champion, for slices or for latencies need the rows and a run of the model, and a job that can write runs none: let `compare` judge the version in a job that can only read, and give its result to `promote` as `comparison`.',
        ])
      : '',
  ]);
}

function comparisonSentence(comparison: PromotionReport['comparison']): string {
  if (!comparison) return '';
  const { champion, verdict, createdAt } = comparison;
  const against = champion
    ? `against ${reference(champion.reference)} (${code(shortDigest(champion.digest))})`
    : 'without a champion';
  return `Judged by ${code('compare')} ${against}, on ${code(createdAt, 30)}: **${text(verdict, 30)}**.`;
}

/** A model that was fetched, for the job summary. */
export interface FetchReport {
  readonly manifest: Manifest;
  readonly shown: string;
  readonly version?: string;
}

/** The job summary of a fetch. */
export function renderFetch({ manifest, shown, version }: FetchReport): string {
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  const files = Object.keys(manifest.files).length;
  return joined([
    `### ⚪ ${code(manifest.name)}: ${reference(shown)}${version === undefined || shown.endsWith(version) ? '' : `, version ${code(version)}`}`,
    `${plural(files, 'file')}, ${formatBytes(bytes)}, every digest verified.`,
    `<sub>${[commitPart(manifest.commit), codeElement(manifest.digest, 80)].filter((part) => part !== '').join(' · ')}</sub>`,
  ]);
}

/** `2026-06-04 06:30:12` in one piece, where that is what it is. */
function momentCell(iso: string): string {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/.exec(iso) ?? [];
  return date === undefined ? code(iso, 30) : `${date.replaceAll('-', '\u2011')}\u00a0${time}`;
}

/** A model's versions and what had which stage when. */
export function renderHistory(history: RegistryHistory): string {
  if (history.versions.length === 0) return `${code(history.model)} has no version yet.`;
  const versions = table(
    [
      { head: 'version' },
      { head: 'stages' },
      { head: 'registered (UTC)' },
      { head: 'by' },
      { head: 'digest' },
      { head: 'commit' },
    ],
    history.versions
      .slice(0, 500)
      .map((version) => [
        link(code(version.version), version.url),
        stagesOf(version),
        momentCell(version.at),
        text(version.actor, 40),
        code(shortDigest(version.digest), 30),
        code(version.source.slice(0, 7)),
      ]),
  );
  const assignments = table(
    [{ head: 'since (UTC)' }, { head: 'until' }, { head: 'stage' }, { head: 'version' }, { head: 'by' }, { head: 'reason' }],
    history.assignments
      .slice(0, 500)
      .map((assignment) => [
        momentCell(assignment.at),
        assignment.until === undefined ? '' : momentCell(assignment.until),
        code(assignment.stage, 40),
        `${code(assignment.version)}${assignment.rollback ? ' (rollback)' : ''}`,
        text(assignment.actor, 40),
        text(assignment.reason, 120),
      ]),
  );
  return joined([
    `**${plural(history.versions.length, 'version')} of ${code(history.model)}**\n\n${versions}`,
    history.assignments.length === 0 ? '' : `**Stages**\n\n${assignments}`,
  ]);
}

/**
 * A tag or a model reference as it can be copied: escapes would put invisible characters behind `@` and `#`. In a code span
 * GitHub reads no mention and no address, and the form leaves no room for Markdown.
 */
function reference(name: string): string {
  return /^[a-z0-9-]+[@#][\w./#-]+$/.test(name) ? `\`${name}\`` : code(name, 120);
}

function mirrored(mlflow: MirroredPage | undefined): string {
  return mlflow === undefined ? '' : ` In MLflow it is ${link(`version ${text(mlflow.number, 20)}`, mlflow.page)}.`;
}

function stagesOf({ stages }: HistoricVersion): string {
  return stages.map((stage) => code(stage, 40)).join(', ');
}

function metricTable(metrics: Readonly<Record<string, number>>): string {
  const entries = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  if (entries.length === 0) return '';
  const rows = entries
    .slice(0, 100)
    .map(([name, value]) => [metricTitle(name), metricNumbers({ name, better: 'higher', candidate: value }).value(value)]);
  return table([{ head: 'metric, on held-out rows' }, { head: 'value', align: 'right' }], rows);
}

function assetTable(assets: RegistrationReport['assets']): string {
  if (assets.length === 0) return '';
  const rows = assets.map(({ name, bytes }) => [code(name, 100), formatBytes(bytes)]);
  return details(
    `<b>Assets</b>: ${formatCount(assets.length)}`,
    table([{ head: 'file' }, { head: 'size', align: 'right' }], rows),
  );
}

const GATE_SIGNS = { pass: '✅', fail: '❌', inconclusive: '⚪', skipped: '', 'not judged': '❔' } as const;
const GATE_SOURCES = { comparison: 'comparison', record: 'recorded metrics' } as const;

function gateTable(gates: readonly RecheckedGate[]): string {
  if (gates.length === 0) return '';
  const rows = gates.map((gate) => [
    `${GATE_SIGNS[gate.outcome]} ${gate.outcome}`.trim(),
    code(gate.text, 120),
    gate.value === undefined ? '' : formatNumber(gate.value),
    gate.by === undefined ? '' : GATE_SOURCES[gate.by],
    gate.note === undefined ? '' : text(gate.note, 200),
  ]);
  return table(
    [{ head: '' }, { head: 'gate' }, { head: 'value', align: 'right' }, { head: 'decided by' }, { head: 'note' }],
    rows,
  );
}

function noticeBox(notices: readonly string[]): string {
  const lines = notices.map((notice) => lineStart(prose(notice, 400))).filter((notice) => notice !== '');
  return alert('NOTE', lines.length === 1 ? lines : lines.map((line) => `- ${line}`));
}

function joined(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
