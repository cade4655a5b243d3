import type { Importance, Manifest } from '../bundle/manifest.js';
import { formatBytes, formatCount, formatDuration, formatNumber, formatShare } from '../core/format.js';
import { NOTABLE_LEAKAGE } from '../data/leakage.js';
import { fitSections } from './budget.js';
import { importanceTable } from './candidate.js';
import { alert, commitPart, details, SUMMARY_LIMIT } from './comment.js';
import { learningCurve } from './curve.js';
import { code, codeElement, lineStart, prose, text } from './escape.js';
import { selectionSection } from './selection.js';
import { table } from './table.js';
import { metricNumbers, metricTitle, plural, shortDigest, stepsOf } from './wording.js';

/** What a training left behind, for its job summary. */
export interface TrainingReport {
  readonly manifest: Manifest;
  /** The held-out metrics of metrics.json. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly importance: Importance;
  readonly curve: readonly { readonly step: number; readonly value: number }[];
  readonly curveMetric: string;
  /** What a trainer of the user's says of itself. */
  readonly reported?: Readonly<Record<string, number>>;
  /** Share of the test rows that stand again, the same in every feature and the target, among the training rows. */
  readonly leakage?: number;
  /** Things that the user should know; plain sentences. */
  readonly notices?: readonly string[];
  /** The bundle was there already: nothing that matters has changed. */
  readonly cached?: boolean;
  /** Where the bundle came from, or what has changed since the last one; a plain sentence. */
  readonly reuse?: string;
}

/** The job summary of a training: what was trained, on what, how well, and what the model looks at. */
export function renderTraining(report: TrainingReport): string {
  const { manifest } = report;
  const sections = [
    {
      name: 'head',
      variants: [
        [
          `### ${report.cached ? '⚪' : '🔵'} ${code(manifest.name)}: ${headline(report)}`,
          sentence(report),
          lineStart(prose(report.reuse ?? '', 600)),
        ]
          .filter((part) => part !== '')
          .join('\n\n'),
      ],
    },
    { name: 'notices', variants: [notices(report)] },
    { name: 'metrics', variants: [metricTable(report), ''] },
    { name: 'options', variants: [options(manifest), ''] },
    { name: 'reported', variants: [reportedTable(report), ''] },
    { name: 'curve', variants: [curve(report), ''] },
    { name: 'importance', variants: [importance(report), ''] },
    { name: 'selection', variants: [selectionSection(manifest.training.selection), ''] },
    { name: 'params', variants: [params(manifest), ''] },
    { name: 'data', variants: [data(manifest), ''] },
    { name: 'footer', variants: [`${footerLine(manifest)}\n`] },
  ];
  const shedding = ['data', 'params', 'selection', 'importance', 'reported', 'curve', 'options', 'metrics'];
  return fitSections(sections, shedding, SUMMARY_LIMIT).text;
}

function headline(report: TrainingReport): string {
  return report.cached
    ? 'nothing that matters has changed, the model was reused'
    : `trained in ${formatDuration(report.manifest.training.seconds)}`;
}

function sentence({ manifest }: TrainingReport): string {
  const { rows } = manifest.training;
  const steps = stepsOf({ algorithm: manifest.algorithm, iterations: manifest.training.iterations });
  const what = [text(manifest.algorithm, 40), steps, plural(manifest.features.features.length, 'feature')].filter(
    (part) => part !== '',
  );
  const calibration = rows.calibration > 0 ? `, ${formatCount(rows.calibration)} for calibration` : '';
  return `${what.join(', ')} · ${plural(rows.train, 'row')} for training, ${formatCount(rows.validation)} for validation${calibration}, ${formatCount(rows.test)} held out.`;
}

function notices(report: TrainingReport): string {
  const lines = (report.notices ?? [])
    .slice(0, 20)
    .map((notice) => lineStart(prose(notice, 400)))
    .filter((notice) => notice !== '');
  if (report.leakage !== undefined && report.leakage >= NOTABLE_LEAKAGE) {
    lines.unshift(
      `${formatShare(report.leakage)} of the test rows stand among the training rows as well, the same in every feature and the target: the figures flatter the model.`,
    );
  }
  return alert('WARNING', lines.length === 1 ? lines : lines.map((line) => `- ${line}`));
}

function metricTable({ metrics }: TrainingReport): string {
  const entries = Object.entries(metrics).slice(0, 500);
  if (entries.length === 0) return '';
  const rows = entries.map(([name, value]) => {
    const write = metricNumbers({ name, better: 'higher', candidate: value });
    return [metricTitle(name), `**${write.value(value)}**`];
  });
  return table([{ head: 'metric, on held-out rows' }, { head: 'value', align: 'right' }], rows);
}

/** Cross-validation as a table, and a line a thing that was chosen on rows of its own. */
function options({ training, threshold: value }: Manifest): string {
  const { crossValidation: folds, calibration, threshold } = training;
  const parts: string[] = [];
  if (folds) {
    const rows = folds.metrics.slice(0, 100).map(({ name, mean, sd, values }) => {
      const known = values.filter((own): own is number => own !== null);
      const write = metricNumbers({ name, better: 'higher', candidate: mean ?? 0 });
      if (mean === null || sd === null) return [metricTitle(name), 'not defined on every fold', '', ''];
      const range = `${write.value(Math.min(...known))} to ${write.value(Math.max(...known))}`;
      return [metricTitle(name), `**${write.value(mean)}**`, formatNumber(sd, 2), range];
    });
    const head = [
      { head: `metric, ${formatCount(folds.folds)} folds of ${plural(folds.rows, 'row')}` },
      ...['mean', 'sd', 'lowest and highest fold'].map((own) => ({ head: own, align: 'right' as const })),
    ];
    const before = calibration || threshold ? '\n\nBefore calibration, and decided at 0.5.' : '';
    parts.push(`**Cross-validation**\n\n${table(head, rows)}${before}`);
  }
  if (calibration) {
    const on = `on ${plural(calibration.rows, 'row')} (${text(calibration.source, 40)})`;
    parts.push(`**Calibration**: ${text(calibration.method, 20)}, ${on}; it is part of the graph.`);
  }
  if (threshold && value !== undefined) {
    const on = `${plural(threshold.rows, 'row')} (${text(threshold.source, 40)})`;
    const reached = `${metricTitle(threshold.metric)} ${formatNumber(threshold.reached, 3)}`;
    parts.push(`**Threshold**: positive from ${formatNumber(value, 4)} on, the best of ${on} with ${reached}.`);
  }
  return parts.join('\n\n');
}

/** Numbers of the trainer's own, which nobody has checked. */
function reportedTable({ reported }: TrainingReport): string {
  const entries = Object.entries(reported ?? {}).slice(0, 100);
  if (entries.length === 0) return '';
  const rows = entries.map(([name, value]) => [code(name, 60), formatNumber(value)]);
  return details(
    `<b>Reported by the command</b>: ${plural(entries.length, 'number')}, not checked and deciding nothing`,
    table([{ head: 'name' }, { head: 'value', align: 'right' }], rows),
  );
}

function curve(report: TrainingReport): string {
  const drawn = learningCurve(report.curve, report.curveMetric);
  if (drawn === '') return '';
  if (report.manifest.algorithm === 'command')
    return `**${metricTitle(report.curveMetric)} after each step, as the command reports it**\n\n${drawn}`;
  const kept = report.manifest.training.iterations;
  return `**${metricTitle(report.curveMetric)} on the validation rows after each step**, ${formatCount(kept)} kept\n\n${drawn}`;
}

function importance(report: TrainingReport): string {
  const drawn = importanceTable(report.importance, 20);
  const first = report.importance[0];
  if (drawn === '' || !first) return '';
  return details(`<b>Importance</b>: ${codeElement(first.feature, 40)} leads with ${formatShare(first.importance)}`, drawn);
}

function params(manifest: Manifest): string {
  const entries = Object.entries(manifest.params).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return '';
  const rows = entries.slice(0, 200).map(([name, value]) => [code(name, 40), text(String(value), 80)]);
  return details(
    `<b>Parameters</b>: ${formatCount(entries.length)}`,
    table([{ head: 'parameter' }, { head: 'value', align: 'right' }], rows),
  );
}

function data(manifest: Manifest): string {
  const { rows } = manifest.training;
  const parts = (['train', 'validation', 'calibration', 'test'] as const).filter((part) => rows[part] > 0);
  const total = parts.reduce((sum, part) => sum + rows[part], 0);
  const split = table(
    [{ head: 'part' }, { head: 'rows', align: 'right' }, { head: 'share', align: 'right' }],
    parts.map((part) => [part, formatCount(rows[part]), formatShare(total > 0 ? rows[part] / total : 0)]),
  );
  const columns = manifest.data.schema.slice(0, 200).map((column) => `${code(column.name, 40)} ${column.type}`);
  const how = manifest.split.by === 'hash' ? 'a hash of the row' : code(manifest.split.column, 40);
  const body = `Split by ${how}.\n\n${split}\n\n${plural(manifest.data.schema.length, 'column')}: ${columns.join(' · ')}`;
  return details(`<b>Data</b>: ${plural(manifest.data.rows, 'row')}, ${plural(manifest.data.schema.length, 'column')}`, body);
}

function footerLine(manifest: Manifest): string {
  const model = manifest.files['model.onnx'];
  const parts = [
    `${text(manifest.tool.name, 20)} ${text(manifest.tool.version, 20)}`,
    commitPart(manifest.commit),
    codeElement(shortDigest(manifest.digest), 30),
    model ? `model.onnx ${formatBytes(model.bytes)}` : '',
  ];
  return `<sub>${parts.filter((part) => part !== '').join(' · ')}</sub>`;
}
