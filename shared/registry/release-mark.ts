import { z } from 'zod';
import type { Release } from '../github/release.js';

/**
 * The hidden first line of a release's text. It tells our releases from others without a request each, and finds what an
 * interrupted registration has left. It proves nothing: what counts is the tag.
 */
export interface ReleaseMark {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** The run that writes it, so that another run can tell whether it is still at work. */
  readonly run?: number | undefined;
  readonly attempt?: number | undefined;
}

const schema = z.object({
  model: z.string(),
  version: z.string(),
  digest: z.string(),
  run: z.int().optional(),
  attempt: z.int().optional(),
});

const FIRST_LINE = /^<!-- mlops-actions: (\{[^\r\n]*\}) -->\r?(?:\n|$)/;

/** @param body Markdown below the mark */
export function withMark(mark: ReleaseMark, body: string): string {
  return `<!-- mlops-actions: ${JSON.stringify(mark)} -->\n${body}`;
}

/** The mark of a release; undefined when it has none, so is not ours. */
export function markOf({ body }: Pick<Release, 'body'>): ReleaseMark | undefined {
  const match = FIRST_LINE.exec(body);
  if (!match) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(match[1]!));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
