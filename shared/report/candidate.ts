import { formatBytes, formatCount, formatDuration, formatShare } from '../core/format.js';
import type { Comparison, Disagreement, ModelSummary } from '../evaluation/comparison.js';
import { bar } from './bars.js';
import { details } from './comment.js';
import { batchName, memoryText, timesText } from './cost.js';
import { code, codeElement, link, sameHost, text } from './escape.js';
import { type TableColumn, table } from './table.js';
import { championName, plural, shortDigest, stepsOf, theChampion } from './wording.js';

const MOST_PARAMS = 60;
const MOST_FEATURES = 80;

/** The candidate beside the champion: what each is made of. Folded, at decreasing lengths. */
export function candidateSection(result: Comparison, runUrl: string | undefined): string[] {
  const { candidate, champion } = result;
  const summary = `<b>Candidate</b>: ${madeOf(candidate)} · ${codeElement(shortDigest(candidate.digest), 30)}`;
  const name = championName(champion);
  const facts = modelFacts(candidate, champion, name, runUrl);
  const params = paramTable(candidate, champion, name);
  const importance = importanceTable(candidate.importance, 15);
  const features = featureList(candidate.features);
  const body = (parts: readonly string[]): string => details(summary, parts.filter((part) => part !== '').join('\n\n'));
  return [
    body([facts, params, importance, features]),
    body([facts, params, importanceTable(candidate.importance, 5)]),
    body([facts]),
    '',
  ];
}

/** `gbdt, 212 trees, trained in 3.1 s on 214,212 rows`; safe HTML. */
export function madeOf(model: Pick<ModelSummary, 'algorithm' | 'iterations' | 'trainingSeconds' | 'trainingRows'>): string {
  const steps = stepsOf(model);
  const trained = isUnknown(model)
    ? ''
    : `trained in ${formatDuration(model.trainingSeconds)} on ${plural(model.trainingRows, 'row')}`;
  return [text(model.algorithm, 40), steps, trained].filter((part) => part !== '').join(', ');
}

function modelFacts(
  candidate: ModelSummary,
  champion: Comparison['champion'],
  name: string,
  runUrl: string | undefined,
): string {
  const facts: [string, (model: ModelSummary) => string][] = [
    ['algorithm', (model) => [text(model.algorithm, 40), stepsOf(model)].filter((part) => part !== '').join(', ')],
    ['trained on', (model) => trainedOn(model)],
    ['training took', (model) => (isUnknown(model) ? '–' : formatDuration(model.trainingSeconds))],
    ['size', (model) => (model.sizeBytes === 0 ? '–' : formatBytes(model.sizeBytes))],
    ['latency of a row, median · 99th percentile', ({ latency }) => timesText(latency)],
    [batchName([candidate, ...(champion ? [champion] : [])]), ({ latency }) => timesText(latency?.batch)],
    ['peak memory', (model) => memoryText(model)],
    ['digest', (model) => code(shortDigest(model.digest), 30)],
    ['made by', (model) => origin(model, runUrl)],
  ];
  const models: readonly ModelSummary[] = champion ? [champion, candidate] : [candidate];
  const columns: TableColumn[] = [
    { head: '' },
    ...(champion ? [{ head: name, align: 'right' as const }] : []),
    { head: 'candidate', align: 'right' },
  ];
  const rows = facts
    .map(([label, write]) => [label, ...models.map(write)])
    .filter((row) => row.slice(1).some((cell) => cell !== '' && cell !== '–'));
  return table(columns, rows);
}

/** Nothing is known of the training of predictions that come in a file. */
function isUnknown(model: Pick<ModelSummary, 'trainingRows'>): boolean {
  return model.trainingRows === 0;
}

function trainedOn(model: ModelSummary): string {
  return isUnknown(model) ? '–' : `${formatCount(model.trainingRows)} of ${plural(model.dataRows, 'row')}`;
}

function origin(model: ModelSummary, runUrl: string | undefined): string {
  const commit = model.commit ? `commit ${text(model.commit.slice(0, 7), 7)}` : '';
  const address = sameHost(model.runUrl, runUrl);
  const run = address === undefined ? '' : link('run', address);
  return [commit, run].filter((part) => part !== '').join(', ') || '–';
}

function paramTable(candidate: ModelSummary, champion: Comparison['champion'], name: string): string {
  const names = [...new Set([...Object.keys(candidate.params), ...Object.keys(champion?.params ?? {})])].sort();
  if (names.length === 0) return '';
  const write = (model: ModelSummary | undefined, param: string): string =>
    model && Object.hasOwn(model.params, param) ? text(String(model.params[param]), 60) || '(empty)' : '–';
  const isSame = (param: string): boolean => champion !== undefined && write(candidate, param) === write(champion, param);
  const shown = names.filter((param) => !isSame(param));
  const rows = shown.slice(0, MOST_PARAMS).map((param) => {
    const after = write(candidate, param);
    if (!champion) return [code(param, 40), after];
    return [code(param, 40), write(champion, param), after === '–' ? after : `**${after}**`];
  });
  const more = shown.length - MOST_PARAMS;
  const columns: TableColumn[] = [
    { head: 'parameter' },
    ...(champion ? [{ head: name, align: 'right' as const }] : []),
    { head: 'candidate', align: 'right' },
  ];
  return [
    rows.length > 0 ? table(columns, rows) : '',
    more > 0 ? `${plural(more, 'more parameter')}.` : '',
    sameParams(names.filter(isSame), (param) => write(candidate, param)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Parameters of one value in both models, in one line: a table of them would hide those that differ. */
function sameParams(names: readonly string[], write: (param: string) => string): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, MOST_PARAMS).map((param) => `${codeElement(param, 40)} ${write(param)}`);
  const more = names.length > MOST_PARAMS ? ` and ${formatCount(names.length - MOST_PARAMS)} more` : '';
  return `<sub>The same in both: ${shown.join(' · ')}${more}</sub>`;
}

/** Feature importance as bars, the largest first; the rest in one row. */
export function importanceTable(importance: ModelSummary['importance'], most: number): string {
  const positive = importance.filter((entry) => entry.importance > 0);
  if (positive.length === 0) return '';
  const shown = positive.slice(0, most);
  const largest = Math.max(...shown.map((entry) => entry.importance));
  const rows = shown.map((entry) => [
    code(entry.feature, 40),
    formatShare(entry.importance),
    bar(entry.importance / largest, 20),
  ]);
  const rest = positive.slice(most);
  const restShare = rest.reduce((sum, entry) => sum + entry.importance, 0);
  if (rest.length > 0) rows.push([plural(rest.length, 'more feature'), formatShare(restShare), '']);
  return table([{ head: 'feature' }, { head: 'importance', align: 'right' }, { head: 'share of the gain' }], rows);
}

function featureList(features: readonly string[]): string {
  if (features.length === 0) return '';
  const shown = features.slice(0, MOST_FEATURES).map((feature) => code(feature, 40));
  const more = features.length > MOST_FEATURES ? ` and ${formatCount(features.length - MOST_FEATURES)} more` : '';
  return `${plural(features.length, 'feature')}: ${shown.join(', ')}${more}`;
}

/** Where the two models say different things. Folded; regression speaks of errors instead of classes. */
export function disagreementSection(result: Comparison): string[] {
  const { disagreement } = result;
  if (!disagreement || result.verdict === 'identical') return [''];
  const { rows, forTheBetter, forTheWorse } = disagreement;
  const used = result.rows.used;
  const changed =
    result.task === 'regression'
      ? `${plural(rows, 'row')} ${rows === 1 ? 'has' : 'have'} a clearly different error`
      : `${plural(rows, 'row')} ${rows === 1 ? 'changes' : 'change'} sides`;
  const summary = `<b>Where they disagree</b>: ${changed}${rows === 0 ? '' : `, ${formatCount(forTheBetter)} for the better and ${formatCount(forTheWorse)} for the worse`}`;
  if (rows === 0) return [`<sub>The two models agree on every one of ${plural(used, 'row')}.</sub>`, ''];
  return [details(summary, disagreementTable(result, disagreement, used)), ''];
}

function disagreementTable(result: Comparison, disagreement: Disagreement, used: number): string {
  const { rows, forTheBetter, forTheWorse } = disagreement;
  const rest = Math.max(0, rows - forTheBetter - forTheWorse);
  const champion = theChampion(result.champion);
  const isRegression = result.task === 'regression';
  const parts: [string, number][] = [
    [isRegression ? 'the candidate is closer' : `right now, wrong in ${champion}`, forTheBetter],
    [isRegression ? `${champion} is closer` : `wrong now, right in ${champion}`, forTheWorse],
    [isRegression ? 'neither is closer' : 'wrong in both, in different ways', rest],
  ];
  const lines = parts
    .filter(([, count]) => count > 0)
    .map(([label, count]) => [label, formatCount(count), formatShare(count / rows), bar(count / rows, 20)]);
  const meaning = isRegression ? 'Their errors differ by more than the median error' : 'They predict another class';
  const share = `${meaning} on ${plural(rows, 'row')}, ${formatShare(used > 0 ? rows / used : 0, 2)} of ${formatCount(used)}.`;
  const most = result.disagreeing?.rows.length ?? 0;
  const page =
    most > 0
      ? `\n\n${plural(most, 'row')} on which they differ most, with their columns, ${most === 1 ? 'is' : 'are'} in \`comparison.html\` of the result's artifact.`
      : '';
  return `${share}\n\n${table([{ head: '' }, { head: 'rows', align: 'right' }, { head: 'share', align: 'right' }, { head: '' }], lines)}${page}`;
}
