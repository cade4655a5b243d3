import { filled } from '../core/filled.js';
import { formatCount } from '../core/format.js';
import type { Progress } from '../core/progress.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import { fitsTask, isFairness, isMetric } from '../spec/metrics.js';
import { baselineMetrics } from './baseline.js';
import type { BootstrapOptions } from './bootstrap.js';
import type { Comparison, MetricComparison, SliceSearch } from './comparison.js';
import { curveOf } from './curve.js';
import { describeDecisions } from './decisions.js';
import { disagreementOf } from './disagreement.js';
import { describeGroups, type Groups } from './fairness.js';
import { type GateInput, type GateLine, judgeGates, type Measures, outcomeOf } from './gates.js';
import { type MeasuredMetric, measuredComparison } from './measured-metrics.js';
import { compareMetrics } from './metric-comparison.js';
import { type CustomMetric, type Pair, pairSamples } from './pair.js';
import { describeClasses } from './per-class.js';
import { withRetrainingNoise } from './retraining-noise.js';
import { type Sample, takeSample, unscoredRows } from './sample.js';
import { compareSlices, type Slice } from './slices.js';
import type { Blocks } from './statistic.js';
import { findWorstSlices, type SearchGroups } from './worst-slices.js';

/** What is known of the judged rows. All arrays have one entry a judged row, in one order (see commonRows). */
export interface EvaluationInput {
  readonly labels: Labels;
  readonly candidate: Predictions;
  /** The metric of the verdict. */
  readonly primary: string;
  /** The metrics of the table; primary and the gates' are added. */
  readonly metrics: readonly string[];
  readonly gates: readonly GateLine[];
  /** What an inconclusive gate does to the step. */
  readonly gatesInconclusive: 'pass' | 'fail';
  readonly slices: readonly Slice[];
  /** Slices with fewer labelled rows are left out. */
  readonly minRows: number;
  readonly confidence: number;
  /** Resamples. */
  readonly bootstrap: number;
  readonly seed: number;
  /** Any number a row that is equal for rows that depend on each other (a day, a customer); they are resampled together. */
  readonly blocks?: Int32Array | undefined;
  /** How much each row counts; default alike. Pictures and counts of rows go without. */
  readonly weights?: Float64Array | undefined;
  /** The spec's own metrics of both models. */
  readonly custom?: readonly CustomMetric[] | undefined;
  /** The spec's own metrics that a command has measured. They have no interval: they are shown, and gates may hold them against a number. */
  readonly measured?: readonly MeasuredMetric[] | undefined;
  /** Says the same of every row; see constantPredictions. */
  readonly baseline?: Predictions | undefined;
  /** Columns to search for the worst slices, by judged row; the most important first. */
  readonly searched?: readonly SearchGroups[] | undefined;
  /** The columns of `evaluate.protected`, by judged row. */
  readonly groups?: readonly Groups[] | undefined;
  /** Positive from this probability on (binary); default 0.5. */
  readonly threshold?: { readonly candidate?: number | undefined; readonly champion?: number | undefined } | undefined;
  /** Of the candidate; `rows` is the number of judged rows where it is absent. */
  readonly measures: Measures;
  readonly progress?: Progress | undefined;
}

export interface JudgeInput extends EvaluationInput {
  /** On the same rows; absent when there is none, it cannot be run, or it is the candidate itself (sameDigest). */
  readonly champion?: Predictions | undefined;
  readonly championMeasures?: Measures | undefined;
  /** The bundles' digests are equal. */
  readonly sameDigest?: boolean | undefined;
  /** Why the champion cannot be held against the candidate (incomparableReason, no common rows, it cannot be run). */
  readonly notComparable?: string | undefined;
  /** What counts as equal on the primary metric. */
  readonly margin: number;
  /** Of trainings that differ from the candidate's by their seed alone, on the same rows. */
  readonly retrained?: readonly Predictions[] | undefined;
}

/** What follows from labels and predictions, of a comparison. */
export type Judgement = Pick<
  Comparison,
  | 'verdict'
  | 'reason'
  | 'primary'
  | 'task'
  | 'gates'
  | 'gatesOutcome'
  | 'blocked'
  | 'metrics'
  | 'baseline'
  | 'slices'
  | 'slicesLeftOut'
  | 'minRows'
  | 'confidence'
  | 'disagreement'
  | 'retraining'
  | 'fairness'
  | 'classes'
  | 'confusion'
  | 'calibration'
  | 'search'
  | 'curve'
> & {
  /** Resamples behind the metrics' intervals: as requested, fewer on very many rows, 0 where none needs any. */
  readonly resamples: number;
};

/** The same, of one model by itself. */
type EvaluationParts = Omit<Judgement, 'verdict' | 'reason' | 'disagreement' | 'retraining'>;

/** Judges a candidate against a champion, or says why it cannot. Deterministic by seed, whatever the order of the rows. */
export function judge(input: JudgeInput): Judgement {
  return assess(input, 'there is no champion to compare with yet');
}

/** One model on its held-out rows. Gates against the champion are skipped. */
export function evaluateModel(input: EvaluationInput): EvaluationParts {
  const alone = { ...input, margin: 0, champion: undefined, notComparable: undefined };
  const {
    verdict: _verdict,
    reason: _reason,
    disagreement: _disagreement,
    retraining: _retraining,
    ...parts
  } = assess(alone, 'needs the champion: the compare action judges it');
  return parts;
}

function assess(input: JudgeInput, noChampion: string): Judgement {
  const { labels, candidate, blocks, weights, custom, groups, primary, confidence, threshold } = input;
  const opponent = input.champion ?? (input.sameDigest ? candidate : undefined);
  const offered = input.notComparable === undefined ? opponent : undefined;
  const identical = offered !== undefined && isIdentical(input, offered);
  const whole = pairSamples({ labels, candidate, champion: identical ? undefined : offered, blocks, weights, custom, groups });
  const reason = notComparableReason(input, whole);
  const champion = reason === undefined && !identical ? offered : undefined;
  const pair = champion ? whole : withoutChampion(whole);
  const asked = metricsOf(input);
  const options: BootstrapOptions = {
    metrics: asked.filter((name) => !input.measured?.some((own) => own.name === name)),
    resamples: input.bootstrap,
    confidence,
    seed: input.seed,
    ...(threshold && { thresholds: threshold }),
    ...(input.progress && { progress: input.progress }),
  };
  const { metrics: measured, resamples } = compareMetrics(pair, identical, options);
  const retrained = champion && input.retrained?.length ? input.retrained : undefined;
  const { metrics, noise } = retrained
    ? withRetrainingNoise(measured, { labels, retrained, weights, threshold: threshold?.candidate, confidence })
    : { metrics: measured, noise: undefined };
  const own = (input.measured ?? []).map((metric) => measuredComparison(metric, champion !== undefined || identical));
  const known = [...metrics.map(({ comparison }) => comparison), ...own];
  const comparisons = asked.map((name) => known.find((metric) => metric.name === name)!);
  const sliced = compareSlices(input.slices, { labels, candidate, champion, blocks, weights, custom }, identical, {
    ...options,
    metrics: sliceMetricsOf(input),
    minRows: input.minRows,
  });
  const unscored = unscoredRows(pair.candidate);
  const names = labels.task === 'regression' || unscored > 0 ? [] : labels.classes;
  const classes = describeClasses(names, pair.candidate, pair.champion, threshold);
  const fairness = unscored === 0 ? describeGroups(pair.candidate, pair.champion, threshold) : [];
  const gates = judgeGates({
    gates: input.gates,
    metrics: comparisons,
    measured: own.map(({ name }) => name),
    slices: sliced.slices,
    rows: pair.rows,
    measures: { rows: pair.rows, ...input.measures },
    championMeasures: input.championMeasures,
    confidence,
    unscored,
    withoutChampion: gatesWithoutChampion(reason, offered ? undefined : noChampion),
  });
  const gatesOutcome = outcomeOf(gates);
  return {
    ...verdictOf(comparisons[0]!, input.margin, { reason, identical, first: offered ? undefined : noChampion }),
    task: labels.task,
    primary,
    gates,
    gatesOutcome,
    blocked: gatesOutcome === 'fail' || (gatesOutcome === 'inconclusive' && input.gatesInconclusive === 'fail'),
    metrics: comparisons,
    ...(input.baseline && { baseline: baselineMetrics(options.metrics, labels, input.baseline, weights) }),
    slices: sliced.slices.map(({ comparison }) => comparison),
    slicesLeftOut: sliced.leftOut,
    minRows: input.minRows,
    confidence,
    ...(noise && { retraining: noise }),
    ...(classes.length > 0 && { classes }),
    ...describeDecisions(names, pair.candidate, identical ? pair.candidate : pair.champion, threshold),
    ...(fairness.length > 0 && { fairness }),
    ...(unscored === 0 && !identical && input.searched?.length && { search: searchSlices(input, champion) }),
    ...(unscored === 0 &&
      pictures(
        pair.candidate,
        identical ? pair.candidate : pair.champion,
        identical ? undefined : threshold,
        !blocks && !weights,
      )),
    resamples,
  };
}

function searchSlices(input: JudgeInput, champion: Predictions | undefined): SliceSearch {
  const { labels, candidate, blocks, searched = [], minRows, confidence } = input;
  const { sample, origin } = takeSample(labels, candidate);
  return findWorstSlices({
    candidate: sample,
    champion: champion && takeSample(labels, champion).sample,
    columns: searched.map((column) => ({
      ...column,
      of: filled(new Int32Array(origin.length), (at) => column.of[origin[at]!]!),
    })),
    blocks: blocks && countedBlocks(filled(new Int32Array(origin.length), (at) => blocks[origin[at]!]!)),
    ...{ minRows, confidence },
  });
}

/** The same blocks, numbered from 0 without gaps. */
function countedBlocks(blocks: Int32Array): Blocks {
  const numbers = new Map<number, number>();
  const of = filled(new Uint32Array(blocks.length), (at) => {
    const number = numbers.get(blocks[at]!) ?? numbers.size;
    numbers.set(blocks[at]!, number);
    return number;
  });
  return { of, count: numbers.size };
}

function isIdentical(input: JudgeInput, champion: Predictions): boolean {
  if (input.sameDigest) return true;
  const { candidate, threshold } = input;
  if ((threshold?.candidate ?? 0.5) !== (threshold?.champion ?? 0.5) && input.labels.task === 'binary') return false;
  if (candidate.task !== 'regression') {
    if (champion.task === 'regression') return false;
    if (candidate.classes.some((name, column) => champion.classes[column] !== name)) return false;
  }
  return (
    candidate.rows > 0 &&
    candidate.scores.length === champion.scores.length &&
    candidate.scores.every((score, at) => score === champion.scores[at])
  );
}

/** The primary metric first, then the table's, then those that only gates ask for. */
function metricsOf(input: JudgeInput): string[] {
  const ofGates = input.gates.filter(({ gate }) => gate.kind !== 'slice').map(({ gate }) => gate.metric);
  return [...new Set([input.primary, ...input.metrics, ...ofGates.filter((name) => isComputed(name, input))])];
}

function sliceMetricsOf(input: JudgeInput): string[] {
  const ofGates = input.gates.filter(({ gate }) => gate.kind === 'slice').map(({ gate }) => gate.metric);
  return [...new Set([input.primary, ...ofGates.filter((name) => isComputed(name, input))])];
}

function isComputed(name: string, { labels, custom, groups }: JudgeInput): boolean {
  if (isFairness(name)) return groups !== undefined && groups.length > 0;
  return isMetric(name) ? fitsTask(name, labels.task) : (custom?.some((metric) => metric.name === name) ?? false);
}

function notComparableReason(input: JudgeInput, pair: Pair): string | undefined {
  if (input.notComparable !== undefined) return input.notComparable;
  if (!input.champion && !input.sameDigest) return undefined;
  if (pair.rows === 0) return 'no labelled row was held out by both models';
  for (const [model, sample] of [['candidate', pair.candidate] as const, ['champion', pair.champion] as const]) {
    const unscored = sample ? unscoredRows(sample) : 0;
    if (unscored > 0) return `the ${model} gives no number for ${formatCount(unscored)} of ${formatCount(pair.rows)} rows`;
  }
  return undefined;
}

function withoutChampion({ champion: _champion, ...pair }: Pair): Pair {
  return pair;
}

function gatesWithoutChampion(reason: string | undefined, absent: string | undefined): GateInput['withoutChampion'] {
  if (reason !== undefined) return { outcome: 'inconclusive', note: `not comparable: ${reason}` };
  return absent === undefined ? undefined : { outcome: 'skipped', note: absent };
}

function verdictOf(
  primary: MetricComparison,
  margin: number,
  known: { readonly reason: string | undefined; readonly identical: boolean; readonly first: string | undefined },
): Pick<Comparison, 'verdict' | 'reason'> {
  if (known.reason !== undefined) return { verdict: 'not comparable', reason: known.reason };
  if (known.first !== undefined) return { verdict: 'first model', reason: known.first };
  if (known.identical) return { verdict: 'identical' };
  const { interval, sign } = primary;
  if (!interval) return { verdict: 'no evidence', reason: primary.note ?? `${primary.name} is undefined on these rows` };
  if (margin > 0 && interval.low >= -margin && interval.high <= margin) return { verdict: 'equivalent' };
  if (sign === 'better' || sign === 'worse') return { verdict: sign };
  return { verdict: 'no evidence', ...(primary.note !== undefined && { reason: primary.note }) };
}

function pictures(
  candidate: Sample,
  champion: Sample | undefined,
  threshold: JudgeInput['threshold'],
  independent: boolean,
): Pick<Comparison, 'disagreement' | 'curve'> {
  const curve = curveOf(candidate, champion);
  return {
    ...(champion && candidate.rows > 0 && { disagreement: disagreementOf(candidate, champion, { ...threshold, independent }) }),
    ...(curve && { curve }),
  };
}
