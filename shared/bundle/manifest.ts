import type { SplitRule } from '../data/split-rule.js';
import type { ColumnSchema, Part } from '../data/table.js';
import type { FeaturePlan } from '../features/plan.js';
import type { Signature } from '../onnx/signature.js';
import type { Task } from '../spec/schema.js';
import type { FeatureSelection } from './selection.js';

/** What a model was made of and how; `manifest.json` of a bundle. */
export interface Manifest {
  readonly format: 1;
  readonly name: string;
  readonly task: Task;
  /** sha256 over the canonical JSON of what identifies the model; see digest.ts. */
  readonly digest: string;
  readonly signature: Signature;
  /** The classes in the order of the probabilities; empty for regression. The positive class is the last of two. */
  readonly classes: readonly string[];
  readonly target: { readonly column: string; readonly sql?: string; readonly positive?: string };
  /** `gbdt`, `linear`, `baseline`, or `command` for a trainer of the user's. */
  readonly algorithm: string;
  /** The user's own trainer (`train.command`). */
  readonly command?: string;
  readonly params: { readonly [name: string]: string | number | boolean };
  readonly features: FeaturePlan;
  readonly seed: number;
  /** Positive from this probability on (binary). */
  readonly threshold?: number;
  readonly data: DataFingerprint;
  readonly split: SplitRule;
  readonly training: {
    readonly rows: Readonly<Record<Part, number>>;
    readonly seconds: number;
    /** Trees a class, or steps; what early stopping left. */
    readonly iterations: number;
    /** Share of the test rows that stand again, the same in every column but the key, among rows that train or choose. */
    readonly leakage?: number;
    /** The features that were dropped, and what it cost. */
    readonly selection?: FeatureSelection;
    /** Metrics of the folds of the train part, before calibration and threshold; null: not defined on some fold. */
    readonly crossValidation?: {
      readonly folds: number;
      readonly rows: number;
      readonly metrics: readonly {
        readonly name: string;
        readonly mean: number | null;
        /** Standard deviation over the folds. */
        readonly sd: number | null;
        readonly values: readonly (number | null)[];
      }[];
    };
    /** What the probabilities were calibrated by, and the rows that did it. */
    readonly calibration?: { readonly method: string; readonly rows: number; readonly source: string };
    /** The metric that the threshold was chosen by, and what it reached on the rows that chose. */
    readonly threshold?: {
      readonly metric: string;
      readonly reached: number;
      readonly rows: number;
      readonly source: string;
    };
    readonly finishedAt: string;
  };
  /**
   * Columns that come with a row and are never given to the model: a server accepts and logs them, so that what it
   * answered can be told by time and joined with labels. Bundles of earlier versions do not say it.
   */
  readonly context?: { readonly time?: string; readonly key: readonly string[] };
  /** What the training depended on; absent where that cannot be said. No part of the digest. */
  readonly fingerprint?: Fingerprint;
  readonly commit?: string;
  readonly run?: { readonly id: number; readonly attempt: number; readonly url: string };
  readonly tool: { readonly name: 'mlops-actions'; readonly version: string };
  /** Every other file of the bundle with its sha256 (`sha256:<hex>`) and size in bytes. */
  readonly files: { readonly [file: string]: { readonly sha256: string; readonly bytes: number } };
}

/** Everything that a training depends on: one digest of all, and one a part, to say which of them changed. */
export interface Fingerprint {
  readonly digest: string;
  readonly parts: { readonly [part: string]: string };
  /** Names the champion's division of rows where it was kept; the same inputs without it may divide differently. */
  readonly kept?: string;
}

/** Identifies the rows that a model saw, in any file order and file format. */
export interface DataFingerprint {
  /** sha256 over schema and the unordered content of the rows that `where` lets through. */
  readonly digest: string;
  readonly rows: number;
  readonly schema: readonly ColumnSchema[];
  readonly where?: string;
  /**
   * The event time of the newest labelled row: microseconds since 1970 UTC or, of a column of whole numbers, its value, as
   * decimal text. Rows that came later are new to the model, whichever part they fall into.
   */
  readonly newest?: { readonly column: string; readonly at: string };
}

/** `importance.json`: share of the total gain a feature, largest first; the shares add up to 1 (or all are 0). */
export type Importance = readonly { readonly feature: string; readonly importance: number }[];
