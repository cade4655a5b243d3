import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../docs/action-files.js';
import type { AskedRow } from '../../projects/sample.js';
import { onInterrupt } from '../../runner/interrupt.js';

/** How long a server may take to say its address, and to end. */
const PATIENCE_MS = 30_000;

/**
 * A model server that a team runs somewhere: `dist/server.js` as a process of its own, outside of every workflow. It ends
 * with the story, whatever becomes of that.
 */
export class ModelServer {
  /** The admin API's; a secret of the environment production. */
  readonly token = randomBytes(24).toString('base64url');
  /** What it has printed. */
  log = '';
  readonly #folder: string;
  readonly #kill = (): void => void this.#process?.kill('SIGKILL');
  readonly #forget: () => void;
  #process: ChildProcess | undefined;
  #url = '';

  private constructor(folder: string) {
    this.#folder = folder;
    process.on('exit', this.#kill);
    this.#forget = onInterrupt(this.#kill);
  }

  /** @param folder for the models that it is given and the traffic that it logs */
  static async start(folder: string): Promise<ModelServer> {
    const server = new ModelServer(folder);
    await Promise.all([mkdir(join(folder, 'models'), { recursive: true }), mkdir(server.traffic, { recursive: true })]);
    await server.#start('0');
    return server;
  }

  get url(): string {
    return this.#url;
  }

  /** Folder of the traffic log. */
  get traffic(): string {
    return join(this.#folder, 'traffic');
  }

  /** Asks for rows at once, as a nightly batch of a website would. @returns the version that answered */
  async predict(rows: readonly AskedRow[]): Promise<string> {
    const body = JSON.stringify({ rows: rows.map(({ values }) => values), ids: rows.map(({ id }) => id) });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.#url}/predict`, { method: 'POST', headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`/predict answered ${answer.status}: ${text.slice(0, 300)}`);
    return (JSON.parse(text) as { version: string }).version;
  }

  /** What it shows to Prometheus. */
  async metrics(): Promise<string> {
    return (await fetch(`${this.#url}/metrics`)).text();
  }

  /** Stops it in good order, so that its traffic log is whole, and starts it again at the same address. */
  async restart(): Promise<void> {
    const { port } = new URL(this.#url);
    await this.#stop();
    await this.#start(port);
  }

  async close(): Promise<void> {
    process.off('exit', this.#kill);
    this.#forget();
    await this.#stop();
  }

  async #start(port: string): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, 'dist/server.js')], {
      // Nothing else of this process's environment is the server's.
      env: {
        PATH: process.env.PATH,
        MLOPS_SERVER_HOST: '127.0.0.1',
        MLOPS_SERVER_PORT: port,
        MLOPS_SERVER_TOKEN: this.token,
        MLOPS_SERVER_MODELS: join(this.#folder, 'models'),
        MLOPS_SERVER_TRAFFIC: this.traffic,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const from = this.log.length;
    this.#url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`the model server ${why}: ${this.log.slice(from)}`));
      const timer = setTimeout(() => fail('says no address'), PATIENCE_MS);
      const listen = (part: Buffer): void => {
        this.log += part.toString('utf8');
        const address = /listens on (http:\/\/\S+)/.exec(this.log.slice(from))?.[1];
        if (address === undefined) return;
        clearTimeout(timer);
        resolve(address);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.on('error', (error) => fail(error.message));
      child.on('exit', (code) => fail(`ended with ${code}`));
    });
  }

  async #stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
}
