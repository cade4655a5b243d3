import type { Fields } from '../fields.js';
import type { Access } from '../permissions.js';
import type { Blobs } from '../results/blobs.js';
import type { Actor, RepositoryRecord, State } from '../state.js';

/** What a handler is given: who asks for what, in which repository, and everything there is. */
export interface Call {
  readonly state: State;
  readonly blobs: Blobs;
  /** `GITHUB_API_URL`, for the addresses in answers. */
  readonly apiUrl: string;
  readonly actor: Actor;
  readonly record: RepositoryRecord;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Fields;
  /** The body as it came, and what its sender says of it; for uploads. */
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The request's address without query. */
  readonly url: string;
  readonly accept: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of `body`, for what is not JSON. */
  readonly raw?: { readonly bytes: Buffer; readonly contentType: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** One operation of the REST API. `path` is as GitHub's description writes it; a last `{path}` or `{ref}` takes slashes too. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly access: Access;
  /** Served by the host for uploads, whose bodies are no JSON; here that is everything below `/uploads`. */
  readonly upload?: boolean;
  handle(call: Call): Answer | Promise<Answer>;
}

/** The parameters of a path (still encoded) that fits a template; undefined where it does not fit. */
export function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.split('/');
  const greedy = wanted.at(-1) === '{path}' || wanted.at(-1) === '{ref}';
  if (greedy ? given.length < wanted.length : given.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const text = greedy && index === wanted.length - 1 ? given.slice(index).join('/') : given[index]!;
    if (name === undefined) {
      if (part !== text) return undefined;
    } else if (text === '') return undefined;
    else params[name] = text;
  }
  return params;
}

/** The number in a path; undefined for what is none, so that nothing has that id. */
export function idOf(call: Call, name: string): number | undefined {
  const text = call.params[name] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function withLink(body: unknown, link: string | undefined): Answer {
  return { status: 200, body, ...(link === undefined ? {} : { headers: { Link: link } }) };
}
