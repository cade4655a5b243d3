import type { Location } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';
import type { Permissions } from '../github/types.js';

/** A value whose texts may hold `${{ }}`, and where it stands. */
export interface Template {
  readonly value: Json;
  readonly location: Location;
}

/** The text of an `if:`. */
export interface Condition {
  readonly text: string;
  readonly location: Location;
}

export interface InputSpec {
  readonly type: 'string' | 'number' | 'boolean' | 'choice' | 'environment';
  readonly required: boolean;
  readonly default?: Template;
}

/** One event under `on:` with its filters. */
export interface TriggerSpec {
  readonly types?: readonly string[];
  readonly branches?: readonly string[];
  readonly branchesIgnore?: readonly string[];
  readonly tags?: readonly string[];
  readonly tagsIgnore?: readonly string[];
  readonly paths?: readonly string[];
  readonly pathsIgnore?: readonly string[];
  readonly workflows?: readonly string[];
  readonly schedules?: readonly { readonly cron: string; readonly timezone?: string }[];
  readonly inputs?: ReadonlyMap<string, InputSpec>;
}

/** `on.workflow_call`. */
export interface CallSpec {
  readonly inputs: ReadonlyMap<string, InputSpec>;
  readonly secrets: ReadonlyMap<string, { readonly required: boolean }>;
  readonly outputs: ReadonlyMap<string, Template>;
}

export interface RunDefaults {
  readonly shell?: Template;
  readonly workingDirectory?: Template;
}

export interface StepSpec {
  readonly location: Location;
  readonly id?: string;
  readonly name?: Template;
  readonly condition?: Condition;
  readonly run?: Template;
  readonly uses?: { readonly ref: string; readonly location: Location };
  readonly shell?: Template;
  readonly workingDirectory?: Template;
  /** A mapping, or one expression that gives a mapping. */
  readonly env?: Template;
  readonly with: ReadonlyMap<string, Template>;
  readonly continueOnError?: Template;
  readonly timeoutMinutes?: Template;
}

export interface StrategySpec {
  readonly matrix?: Template;
  readonly failFast?: Template;
  readonly maxParallel?: Template;
}

export interface JobSpec {
  readonly id: string;
  readonly location: Location;
  readonly name?: Template;
  readonly needs: readonly string[];
  readonly condition?: Condition;
  readonly permissions?: Permissions;
  readonly strategy?: StrategySpec;
  readonly runsOn?: Template;
  readonly env?: Template;
  readonly defaults: RunDefaults;
  readonly outputs: ReadonlyMap<string, Template>;
  readonly timeoutMinutes?: Template;
  readonly continueOnError?: Template;
  readonly environment?: Template;
  readonly concurrency?: Template;
  readonly cacheMode?: string;
  readonly steps: readonly StepSpec[];
  /** A called workflow, in place of steps. */
  readonly uses?: { readonly ref: string; readonly location: Location };
  readonly with: ReadonlyMap<string, Template>;
  readonly secrets: 'inherit' | ReadonlyMap<string, Template>;
}

export interface WorkflowSpec {
  /** Its path in the repository that holds it. */
  readonly path: string;
  readonly name: string;
  readonly runName?: Template;
  readonly triggers: ReadonlyMap<string, TriggerSpec>;
  readonly call?: CallSpec;
  readonly env?: Template;
  readonly defaults: RunDefaults;
  readonly permissions?: Permissions;
  readonly concurrency?: Template;
  readonly cacheMode?: string;
  readonly jobs: ReadonlyMap<string, JobSpec>;
}
