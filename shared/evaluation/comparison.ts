import type { Manifest } from '../bundle/manifest.js';
import type { Latency } from '../onnx/latency.js';
import type { Task } from '../spec/schema.js';

/**
 * The result of judging a candidate against a champion: `comparison.json`. It is data only; the comment, the check
 * and the summary are pure functions of it, also when it comes from a run that nobody trusts.
 */
export interface Comparison {
  readonly format: 1;
  readonly kind: 'comparison';
  readonly model: string;
  /** The spec's path in the repository, for annotations. */
  readonly spec?: string;
  readonly task: Task;
  readonly primary: string;
  readonly verdict: Verdict;
  /** Why, in one plain sentence; always there for `not comparable` and `first model`. */
  readonly reason?: string;
  readonly gates: readonly GateResult[];
  /** The gates together: one fail is fail; else one inconclusive is inconclusive; else pass. */
  readonly gatesOutcome: GateOutcome;
  /** Whether the step fails: a failed gate, or an inconclusive one where the spec says so. */
  readonly blocked: boolean;
  readonly metrics: readonly MetricComparison[];
  /** The metrics of what can be said without a model: the class shares or the mean of the training rows, on the same rows. */
  readonly baseline?: { readonly [metric: string]: number };
  readonly slices: readonly SliceComparison[];
  /** Slices that were left out because they have fewer rows than `minRows`. */
  readonly slicesLeftOut: number;
  readonly minRows: number;
  /** Of every interval; with several candidates so high that those of all of them hold together. */
  readonly confidence: number;
  readonly rows: ComparedRows;
  readonly candidate: ModelSummary;
  readonly champion?: ModelSummary & { readonly reference: string };
  readonly changes: readonly Change[];
  readonly disagreement?: Disagreement;
  /** The rows on which the two models differ most; only where `evaluate.show_rows` asks for them. */
  readonly disagreeing?: DisagreeingRows;
  /** In the order of the probabilities; absent for regression. */
  readonly classes?: readonly PerClass[];
  readonly confusion?: Confusion;
  /** Of two classes. */
  readonly calibration?: Calibration;
  /** Slices that a search found, where the candidate does harm. */
  readonly search?: SliceSearch;
  /** The groups of `evaluate.protected`, each large enough to say something of. */
  readonly fairness?: readonly ProtectedColumn[];
  /** The chance of training, which the intervals of the differences hold; only with `evaluate.seeds`. */
  readonly retraining?: RetrainingNoise;
  readonly curve?: Curve;
  /** Where several were judged: each of them, as they were named; everything else here is of the best one. */
  readonly candidates?: readonly CandidateResult[];
  /** The primary metric over the registry's versions; absent with fewer than two. */
  readonly history?: MetricHistory;
  /** Share of the test rows that stand again, the same in every feature and the target, among the training rows. */
  readonly leakage?: number;
  /** How many candidates have been judged on this test set, this one included; absent where nobody counted. */
  readonly looks?: number;
  readonly commit?: string;
  readonly createdAt: string;
  readonly tool: string;
}

/**
 * The primary metric's alone. `first model`: there is no champion. `equivalent`: the interval lies inside the margin.
 * `no evidence`: it does not, but contains no difference.
 */
export type Verdict = 'better' | 'worse' | 'equivalent' | 'no evidence' | 'identical' | 'not comparable' | 'first model';

export type GateOutcome = 'pass' | 'fail' | 'inconclusive' | 'skipped';

export interface GateResult {
  /** The line of the spec, as the user wrote it. */
  readonly text: string;
  /** The line of the spec file that it stands on, when known; for annotations. */
  readonly line?: number;
  readonly metric: string;
  readonly outcome: GateOutcome;
  /** What is required, for people: `≥ 0.70`, `≥ champion − 0.002`. */
  readonly required: string;
  /** What was found: the candidate's value, or the difference for gates against the champion. */
  readonly value?: number;
  readonly interval?: Interval;
  /** For an inconclusive gate: about how many test rows would decide it. */
  readonly rowsToDecide?: number;
  /** One plain sentence where the outcome needs it (skipped, fail, inconclusive, slices). */
  readonly note?: string;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface MetricComparison {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly candidate: number | null;
  readonly candidateInterval?: Interval;
  readonly champion?: number | null;
  /** candidate − champion. */
  readonly difference?: number;
  readonly interval?: Interval;
  /** What the interval says: better or worse only when it excludes 0. */
  readonly sign?: 'better' | 'worse' | 'no evidence' | 'identical';
  /** Why there is no valid interval, or why the interval was drawn out to 0. */
  readonly note?: string;
}

export interface SliceComparison extends MetricComparison {
  /** For people: `origin = ORD`, or the name in the spec. */
  readonly slice: string;
  readonly rows: number;
  /** Two-sided p-value of the difference, adjusted by Holm over all slices. */
  readonly adjustedP?: number;
}

export interface ComparedRows {
  /** Test rows of the candidate. */
  readonly test: number;
  /** Those that judged: held out by both models, with a label. */
  readonly used: number;
  /** Test rows left out because the champion may have trained on them. */
  readonly seenByChampion: number;
  /** Test rows left out because they are not newer than the champion's data; absent where that was not asked. */
  readonly older?: number;
  /** Test rows left out because the label is missing or of no known class. */
  readonly unlabelled: number;
}

/** What a reader wants to know of a model at a glance; taken from its manifest. */
export interface ModelSummary {
  readonly digest: string;
  readonly algorithm: string;
  readonly params: Manifest['params'];
  readonly features: readonly string[];
  readonly iterations: number;
  readonly trainingSeconds: number;
  readonly trainingRows: number;
  readonly dataRows: number;
  readonly sizeBytes: number;
  readonly latency?: Latency & { readonly batch?: Latency & { readonly rows: number } };
  /** What a process grows by when it runs the model. */
  readonly memoryBytes?: number;
  readonly importance: readonly { readonly feature: string; readonly importance: number }[];
  /** Metrics as the model's own bundle recorded them; shown when it cannot be run here, and then they decide nothing. */
  readonly recorded?: { readonly [metric: string]: number };
  readonly commit?: string;
  readonly runUrl?: string;
}

/**
 * One thing that differs between the two models; before or after is absent when it was added or removed. `drift` is a column whose values
 * differ between the rows that trained them: `after` says how, in words.
 */
export interface Change {
  readonly kind: 'algorithm' | 'param' | 'feature' | 'target' | 'data' | 'split' | 'seed' | 'signature' | 'drift';
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

/** A class of the labels and what both models make of it. */
export interface PerClass {
  readonly name: string;
  readonly rows: number;
  readonly candidate: ClassCounts;
  readonly champion?: ClassCounts;
}

/** Rows that a model decides for a class, and those of them that are of it. */
export interface ClassCounts {
  readonly decided: number;
  readonly right: number;
}

/** Rows by `[label][decision]`, in the order of the classes. */
export interface Confusion {
  readonly classes: readonly string[];
  readonly candidate: readonly (readonly number[])[];
  readonly champion?: readonly (readonly number[])[];
}

/** Rows in groups by their probability of the positive class, ascending. */
export interface Calibration {
  readonly candidate: readonly CalibrationBin[];
  readonly champion?: readonly CalibrationBin[];
}

/** The mean probability of a group, and the share of its rows that are positive. */
export interface CalibrationBin {
  readonly rows: number;
  readonly predicted: number;
  readonly observed: number;
}

/** What a search over many slices found. */
export interface SliceSearch {
  /** Slices that were large enough to be tested. */
  readonly searched: number;
  readonly loss: 'squared error' | 'absolute error';
  /** The worst first. */
  readonly found: readonly WorstSlice[];
}

export interface WorstSlice {
  /** One group, or two that meet: `origin = ORD`. */
  readonly parts: readonly string[];
  readonly rows: number;
  /** Mean loss less the champion's; without one, less that of all rows. */
  readonly difference: number;
  readonly interval: Interval;
  /** One-sided, after Holm over all searched slices. */
  readonly adjustedP: number;
}

/** A column whose groups must be treated alike. */
export interface ProtectedColumn {
  readonly column: string;
  readonly groups: readonly FairnessGroup[];
}

/** What a model does to a group; null where no row speaks of it. */
export interface FairnessGroup {
  readonly name: string;
  readonly rows: number;
  readonly candidate: GroupRates;
  readonly champion?: GroupRates;
}

/** Binary: the shares decided positive, of all rows and of the positive ones. `excess`: mean prediction less mean label. */
export interface GroupRates {
  readonly selected?: number | null;
  readonly found?: number | null;
  readonly excess: number | null;
}

/** How much the candidate's metrics differ between trainings with different seeds, on the same rows. */
export interface RetrainingNoise {
  /** The candidate's own included. */
  readonly trainings: number;
  /** `spread` is the standard deviation; low and high are the extremes. */
  readonly metrics: readonly { readonly name: string; readonly spread: number; readonly low: number; readonly high: number }[];
}

/** Rows whose predicted class differs (classification), or whose error changes by more than the median error. */
export interface Disagreement {
  readonly rows: number;
  /** Of those, the rows that the candidate gets right and the champion wrong (or with the smaller error). */
  readonly forTheBetter: number;
  /** Rows that the champion gets right and the candidate wrong. The rest changes between two wrong classes. */
  readonly forTheWorse: number;
  /** Of these rows: of classes, where rows are independent and count alike. It decides nothing. */
  readonly mcnemar?: McNemar;
}

/** McNemar's test of the rows that only one model gets right; see mcnemarOf. */
export interface McNemar {
  /** Two-sided, of the binomial distribution. */
  readonly exactP: number;
  /** With Edwards's continuity correction. */
  readonly corrected: ChiSquare;
  readonly uncorrected: ChiSquare;
}

/** With one degree of freedom. */
export interface ChiSquare {
  readonly statistic: number;
  readonly p: number;
}

/** One of several candidates, held against the champion on the same rows. */
export interface CandidateResult {
  /** As the input names it. */
  readonly name: string;
  readonly digest: string;
  readonly best: boolean;
  /** The primary one. */
  readonly metric: MetricComparison;
  readonly verdict: Verdict;
  readonly gatesOutcome: GateOutcome;
  readonly blocked: boolean;
  /** The gates that it fails, as the spec has them. */
  readonly failed: readonly string[];
}

/** A metric over versions, as each training recorded it on its own test rows: shown, and never part of a verdict. */
export interface MetricHistory {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  /** The oldest first. */
  readonly versions: readonly (RecordedFigure & { readonly version: string /** ISO 8601. */; readonly at: string })[];
  readonly candidate: RecordedFigure;
  /** Versions whose figures do not belong here, and why. */
  readonly leftOut: readonly { readonly version: string; readonly reason: string }[];
  /** From the figure of the version that sets it to where chance alone ends; absent where the metric has no interval. */
  readonly band?: { readonly version: string; readonly from: number; readonly to: number };
}

export interface RecordedFigure {
  readonly value: number;
  /** Test rows that it was measured on. */
  readonly rows: number;
  /** Figures of one test set are joined in pictures; see testSetOf. */
  readonly testSet: string;
}

/** Single rows of the data, so opt-in: they go into the artifact and its page, and never into a comment. */
export interface DisagreeingRows {
  /** What the numbers are: the probability of the positive class, of the row's own class, or the predicted value. */
  readonly answer: 'positive class' | 'own class' | 'value';
  /** Those that the candidate gained most on first. */
  readonly rows: readonly DisagreeingRow[];
  /** Columns that a model reads and `evaluate.hide` keeps back. */
  readonly hidden: number;
}

export interface DisagreeingRow {
  /** As in predictions.parquet; absent where the key is hidden. */
  readonly id?: string;
  readonly label: string;
  readonly candidate: number;
  readonly champion: number;
  /** Those that move the answers most first. */
  readonly columns: readonly RowColumn[];
}

/** A value of a row (null: missing), and how far the answer moves from where the column's typical value alone would put it. */
export interface RowColumn {
  readonly name: string;
  readonly value: string | null;
  /** Absent where the model does not read the column, or is not there to be asked. */
  readonly candidate?: number;
  readonly champion?: number;
}

/** One picture: the two models' curves on the same rows, at the same x. */
export interface Curve {
  readonly kind: 'roc' | 'confusion' | 'residuals' | 'coverage';
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: readonly number[];
  readonly candidate: readonly number[];
  readonly champion?: readonly number[];
}
