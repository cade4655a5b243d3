import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { cacheScopes } from './results/scopes.js';
import type { Actor, JobRecord, State } from './state.js';
import type { Job, Run } from './types.js';

const JOB_TOKEN_LIFE_MS = 24 * 60 * 60 * 1000;

/** Gives out and recognises the tokens of jobs and people. A job's tokens die with it, at the latest after 24 hours. */
export class Tokens {
  readonly #state: State;
  readonly #key = randomBytes(32);
  readonly #people = new Map<string, string>();

  constructor(state: State) {
    this.#state = state;
  }

  forPerson(login: string): string {
    const token = `ghp_${randomBytes(18).toString('hex')}`;
    this.#people.set(token, login);
    return token;
  }

  forJob(): string {
    return `ghs_${randomBytes(18).toString('hex')}`;
  }

  /** The JWT for the artifact and cache services: who the job is (`scp`), and what of the cache it may use (`ac`). */
  runtimeToken(run: Run, jobId: number): string {
    const now = Math.floor(this.#state.now() / 1000);
    const scopes = cacheScopes(this.#state, run);
    const claims = {
      scp: `Actions.ExampleScope Actions.Results:${runBackendId(run)}:${jobBackendId(jobId)}`,
      ac: JSON.stringify(scopes.read.map((scope) => ({ Scope: scope, Permission: scope === scopes.write ? 3 : 1 }))),
      iat: now,
      exp: now + JOB_TOKEN_LIFE_MS / 1000,
    };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    return `${unsigned}.${this.#signature(unsigned)}`;
  }

  /** Who an `Authorization` header is; undefined for a token that is unknown or dead. */
  actor(authorization: string | undefined): Actor | undefined {
    if (authorization === undefined) return { kind: 'anonymous' };
    const token = /^(?:token|bearer) +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    const login = this.#people.get(token);
    if (login !== undefined) return { kind: 'person', login };
    const job = this.#state.jobs.find((record) => record.job.token === token);
    return job !== undefined && this.#lives(job) ? { kind: 'job', job } : undefined;
  }

  /** The job that a runtime token belongs to; undefined where the signature is not ours or the job is over. */
  runtimeJob(authorization: string | undefined): JobRecord | undefined {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const end = token?.lastIndexOf('.') ?? -1;
    if (token === undefined || end < 0) return undefined;
    const expected = Buffer.from(this.#signature(token.slice(0, end)));
    const given = Buffer.from(token.slice(end + 1));
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
    const job = this.#state.jobs.find((record) => record.job.runtimeToken === token);
    return job !== undefined && this.#lives(job) ? job : undefined;
  }

  #lives(record: JobRecord): boolean {
    return record.completedAt === undefined && this.#state.now() < record.startedAt + JOB_TOKEN_LIFE_MS;
  }

  #signature(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

/** How the results service names a run's attempt. */
export function runBackendId(run: Run): string {
  return uuid(`run ${run.id} ${run.attempt}`);
}

/** How the results service names a job. */
export function jobBackendId(job: number | Job): string {
  return uuid(`job ${typeof job === 'number' ? job : job.id}`);
}

function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
