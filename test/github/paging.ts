import { GitHubError } from './errors.js';

/** One page of a list, with the `Link` header that leads to the others (absent when there is one page only). */
export interface Page<T> {
  readonly items: readonly T[];
  readonly link: string | undefined;
}

const DEFAULT_PER_PAGE = 30;
const MAX_PER_PAGE = 100;

/**
 * The page that `per_page` (30 unless told, 100 at most) and `page` (from 1) ask for. `url` is the request's address
 * without query; the links keep every other parameter.
 */
export function paginate<T>(all: readonly T[], url: string, query: URLSearchParams): Page<T> {
  const perPage = Math.min(positive(query.get('per_page'), DEFAULT_PER_PAGE, 'per_page'), MAX_PER_PAGE);
  const page = positive(query.get('page'), 1, 'page');
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const items = all.slice((page - 1) * perPage, page * perPage);
  const to = (number: number, relation: string): string => {
    const next = new URLSearchParams(query);
    next.set('page', String(number));
    return `<${url}?${next.toString()}>; rel="${relation}"`;
  };
  const links: string[] = [];
  if (page > 1) links.push(to(Math.min(page - 1, last), 'prev'));
  if (page < last) links.push(to(page + 1, 'next'), to(last, 'last'));
  if (page > 1) links.push(to(1, 'first'));
  return { items, link: links.length === 0 ? undefined : links.join(', ') };
}

function positive(given: string | null, otherwise: number, name: string): number {
  if (given === null || given === '') return otherwise;
  const value = Number(given);
  if (!Number.isSafeInteger(value)) throw new GitHubError(422, `Invalid request.\n\n${name} is not an integer.`);
  return value < 1 ? otherwise : value;
}
