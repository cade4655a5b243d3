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
}

export interface HealthWindow {
  /** Included. */
  readonly from: string;
  /** Not included. */
  readonly to: string;
  /** Rows that the live version answered. */
  readonly rows: number;
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
  /** Drift: of the newest window. */
  readonly effect?: number;
  readonly pValue?: number;
}
