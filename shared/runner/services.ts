import type { Problem } from '../core/errors.js';
import type { Progress } from '../core/progress.js';
import { type ArtifactStore, createArtifactStore } from './artifacts.js';
import type { RunEnvironment } from './environment.js';
import { logLine } from './log.js';

/** A line on the run page: at a place of a file, where it has one. */
export interface Annotation extends Problem {
  readonly level: 'error' | 'warning' | 'notice';
}

/** What an action's use case gives back; the wrapper writes all of it before a failure fails the step. */
export interface ActionOutcome {
  readonly outputs: Readonly<Record<string, string>>;
  readonly annotations?: readonly Annotation[];
  /** Markdown for the job summary. */
  readonly summary?: string;
  /** One line; the step fails with it. */
  readonly failure?: string;
}

/** What a use case needs from the place where it runs; a test hands in its own. */
export interface RunnerServices {
  readonly environment: RunEnvironment;
  readonly progress: Progress;
  readonly artifacts: ArtifactStore;
  /** A line in the log. */
  readonly log: (line: string) => void;
}

export function createServices(environment: RunEnvironment, progress: Progress): RunnerServices {
  return { environment, progress, artifacts: createArtifactStore(environment), log: logLine };
}
