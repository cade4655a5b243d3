import type { Json } from '../../shared/core/json.js';
import type { Conclusion, Permissions, Run } from '../github/types.js';

/** What a step said about a line, with `::error file=...::message` or when it failed. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  /** At most 4,096 characters, as on GitHub. */
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

export interface StepResult {
  readonly name: string;
  /** After `continue-on-error`; `outcome` is before it. */
  readonly conclusion: Conclusion;
  readonly outcome: Conclusion;
  readonly seconds: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Every line the step printed, masked, joined by line breaks. */
  readonly log: string;
  /** What it wrote to `GITHUB_STEP_SUMMARY`; empty when that was over 1 MiB. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
}

export interface JobResult {
  /** As GitHub shows it: `judge`, `test (ubuntu, 20)`, `ci / judge` for a job of a called workflow. */
  readonly name: string;
  readonly conclusion: Conclusion;
  readonly seconds: number;
  /** What the job's token was asked for; LocalGitHub lowers it on the run of a fork. */
  readonly permissions: Permissions;
  readonly steps: readonly StepResult[];
  readonly outputs: Readonly<Record<string, string>>;
  /** The summaries of its steps that wrote one, in order. */
  readonly summaries: readonly string[];
  /** `url` of its environment, where it names one. */
  readonly url?: string;
  /** Why the job as a whole failed or was cancelled, where no step says so. */
  readonly error?: string;
}

export interface RunResult {
  readonly run: Run;
  /** `name:` of the workflow, or its path. */
  readonly workflow: string;
  readonly conclusion: Conclusion;
  readonly jobs: readonly JobResult[];
  /** Why the run did not start, or stopped outside its jobs. */
  readonly error?: string;
}

/** What happens while workflows run. `run` and `job` are the ids of LocalGitHub; a job that is skipped has a negative one. */
export type RunnerUpdate =
  | { kind: 'run-started'; run: number; number: number; workflow: string; event: string; title: string; at: number }
  | { kind: 'job-started'; run: number; job: number; name: string; at: number }
  | { kind: 'step-started'; run: number; job: number; step: number; name: string; at: number }
  | { kind: 'log'; run: number; job: number; step: number; line: string; at: number }
  | {
      kind: 'step-finished';
      run: number;
      job: number;
      step: number;
      name: string;
      conclusion: Conclusion;
      seconds: number;
      at: number;
    }
  | {
      kind: 'job-finished';
      run: number;
      job: number;
      name: string;
      conclusion: Conclusion;
      seconds: number;
      annotations: readonly Annotation[];
      error?: string;
      at: number;
    }
  | {
      kind: 'run-finished';
      run: number;
      workflow: string;
      conclusion: Conclusion;
      seconds: number;
      error?: string;
      at: number;
    };

/** What GitHub gives an `outcome` and a `conclusion` of a step in the `steps` context. */
export interface StepRecord {
  readonly [key: string]: Json;
  readonly outputs: Readonly<Record<string, string>>;
  readonly outcome: Conclusion;
  readonly conclusion: Conclusion;
}
