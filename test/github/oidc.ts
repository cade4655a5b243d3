import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { JobRecord, State } from './state.js';
import type { Tokens } from './tokens.js';

/** Who signs the identities of jobs. */
export const ISSUER = 'https://token.actions.githubusercontent.com';

const LIFE_SECONDS = 300;

/** A request for an identity, or for what its readers check it with. */
export interface OidcRequest {
  readonly method: string;
  /** Below `/oidc`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

/** Gives jobs with `id-token: write` their identity, and everybody the keys to check it. One key a process. */
export class Oidc {
  readonly #state: State;
  readonly #tokens: Tokens;
  readonly #apiUrl: () => string;

  constructor(state: State, tokens: Tokens, apiUrl: () => string) {
    this.#state = state;
    this.#tokens = tokens;
    this.#apiUrl = apiUrl;
  }

  answer({ method, path, query, authorization }: OidcRequest): { status: number; body: unknown } {
    if (method !== 'GET') return { status: 405, body: { message: 'Method Not Allowed' } };
    if (path === '/.well-known/openid-configuration')
      // The issuer's own address, whose host is not this one.
      return { status: 200, body: { issuer: ISSUER, jwks_uri: `${ISSUER}/.well-known/jwks` } };
    if (path === '/.well-known/jwks') return { status: 200, body: { keys: [keys().published] } };
    if (path !== '/token') return { status: 404, body: { message: 'Not Found' } };
    const job = this.#tokens.runtimeJob(authorization);
    if (job === undefined) return { status: 401, body: { message: 'the token is not valid, or its job is over' } };
    if (job.permissions['id-token'] !== 'write') return { status: 403, body: { message: 'the job has no id-token: write' } };
    const audience = query.get('audience') ?? `https://github.com/${job.job.run.repository.owner}`;
    return { status: 200, body: { count: 1, value: signed(this.#claims(job, audience)) } };
  }

  #claims({ job, workflowRef }: JobRecord, audience: string): Record<string, unknown> {
    const { run } = job;
    const { ref } = this.#state.run(run.id);
    const { private: isPrivate } = this.#state.recordOf(run.repository);
    const own = `${run.repository.fullName}/${run.path}@${ref}`;
    const now = Math.floor(this.#state.now() / 1000);
    return {
      ...{ jti: randomUUID(), iss: ISSUER, aud: audience, iat: now, nbf: now - 60, exp: now + LIFE_SECONDS },
      sub: `repo:${run.repository.fullName}:ref:${ref}`,
      ...{ ref, sha: run.headSha, ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch', actor: run.actor },
      ...{ repository: run.repository.fullName, repository_id: String(run.repository.id) },
      ...{ repository_owner: run.repository.owner, repository_owner_id: ownerId(run.repository.owner) },
      repository_visibility: isPrivate ? 'private' : 'public',
      ...{ run_id: String(run.id), run_number: String(run.number), run_attempt: String(run.attempt) },
      ...{ event_name: run.event, workflow: run.workflowName, workflow_ref: own, workflow_sha: run.headSha },
      ...{ job_workflow_ref: workflowRef ?? own, job_workflow_sha: run.headSha, runner_environment: 'self-hosted' },
      api_url: this.#apiUrl(),
    };
  }
}

function ownerId(owner: string): string {
  return String(createHash('sha256').update(owner).digest().readUInt32BE(0));
}

interface Keys {
  readonly published: object;
  readonly sign: (text: string) => Buffer;
}

let made: Keys | undefined;

/** Made when the first identity is asked for: it takes a tenth of a second. */
function keys(): Keys {
  if (made === undefined) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const published = { ...publicKey.export({ format: 'jwk' }), kid: 'local', alg: 'RS256', use: 'sig' };
    made = { published, sign: (text) => sign('sha256', Buffer.from(text), privateKey) };
  }
  return made;
}

function signed(claims: Record<string, unknown>): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ alg: 'RS256', typ: 'JWT', kid: 'local' })}.${part(claims)}`;
  return `${unsigned}.${keys().sign(unsigned).toString('base64url')}`;
}
