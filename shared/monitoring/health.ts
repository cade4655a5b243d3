import type { GroupShare } from '../data/drift/shown.js';

/**
 * What `monitor` found about the model that is live: `health.json`. `retrain` decides from it, and the health issue shows it.
 * Times are ISO 8601 in UTC; shares lie in [0, 1].
 */
export interface Health {
  readonly format: 1;
  readonly kind: 'health';
  readonly model: string;
  /** The version that is live, such as `v1.2.0`; empty when the model is no version. */
  readonly version: string;
  /** The digest that identifies the model. */
  readonly digest: string;
  /** When it was looked at. */
  readonly at: string;
  /** Length of a window as the spec says it, such as `7d`. */
  readonly window: string;
  /** Oldest first; the newest complete one is the present state. */
  readonly windows: readonly HealthWindow[];
  /** One a thing that is watched. */
  readonly checks: readonly HealthCheck[];
  /** No check is in alarm. */
  readonly healthy: boolean;
  /** Columns whose input drift is in alarm. */
  readonly drifted: readonly string[];
  readonly notices: readonly string[];
  /** What a window is held against. */
  readonly reference?: HealthReference;
  /** Of the newest window that was held against its reference; the worst first. */
  readonly columns?: readonly HealthColumn[];
  /** What decides. */
  readonly limits?: HealthLimits;
  /** The metric that stands for the quality. */
  readonly primary?: string;
  /** The primary metric on the held-out rows of the training. */
  readonly expected?: number;
}

/** The training rows, the windows before, or the same season of the data a year (364 days) ago. */
export type HealthReference = 'training' | 'previous' | 'same_season';

export interface HealthLimits {
  readonly minRows: number;
  /** Bad windows in a row that an alarm takes. */
  readonly breaches: number;
  readonly minEffect: number;
  readonly alpha: number;
  readonly block: 'hour' | 'day' | 'week';
  readonly confidence: number;
}

/** A watched column, held against its reference. */
export interface HealthColumn {
  readonly name: string;
  readonly of: 'input' | 'prediction';
  /** How far it is from the reference: in standard deviations, or a Jensen-Shannon distance in [0, 1]. */
  readonly effect: number;
  readonly measure: 'wasserstein' | 'jensen-shannon';
  readonly pValue?: number;
  /** Adjusted for the number of columns. */
  readonly adjustedP?: number;
  readonly drifted: boolean;
  /** Population stability index; decides nothing. */
  readonly psi: number;
  /** Shares. */
  readonly missing: { readonly reference: number; readonly current: number };
  readonly newValues: readonly { readonly value: string; readonly share: number }[];
  readonly goneValues: readonly { readonly value: string; readonly share: number }[];
  /** Shares of the rows, a group; ranges ascend, values have the most frequent first. */
  readonly groups: readonly GroupShare[];
  /** Why it was not held against the reference. */
  readonly note?: string;
  /** The effect in each of `windows`; null where there is none. */
  readonly history: readonly (number | null)[];
}

export interface HealthWindow {
  /** Included. */
  readonly from: string;
  /** Not included. */
  readonly to: string;
  /** Rows that the live version answered. */
  readonly rows: number;
  /** Rows that were asked for, of any version and also those that were refused. */
  readonly asked?: number;
  /** Rows that the live version refused. */
  readonly refused?: number;
  /** Too few rows to decide anything (below `monitor.min_rows`). */
  readonly sparse: boolean;
  readonly labelled: number;
  /** The delay of the labels has passed, so that no more are waited for. */
  readonly labelsComplete: boolean;
  /** Of the labelled rows; only once the labels are complete. */
  readonly metrics: Readonly<Record<string, { readonly value: number; readonly low?: number; readonly high?: number }>>;
}

export type HealthKind = 'input drift' | 'prediction drift' | 'quality' | 'contract' | 'volume' | 'errors' | 'latency';

export interface HealthCheck {
  readonly kind: HealthKind;
  /** The column, metric or number that is watched. */
  readonly subject: string;
  /** `watch`: the newest window is bad, but not yet so many in a row as an alarm takes. `unknown`: nothing could be decided. */
  readonly state: 'ok' | 'watch' | 'alarm' | 'unknown';
  /** Bad windows in a row, the newest last. */
  readonly breaches: number;
  /** One line: what was found, against what. */
  readonly detail: string;
  /** The start of the first of the bad windows in a row. */
  readonly since?: string;
  /** Drift: of the newest window. */
  readonly effect?: number;
  readonly pValue?: number;
}
