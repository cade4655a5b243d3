import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../core/errors.js';
import { toolVersion } from '../../core/version.js';

/** What proves who we are; from the environment, under the names that MLflow's own client reads. */
export interface MlflowCredentials {
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
}

/** A tracking server that does not do what it was asked. The message has no credentials in it. */
export class MlflowError extends Error {
  /** MLflow's own code, such as RESOURCE_ALREADY_EXISTS. */
  readonly code: string | undefined;
  /** What to do about it. */
  readonly advice: string | undefined;

  constructor(message: string, options: { code?: string | undefined; advice?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'MlflowError';
    this.code = options.code;
    this.advice = options.advice;
  }
}

export interface ClientOptions {
  /** Milliseconds that one answer may take. */
  readonly timeoutMs?: number;
  /** Milliseconds before the first further try; the second waits three times as long. */
  readonly retryMs?: number;
}

type Query = Readonly<Record<string, string>>;

/** Tries in all of what may pass: no answer, 429 and 5xx. */
const TRIES = 3;
const LARGEST_ANSWER_BYTES = 4 * 1024 * 1024;
/** Of an upload, beside the time that any answer may take. */
const SLOWEST_UPLOAD_BYTES_PER_MS = 200;

const failureSchema = z.object({ error_code: z.string(), message: z.string() });

/** MLflow's REST API, by plain requests: there is no client for JavaScript that is kept. */
export class MlflowClient {
  /** As users know it: no trailing slash, no credentials. */
  readonly address: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];
  readonly #timeoutMs: number;
  readonly #retryMs: number;

  /** @param address an https address, or http on this machine, as the spec's checks let it through */
  constructor(address: string, credentials: MlflowCredentials, { timeoutMs = 30_000, retryMs = 1000 }: ClientOptions = {}) {
    this.address = address.replace(/\/+$/, '');
    const authorization = authorizationOf(credentials);
    this.#headers = {
      'user-agent': `mlops-actions/${toolVersion()}`,
      ...(authorization !== undefined && { authorization }),
    };
    this.#secrets = [credentials.token, credentials.password, authorization?.split(' ')[1]].filter(
      (secret): secret is string => secret !== undefined && secret !== '',
    );
    this.#timeoutMs = timeoutMs;
    this.#retryMs = retryMs;
  }

  /** @throws MlflowError */
  get<Answer>(path: string, query: Query, schema: z.ZodType<Answer>): Promise<Answer> {
    return this.#call('GET', `${path}?${new URLSearchParams(query)}`, undefined, schema);
  }

  /** @throws MlflowError */
  post<Answer>(path: string, body: object, schema: z.ZodType<Answer>): Promise<Answer> {
    return this.#call('POST', path, body, schema);
  }

  /** @throws MlflowError */
  async delete(path: string, body: object): Promise<void> {
    await this.#call('DELETE', path, body, z.unknown());
  }

  /**
   * Puts a file where the server's artifact proxy keeps it.
   * @param path of the artifact, as `mlflow-artifacts:` addresses name it
   * @throws MlflowError
   */
  async upload(path: string, content: Uint8Array): Promise<void> {
    const place = path.split('/').map(encodeURIComponent).join('/');
    const url = `${this.address}/api/2.0/mlflow-artifacts/artifacts/${place}`;
    const timeout = this.#timeoutMs + content.byteLength / SLOWEST_UPLOAD_BYTES_PER_MS;
    // Of a file's bytes, which no other thread shares; the type cannot say so.
    const body = content as Uint8Array<ArrayBuffer>;
    const request = { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body };
    await this.#send(url, request, timeout);
  }

  async #call<Answer>(method: string, path: string, body: object | undefined, schema: z.ZodType<Answer>): Promise<Answer> {
    const url = `${this.address}/api/2.0/mlflow/${path}`;
    const sent = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const text = await this.#send(url, { method, ...sent }, this.#timeoutMs);
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw new MlflowError(`${this.address} gave an answer that is not MLflow's to ${method} ${path.split('?')[0]}`, {
      advice: 'see that registry.mlflow.tracking_uri is the address of an MLflow tracking server',
    });
  }

  async #send(
    url: string,
    request: { method: string; headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> },
    timeoutMs: number,
  ): Promise<string> {
    for (let tried = 1; ; tried++) {
      const last = tried === TRIES;
      const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
      try {
        const headers = { ...request.headers, ...this.#headers };
        const response = await fetch(url, { ...request, headers, redirect: 'manual', signal });
        const text = await readText(response);
        if (response.ok) return text;
        if (last || !(response.status === 429 || response.status >= 500)) throw this.#refusal(response, text);
      } catch (error) {
        if (error instanceof MlflowError) throw error;
        if (last) throw this.#silence(error, signal, timeoutMs);
      }
      await setTimeout(this.#retryMs * 3 ** (tried - 1));
    }
  }

  #refusal(response: Response, text: string): MlflowError {
    const { status } = response;
    const failure = failureSchema.safeParse(jsonOf(text)).data;
    const said = failure ? `: ${this.#shown(failure.message)}` : '';
    const message = `${this.address} answered ${status}${said}`;
    if (status === 401 || status === 403)
      return new MlflowError(message, {
        advice:
          this.#headers.authorization === undefined
            ? 'give the step MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, in its env'
            : 'look at the credentials in the env of the step (MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD)',
      });
    if (status >= 300 && status < 400)
      return new MlflowError(`${this.address} answered with a redirect`, {
        advice: 'name the address that it leads to in registry.mlflow.tracking_uri',
      });
    if (!failure && (status === 404 || status === 405))
      return new MlflowError(message, {
        advice: 'see that registry.mlflow.tracking_uri is the address of an MLflow tracking server',
      });
    return new MlflowError(message, { code: failure?.error_code });
  }

  #silence(error: unknown, signal: AbortSignal, timeoutMs: number): MlflowError {
    if (signal.aborted)
      return new MlflowError(`${this.address} did not answer within ${Math.round(timeoutMs / 1000)} s`, { cause: error });
    // fetch itself only says that it failed; the reason is in its cause.
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
    return new MlflowError(`${this.address} does not answer (${this.#shown(code ?? messageOf(cause))})`, { cause: error });
  }

  /** A text of the server's on one short line; what it repeats of our credentials is left out. */
  #shown(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, '***');
    return shown
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, 200);
  }
}

function authorizationOf({ token, username, password }: MlflowCredentials): string | undefined {
  // As MLflow's own client: name and password come before a token.
  if (username && password) return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return token ? `Bearer ${token}` : undefined;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER_BYTES) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}
