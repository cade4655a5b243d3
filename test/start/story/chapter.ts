import type { PullRequest } from '../../github/types.js';
import type { RunResult } from '../../runner/result.js';
import type { LinkRecord, Tone } from './record.js';
import type { Story } from './story.js';

/** A part of a story: it says what happens and why, does it, and shows what a user would look at. */
export interface Chapter {
  readonly title: string;
  /** What happens and why, in one or two lines. */
  readonly why: string;
  /** @throws Unexpected when something is not as it is told: the story ends there */
  tell(story: Story): Promise<ChapterEnd>;
}

export interface ChapterEnd {
  readonly tone: Tone;
  /** What has come of it, in one or two lines. */
  readonly outcome: string;
  /** What a user would look at, as lines of text. */
  readonly look?: string;
  readonly links: readonly LinkRecord[];
  /** What later chapters go on with. */
  readonly state?: Partial<StoryState>;
}

/** What chapters hand on. */
export interface StoryState {
  /** The one that is open. */
  readonly pullRequest: PullRequest;
  /** The tag of the newest version. */
  readonly latest: string;
  /** The versions that have had production, oldest first. */
  readonly production: readonly string[];
  /** When retrain.yml runs. */
  readonly cron: string;
  /** The run that gave the newest one its stage. */
  readonly promotion: RunResult;
  /** What a search has found. */
  readonly tuned: { readonly params: Readonly<Record<string, string | number | boolean>>; readonly value: number };
}
