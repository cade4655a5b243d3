import { GitHubError, notFound } from '../errors.js';
import { matchesEtag, weakEtag } from '../etag.js';
import { type Fields, isFields } from '../fields.js';
import type { OpenApi } from '../openapi.js';
import { acceptedPermissions, assertAllowed } from '../permissions.js';
import { quotaHeaders, RateLimits } from '../rate-limit.js';
import type { Blobs } from '../results/blobs.js';
import type { Actor, State } from '../state.js';
import type { Tokens } from '../tokens.js';
import type { Violation } from '../types.js';
import { artifactRoutes } from './artifacts.js';
import { attestationRoutes } from './attestations.js';
import { cacheRoutes } from './caches.js';
import { checkRoutes } from './checks.js';
import { commentRoutes } from './comments.js';
import { deploymentRoutes } from './deployments.js';
import { dispatchRoutes } from './dispatches.js';
import { environmentRoutes } from './environments.js';
import { gitDataRoutes } from './git-data.js';
import { issueRoutes } from './issues.js';
import { mergeRoutes } from './merges.js';
import { pullRoutes } from './pulls.js';
import { refRoutes } from './refs.js';
import { leaveStarter, releaseAssetRoutes } from './release-assets.js';
import { releaseRoutes } from './releases.js';
import { repositoryRoutes } from './repos.js';
import { type Answer, type Call, matchPath, type Route } from './route.js';
import { runRoutes } from './runs.js';
import { statusRoutes } from './statuses.js';
import { treeRoutes } from './trees.js';

const ROUTES: readonly Route[] = [
  ...repositoryRoutes,
  ...commentRoutes,
  ...issueRoutes,
  ...pullRoutes,
  ...mergeRoutes,
  ...checkRoutes,
  ...statusRoutes,
  ...runRoutes,
  ...artifactRoutes,
  ...cacheRoutes,
  ...refRoutes,
  ...gitDataRoutes,
  ...treeRoutes,
  ...releaseRoutes,
  ...releaseAssetRoutes,
  ...dispatchRoutes,
  ...environmentRoutes,
  ...deploymentRoutes,
  ...attestationRoutes,
];

/** The host for uploads, as a path of this one. */
const UPLOADS = '/uploads';

const JSON_TYPE = 'application/json; charset=utf-8';
const API_VERSIONS = new Set(['2022-11-28', '2026-03-10']);

export interface RestRequest {
  readonly method: string;
  /** As sent, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer | undefined;
}

export interface RestOptions {
  readonly state: State;
  readonly tokens: Tokens;
  readonly blobs: Blobs;
  readonly apiUrl: () => string;
  readonly openApi: (() => OpenApi) | undefined;
  /** Where requests that GitHub's description does not allow are noted. */
  readonly violations: Violation[];
}

/** GitHub's REST API: finds the route, checks token, permission and form, and dresses the answer as GitHub does. */
export class RestApi {
  readonly #options: RestOptions;
  readonly #limits = new RateLimits();

  constructor(options: RestOptions) {
    this.#options = options;
  }

  async answer(request: RestRequest): Promise<RestAnswer> {
    const actor = this.#options.tokens.actor(request.headers.authorization);
    const found = findRoute(request);
    let answer: Answer;
    try {
      answer = await this.#handle(request, actor, found);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      answer = this.#errorAnswer(error, found?.route);
    }
    if (found !== undefined) this.#checkAnswer(found.route, answer);
    return this.#dress(request, actor, found?.route, answer);
  }

  /**
   * An upload whose body did not arrive, or was not stored: GitHub may keep an asset in state `starter` then, and here
   * it always does, where the upload would have been taken.
   */
  brokenUpload(request: RestRequest): void {
    const actor = this.#options.tokens.actor(request.headers.authorization);
    const found = findRoute(request);
    if (found?.route.upload !== true || actor === undefined) return;
    try {
      leaveStarter(this.#call(request, actor, found).call);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
    }
  }

  async #handle(request: RestRequest, actor: Actor | undefined, found: Found | undefined): Promise<Answer> {
    const { state } = this.#options;
    if ((request.headers['user-agent'] ?? '') === '') {
      const rules = 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.';
      throw new GitHubError(403, rules);
    }
    const version = request.headers['x-github-api-version'];
    if (version !== undefined && !API_VERSIONS.has(version)) {
      throw new GitHubError(400, `"${version}" is not a valid API version. Accepted versions: ${[...API_VERSIONS].join(', ')}`);
    }
    if (actor === undefined) throw new GitHubError(401, 'Bad credentials');
    if (request.method === 'GET' && request.path === '/rate_limit') return this.#rateLimit(actor);
    if (this.#limits.exhausted(actor, state.now())) throw rateLimited(actor);
    if (found === undefined) throw notFound();
    const { call, body } = this.#call(request, actor, found);
    this.#checkRequest(found.route, call.params, request.query, body);
    return found.route.handle(call);
  }

  #call(request: RestRequest, actor: Actor, { route, params: encoded }: Found): { call: Call; body: Fields | undefined } {
    const { state, blobs } = this.#options;
    const apiUrl = this.#options.apiUrl();
    const params = decodeParams(encoded);
    const record = state.repository(params.owner ?? '', params.repo ?? '');
    if (record === undefined) throw notFound();
    assertAllowed(actor, record, route.access);
    const body = route.upload === true ? undefined : parseBody(request);
    const call = {
      ...{ state, blobs, apiUrl, actor, record, params, query: request.query, body: body ?? {}, bytes: request.body },
      ...{ url: `${apiUrl}${request.path}`, accept: request.headers.accept ?? '' },
      headers: request.headers,
    };
    return { call, body };
  }

  #rateLimit(actor: Actor): Answer {
    const { limit, used, remaining, reset } = this.#limits.count(actor, this.#options.state.now(), 0);
    const core = { limit, used, remaining, reset };
    const search = { limit: 30, used: 0, remaining: 30, reset };
    return { status: 200, body: { resources: { core, search }, rate: core } };
  }

  #errorAnswer(error: GitHubError, route: Route | undefined): Answer {
    const documentation =
      route === undefined ? undefined : this.#options.openApi?.().documentationUrl({ method: route.method, path: route.path });
    return {
      status: error.status,
      headers: error.headers,
      body: {
        message: error.message,
        ...(error.errors === undefined ? {} : { errors: error.errors }),
        documentation_url: documentation ?? 'https://docs.github.com/rest',
        status: String(error.status),
      },
    };
  }

  /** A request that GitHub's description does not allow is refused as GitHub refuses most of them, and remembered. */
  #checkRequest(
    route: Route,
    params: Readonly<Record<string, string>>,
    query: URLSearchParams,
    body: Fields | undefined,
  ): void {
    const problems = this.#options.openApi?.().request(route, { params, query, body }) ?? [];
    if (problems.length === 0) return;
    this.#options.violations.push({ side: 'request', operation: `${route.method} ${route.path}`, problems });
    throw new GitHubError(422, `Invalid request.\n\n${problems.join('\n')}`);
  }

  /** An answer of ours that GitHub would not give is our mistake: it must not go out as if nothing were wrong. */
  #checkAnswer(route: Route, answer: Answer): void {
    if (this.#options.openApi === undefined) return;
    const type = answer.raw?.contentType ?? JSON_TYPE;
    const body = answer.raw ?? answer.body;
    const problems = this.#options.openApi().response(route, answer.status, type, body);
    if (problems.length === 0) return;
    throw new Error(`the local GitHub's answer is not what GitHub describes: ${problems.join('; ')}`);
  }

  #dress(request: RestRequest, actor: Actor | undefined, route: Route | undefined, answer: Answer): RestAnswer {
    const headers: Record<string, string> = {
      'X-GitHub-Media-Type': 'github.v3; format=json',
      'X-GitHub-Api-Version-Selected': request.headers['x-github-api-version'] ?? '2022-11-28',
      ...(route === undefined || route.access.anyOf.length === 0
        ? {}
        : { 'X-Accepted-GitHub-Permissions': acceptedPermissions(route.access) }),
      ...answer.headers,
    };
    const bytes =
      answer.raw?.bytes ?? (answer.body === undefined ? undefined : Buffer.from(JSON.stringify(answer.body), 'utf8'));
    if (bytes !== undefined) headers['Content-Type'] = answer.raw?.contentType ?? JSON_TYPE;
    let status = answer.status;
    if (request.method === 'GET' && status === 200 && bytes !== undefined && route !== undefined) {
      headers.ETag = weakEtag(bytes);
      headers['Cache-Control'] = 'private, max-age=60, s-maxage=60';
      if (matchesEtag(request.headers['if-none-match'], headers.ETag)) status = 304;
    }
    if (actor !== undefined) {
      // Neither an unchanged answer nor the question for the limit itself counts.
      const free = status === 304 || request.path === '/rate_limit';
      Object.assign(headers, quotaHeaders(this.#limits.count(actor, this.#options.state.now(), free ? 0 : 1)));
    }
    if (status === 304) {
      delete headers['Content-Type'];
      return { status, headers, bytes: undefined };
    }
    return { status, headers, bytes };
  }
}

/** Whether a path is one of the host for uploads, which takes bodies of any size. */
export function isUpload(path: string): boolean {
  return path.startsWith(`${UPLOADS}/`);
}

interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

function findRoute(request: RestRequest): Found | undefined {
  const uploads = isUpload(request.path);
  const path = uploads ? request.path.slice(UPLOADS.length) : request.path;
  for (const route of ROUTES) {
    if (route.method !== request.method || (route.upload ?? false) !== uploads) continue;
    const params = matchPath(route.path, path);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function decodeParams(params: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    throw new GitHubError(400, 'Bad Request');
  }
}

function parseBody(request: RestRequest): Fields | undefined {
  if (request.body.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON');
  }
  if (!isFields(value)) throw new GitHubError(400, 'Body should be a JSON object');
  return value;
}

function rateLimited(actor: Actor): GitHubError {
  const whose =
    actor.kind === 'job'
      ? `installation ID ${actor.job.job.run.repository.id}`
      : actor.kind === 'person'
        ? `user ${actor.login}`
        : '127.0.0.1';
  return new GitHubError(403, `API rate limit exceeded for ${whose}.`);
}
