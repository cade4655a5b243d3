import type { Check, Rollback, TargetKind } from './target.js';

/** A step that was taken, with what was looked at after it. */
export interface TakenStep {
  readonly name: string;
  readonly share?: number;
  readonly seconds: number;
  readonly checks: readonly Check[];
}

/** What the model did with rows that it has never trained on, in the runner, before it got any traffic. */
export interface SmokeTest {
  readonly checks: readonly Check[];
  /** Rows that were asked for. */
  readonly rows: number;
  /** Largest difference between an answer over HTTP and the model's own. */
  readonly worst?: number;
  /** Largest difference from the predictions that were recorded when the model was made, and of how many rows. */
  readonly registered?: { readonly rows: number; readonly worst: number };
  /** Milliseconds of one row over HTTP, on this machine. */
  readonly latency?: { readonly p50Ms: number; readonly p99Ms: number };
}

/**
 * - `deployed`: live, and everything was as it should be
 * - `unchanged`: it was live before
 * - `planned`: a dry run
 * - `failed`: before anything was changed
 * - `rolled back`: changed, and taken back
 */
export type DeploymentOutcome = 'deployed' | 'unchanged' | 'planned' | 'failed' | 'rolled back';

/** `deployment.json`: what a deployment did. */
export interface DeploymentResult {
  readonly format: 1;
  readonly kind: 'deployment';
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly target: TargetKind;
  readonly environment: string;
  readonly outcome: DeploymentOutcome;
  /** Why it failed; one line. */
  readonly reason?: string;
  /** Where the model answers. */
  readonly url?: string;
  /** The version that was live before. */
  readonly previous?: string;
  readonly smoke?: SmokeTest;
  readonly plan: readonly string[];
  readonly steps: readonly TakenStep[];
  readonly rollback?: Rollback;
  /** Of a dry run: YAML, and how it differs from what is live. */
  readonly manifests?: string;
  readonly diff?: string;
  readonly notices: readonly string[];
  /** GitHub's number of the record. */
  readonly deployment?: number;
  readonly run?: string;
  readonly seconds: number;
  readonly createdAt: string;
  readonly tool: string;
}
