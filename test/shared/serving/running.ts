import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrafficRequest } from '../../../shared/serving/admin-api.js';
import { type RunningServer, startServer } from '../../../shared/serving/server.js';
import { readSettings, type Settings } from '../../../shared/serving/settings.js';

export const TOKEN = 'a token that nobody can guess';

/** An answer, read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: never;
}

/** A server in this process, with a folder of its own for what it keeps. */
export class Running {
  readonly directory: string;
  readonly log: string[];
  readonly #server: RunningServer;

  private constructor(directory: string, log: string[], server: RunningServer) {
    this.directory = directory;
    this.log = log;
    this.#server = server;
  }

  /**
   * @param env settings; HERE in their values is the folder
   * @param others settings that the environment does not have
   */
  static async start(
    env: Readonly<Record<string, string>> = {},
    folder?: string,
    others: Partial<Settings> = {},
  ): Promise<Running> {
    const directory = folder ?? (await mkdtemp(join(tmpdir(), 'serving-')));
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('HERE', directory)]));
    const settings = readSettings({
      MLOPS_SERVER_HOST: '127.0.0.1',
      MLOPS_SERVER_PORT: '0',
      MLOPS_SERVER_TOKEN: TOKEN,
      ...own,
    });
    const log: string[] = [];
    return new Running(directory, log, await startServer({ ...settings, ...others }, (line) => log.push(line)));
  }

  get url(): string {
    return this.#server.url;
  }

  async send(path: string, options: RequestInit = {}): Promise<Reply> {
    const answer = await fetch(this.url + path, options);
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, headers: answer.headers, text, json: (isJson ? JSON.parse(text) : undefined) as never };
  }

  get(path: string): Promise<Reply> {
    return this.send(path);
  }

  /** @param body a text as it is, anything else as JSON */
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** The admin API, with the token. */
  admin(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    return this.send(path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body !== undefined && { body }),
    });
  }

  put(name: string, version: string, { archive, hash }: { readonly archive: Buffer; readonly hash: string }): Promise<Reply> {
    return this.admin('PUT', `/admin/models/${name}/versions/${version}`, new Uint8Array(archive), {
      'content-type': 'application/gzip',
      'mlops-bundle-sha256': hash,
    });
  }

  shares(name: string, shares: TrafficRequest['shares']): Promise<Reply> {
    return this.admin('POST', `/admin/models/${name}/traffic`, JSON.stringify({ shares }));
  }

  /** Ends the server and leaves its folder. */
  stop(): Promise<void> {
    return this.#server.close();
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
