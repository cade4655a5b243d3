import { type Location, UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { nearest } from '../spec/nearest.js';

/** How SQL compares names: A-Z is a-z, all else is itself. */
export function columnKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The longest name that reports have room for; longer ones are more likely a broken header. */
const LONGEST_NAME = 2000;

/** @throws UserError for a name beyond all measure */
export function refuseLongNames(names: readonly string[], location: Location): void {
  const long = names.find((name) => name.length > LONGEST_NAME);
  if (long === undefined) return;
  throw new UserError({
    message: `the name of a column has ${formatCount(long.length)} characters (${JSON.stringify(long.slice(0, 40))} …); at most ${formatCount(LONGEST_NAME)} are accepted: rename it`,
    location,
  });
}

/** A name in a sentence: in quotes where blanks, line breaks or quotes would hide where it ends. */
export function shownName(name: string): string {
  const short = name.length > 100 ? `${name.slice(0, 99)}…` : name;
  return /^[^\s"]+(?: [^\s"]+)*$/.test(short) ? short : JSON.stringify(short);
}

/**
 * DuckDB would number them silently (`a`, `a_1`), and a spec would mean one of them by chance.
 * @throws UserError when two names are equal, also when they differ in upper and lower case only
 */
export function refuseDuplicates(names: readonly string[], location: Location): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(columnKey(name));
    if (other !== undefined) {
      const how = other === name ? 'twice' : `and as ${JSON.stringify(other)}, and SQL does not tell upper from lower case`;
      throw new UserError({ message: `column ${JSON.stringify(name)} is there ${how}; rename one of them`, location });
    }
    seen.set(columnKey(name), name);
  }
}

/** How many columns an error lists when it cannot guess which one was meant. */
const MOST_LISTED = 20;

/** The end of an error about an unknown column: the one that was probably meant, else those that there are. */
export function meantColumn(name: string, columns: readonly string[]): string {
  const near = nearest(name, columns);
  if (near !== undefined) return `; did you mean ${JSON.stringify(near)}?`;
  const more = columns.length > MOST_LISTED ? `, ... (${columns.length} in all)` : '';
  return `; the columns are: ${columns.slice(0, MOST_LISTED).join(', ')}${more}`;
}
