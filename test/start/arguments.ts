import { UserError } from '../../shared/core/errors.js';

/** What `npm start` is asked to show. */
export interface StartArguments {
  /** A sample, or the path of a project. */
  readonly name: string;
  /** One of the long stories, without its dashes. */
  readonly story?: string;
}

/** Reads `flights --release`. @throws UserError for anything else */
export function readArguments(words: readonly string[], stories: readonly string[]): StartArguments {
  const names = words.filter((word) => !word.startsWith('-'));
  const flags = words.filter((word) => word.startsWith('-'));
  const usage = `npm start -- [sample or folder] [${stories.map((story) => `--${story}`).join(' or ')}]`;
  const unknown = flags.find((flag) => !stories.includes(flag.slice(2)) || !flag.startsWith('--'));
  if (unknown !== undefined) throw new UserError(`There is no option ${unknown}. Accepted: ${usage}`);
  if (names.length > 1 || flags.length > 1)
    throw new UserError(`One project and one story at a time, found ${[...names, ...flags].join(' ')}. Accepted: ${usage}`);
  const [flag] = flags;
  return { name: names[0] ?? 'flights', ...(flag !== undefined && { story: flag.slice(2) }) };
}
