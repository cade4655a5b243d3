import type { RegistryHistory } from '../../../shared/registry/history.js';
import type { Conclusion } from '../../github/types.js';

/** What a story has shown, as data: the index page is a pure function of it. Addresses are relative to the story's folder. */
export interface StoryRecord {
  readonly title: string;
  readonly model: string;
  readonly purpose: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly chapters: readonly ChapterRecord[];
  /** Every candidate that was judged, in order. */
  readonly scores: readonly ScoreRecord[];
  /** The versions and their stages, with the pages of each version by its name. */
  readonly history?: RegistryHistory;
  /** What went live on the server, oldest first. */
  readonly deployments?: readonly DeploymentEntry[];
  readonly versionPages: Readonly<Record<string, readonly LinkRecord[]>>;
  /** Where the user's repository stands on disk. */
  readonly repository: string;
}

/** One of GitHub's records of a deployment. */
export interface DeploymentEntry {
  readonly ref: string;
  readonly environment: string;
  /** The states that it had, in their order. */
  readonly states: readonly string[];
  /** What its last status says. */
  readonly description: string;
  /** The page of the run. */
  readonly href?: string;
}

export type Tone = 'good' | 'bad' | 'neutral';

export interface ChapterRecord {
  readonly title: string;
  /** What happens and why. */
  readonly why: string;
  readonly runs: readonly RunRecord[];
  readonly links: readonly LinkRecord[];
  readonly seconds: number;
  /** What has come of it; absent where the story ended here. */
  readonly outcome?: { readonly tone: Tone; readonly text: string };
  /** Why the story ended here. */
  readonly failure?: { readonly expected: string; readonly found: string };
}

/** One workflow that ran. */
export interface RunRecord {
  readonly workflow: string;
  readonly event: string;
  readonly conclusion: Conclusion;
  readonly seconds: number;
  readonly href: string;
  readonly jobs: readonly {
    readonly name: string;
    readonly conclusion: Conclusion;
    readonly seconds: number;
    /** The place of its summary; absent where it wrote none. */
    readonly href?: string;
  }[];
}

/** A page or file that a reader may open. */
export interface LinkRecord {
  /** What it is: `Comment`, `Release`. */
  readonly label: string;
  /** Which one, or what it says, in a few words. */
  readonly note?: string;
  readonly href: string;
}

/** A candidate that was judged on held-out rows. */
export interface ScoreRecord {
  /** Where it came from: `pull request #1`. */
  readonly label: string;
  /** The number of its chapter, from 1. */
  readonly chapter: number;
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly value: number;
  /** The interval, where the metric has one. */
  readonly low?: number;
  readonly high?: number;
  /** `better`, `worse` and so on, of the primary metric. */
  readonly verdict: string;
  /** Whether a gate blocked it. */
  readonly blocked: boolean;
  /** The version that it became. */
  readonly version?: string;
  readonly rows: number;
}
