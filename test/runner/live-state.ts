import type { Conclusion } from '../github/types.js';
import { plainText } from './display-width.js';
import type { RunnerUpdate } from './result.js';

export interface LiveStep {
  readonly number: number;
  readonly name: string;
  readonly startedAt: number;
  readonly conclusion?: Conclusion;
  readonly seconds?: number;
  /** The newest line that it printed. */
  readonly line?: string;
}

export interface LiveJob {
  readonly id: number;
  readonly name: string;
  readonly startedAt: number;
  readonly steps: readonly LiveStep[];
  readonly conclusion?: Conclusion;
  readonly seconds?: number;
  /** What its error annotations say, and why it failed as a whole. */
  readonly errors: readonly string[];
}

export interface LiveRun {
  readonly id: number;
  readonly workflow: string;
  readonly title: string;
  readonly startedAt: number;
  readonly jobs: readonly LiveJob[];
  readonly conclusion?: Conclusion;
  readonly seconds?: number;
  readonly error?: string;
}

export type LiveState = readonly LiveRun[];

/** What is known after one more update. */
export function applyUpdate(state: LiveState, update: RunnerUpdate): LiveState {
  if (update.kind === 'run-started') {
    const { run: id, workflow, title, at } = update;
    return [...state, { id, workflow: plainText(workflow), title: plainText(title), startedAt: at, jobs: [] }];
  }
  return state.map((run) => (run.id === update.run ? applyToRun(run, update) : run));
}

function applyToRun(run: LiveRun, update: RunnerUpdate): LiveRun {
  switch (update.kind) {
    case 'run-started':
      return run;
    case 'run-finished': {
      const error = update.error === undefined ? {} : { error: update.error };
      return { ...run, conclusion: update.conclusion, seconds: update.seconds, ...error };
    }
    case 'job-started': {
      const job: LiveJob = { id: update.job, name: plainText(update.name), startedAt: update.at, steps: [], errors: [] };
      return { ...run, jobs: [...run.jobs, job] };
    }
    case 'job-finished': {
      const said = update.annotations.filter(({ level }) => level === 'error').map(({ message }) => message);
      const errors = [...said, ...(update.error === undefined || said.includes(update.error) ? [] : [update.error])];
      const { job: id, conclusion, seconds } = update;
      const known = run.jobs.some((job) => job.id === id);
      const unstarted: LiveJob = { id, name: plainText(update.name), startedAt: update.at, steps: [], errors };
      const jobs = known ? run.jobs : [...run.jobs, unstarted];
      return { ...run, jobs: jobs.map((job) => (job.id === id ? { ...job, conclusion, seconds, errors } : job)) };
    }
    default:
      return { ...run, jobs: run.jobs.map((job) => (job.id === update.job ? applyToJob(job, update) : job)) };
  }
}

function applyToJob(job: LiveJob, update: Extract<RunnerUpdate, { step: number }>): LiveJob {
  if (update.kind === 'step-started') {
    return { ...job, steps: [...job.steps, { number: update.step, name: shortName(update.name), startedAt: update.at }] };
  }
  return {
    ...job,
    steps: job.steps.map((step) => {
      if (step.number !== update.step) return step;
      if (update.kind === 'step-finished') return { ...step, conclusion: update.conclusion, seconds: update.seconds };
      const line = logLine(update.line);
      return line === '' ? step : { ...step, line };
    }),
  };
}

/** A pinned commit is told by its first digits. */
function shortName(name: string): string {
  return plainText(name).replace(/@([0-9a-f]{7})[0-9a-f]{33}\b/, '@$1');
}

/** A line of a log for people: without colours and the runner's own markers. */
function logLine(line: string): string {
  return plainText(line)
    .replace(/^##\[(?:error|warning|notice|debug|group)\]/, '')
    .replace(/^##\[endgroup\]$/, '')
    .trim();
}
