import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackBundle } from '../../shared/bundle/pack.js';
import { type Bundle, readBundle } from '../../shared/bundle/read.js';
import { messageOf } from '../../shared/core/errors.js';
import { type OnnxModel, openModel } from '../../shared/onnx/session.js';
import {
  BUNDLE_HASH_HEADER,
  bundleHashSchema,
  type ModelState,
  modelsResponseSchema,
  putResponseSchema,
  trafficRequestSchema,
  trafficResponseSchema,
} from '../../shared/serving/admin-api.js';
import { tableOf } from '../shared/features/tables.js';

/** What goes wrong on purpose. All of it may be changed while the server runs. */
export interface Misbehaviour {
  /** Changes what a version answers; `byName` tells the path of the version from the one that traffic takes. */
  scores?: (scores: Float64Array, version: string, byName: boolean, share: number) => void;
  /** Whether an answer of a version is a 500. */
  fails?: (version: string, byName: boolean, share: number) => boolean;
  /** Nothing is answered at `/metrics`. */
  withoutMetrics?: boolean;
  /** Called before each admin request. */
  onAdmin?: (method: string, path: string) => void;
  /** Status and text of every admin request. */
  admin?: { readonly status: number; readonly text: string };
  /** Milliseconds that an answer takes by the server's own clock. */
  seconds?: number;
}

interface Loaded {
  readonly version: string;
  readonly sha256: string;
  readonly bundle: Bundle;
  readonly model: OnnxModel;
  readonly loadedAt: string;
  share: number;
  requests: Map<string, number>;
  buckets: number[];
}

const BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.05, Number.POSITIVE_INFINITY];

/**
 * A small model server that keeps to the admin API as shared/serving/admin-api.ts has it, for rollouts that go wrong in
 * ways which the real one does not.
 */
export class ModelServer {
  readonly url: string;
  readonly token: string;
  readonly misbehaviour: Misbehaviour = {};
  /** Admin requests, in order: `PUT /admin/models/churn/versions/v1.0.0`. */
  readonly admin: string[] = [];
  /** Every division of the traffic that was asked for, in order. */
  readonly divisions: Readonly<Record<string, number>>[] = [];
  /** Ids of the rows that were asked for. */
  readonly ids: string[] = [];
  readonly #models = new Map<string, Map<string, Loaded>>();
  readonly #directory: string;
  readonly #server;

  private constructor(directory: string, token: string, server: ReturnType<typeof createServer>) {
    this.#directory = directory;
    this.token = token;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(token = 'a token of the service'): Promise<ModelServer> {
    const directory = await mkdtemp(join(tmpdir(), 'model-server-'));
    let own: ModelServer | undefined;
    const server = createServer((request, response) => void own!.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    own = new ModelServer(directory, token, server);
    return own;
  }

  /** Serves the bundle of a folder from the start. */
  async load(directory: string, version: string): Promise<void> {
    const bundle = await readBundle(directory, directory);
    await this.#add(bundle, version, 'from a folder');
  }

  shares(model: string): Readonly<Record<string, number>> {
    return Object.fromEntries([...(this.#models.get(model)?.values() ?? [])].map(({ version, share }) => [version, share]));
  }

  /** Divides the traffic behind the back of whoever uses the API. */
  divide(model: string, shares: Readonly<Record<string, number>>): void {
    for (const loaded of this.#models.get(model)!.values()) loaded.share = shares[loaded.version] ?? 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    for (const versions of this.#models.values()) for (const { model } of versions.values()) await model.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #add(bundle: Bundle, version: string, sha256: string): Promise<Loaded> {
    const { name } = bundle.manifest;
    const versions = this.#models.get(name) ?? new Map<string, Loaded>();
    this.#models.set(name, versions);
    const loaded: Loaded = {
      ...{ version, sha256, bundle, model: await openModel(bundle.modelFile), loadedAt: new Date().toISOString() },
      ...{ share: versions.size === 0 ? 100 : 0, requests: new Map(), buckets: BOUNDS.map(() => 0) },
    };
    versions.set(version, loaded);
    return loaded;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = request.url ?? '';
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 204 ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    };
    try {
      if (path === '/metrics') return this.misbehaviour.withoutMetrics ? send(404, 'no such page') : send(200, this.#metrics());
      if (path.startsWith('/admin/')) return await this.#adminAnswer(request, Buffer.concat(parts), send);
      return await this.#predict(path, Buffer.concat(parts), send);
    } catch (error) {
      send(500, { error: messageOf(error) });
    }
  }

  async #adminAnswer(request: IncomingMessage, body: Buffer, send: (status: number, body: unknown) => void): Promise<void> {
    const { url: path = '', method = 'GET' } = request;
    this.admin.push(`${method} ${path}`);
    this.misbehaviour.onAdmin?.(method, path);
    if (this.misbehaviour.admin) return send(this.misbehaviour.admin.status, this.misbehaviour.admin.text);
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.token}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return send(401, { error: 'wrong token' });
    if (method === 'GET' && path === '/admin/models') {
      const models = [...this.#models.keys()].map((name) => this.#state(name));
      return send(200, modelsResponseSchema.parse({ models }));
    }
    const [, name = '', version] = /^\/admin\/models\/([^/]+)\/(?:versions\/([^/]+)|traffic)$/.exec(path) ?? [];
    if (name === '') return send(404, { error: 'no such page' });
    if (version === undefined) return this.#divideTraffic(name, body, send);
    const found = this.#models.get(name)?.get(version);
    if (method === 'DELETE') {
      if (!found) return send(404, { error: `${name} has no version ${version}` });
      if (found.share > 0) return send(409, { error: `${version} has ${found.share} % of the traffic` });
      this.#models.get(name)!.delete(version);
      await found.model.close();
      return send(204, undefined);
    }
    const hash = bundleHashSchema.parse(request.headers[BUNDLE_HASH_HEADER]);
    const sha256 = createHash('sha256').update(body).digest('hex');
    if (sha256 !== hash) return send(422, { error: `the bundle has sha256 ${sha256}, not ${hash}` });
    if (found && found.sha256 !== sha256) return send(409, { error: `${version} has other bytes` });
    const loaded = found ?? (await this.#add(await this.#unpack(body), version, sha256));
    const { share } = loaded;
    const answer = { name, version, digest: loaded.bundle.manifest.digest, share };
    send(found ? 200 : 201, putResponseSchema.parse(answer));
  }

  async #unpack(body: Buffer): Promise<Bundle> {
    const file = join(this.#directory, randomUUID());
    await writeFile(file, body);
    await unpackBundle(file, `${file}-bundle`, 'the bundle');
    return readBundle(`${file}-bundle`, 'the bundle');
  }

  #divideTraffic(name: string, body: Buffer, send: (status: number, body: unknown) => void): void {
    const parsed = trafficRequestSchema.safeParse(JSON.parse(body.toString()));
    const versions = this.#models.get(name);
    const unknown = Object.keys(parsed.data?.shares ?? {}).find((version) => !versions?.has(version));
    if (!parsed.success || unknown !== undefined) {
      const error = parsed.success ? `${name} has no version ${unknown}` : parsed.error.issues[0]!.message;
      send(parsed.success ? 404 : 400, { error });
      return;
    }
    this.divisions.push(parsed.data.shares);
    this.divide(name, parsed.data.shares);
    send(200, trafficResponseSchema.parse(this.#state(name)));
  }

  #state(name: string): ModelState {
    const versions = [...this.#models.get(name)!.values()];
    return {
      name,
      versions: versions.map(({ version, bundle, share, loadedAt }) => ({
        version,
        digest: bundle.manifest.digest,
        share,
        loadedAt,
      })),
    };
  }

  async #predict(path: string, body: Buffer, send: (status: number, body: unknown) => void): Promise<void> {
    const [, name = '', version] = /^\/models\/([^/]+)(?:\/versions\/([^/]+))?\/predict$/.exec(path) ?? [];
    const loaded = version === undefined ? this.#routed(name) : this.#models.get(name)?.get(version);
    if (!loaded) return send(404, { error: `no such model: ${path}` });
    const count = (code: number): void => void loaded.requests.set(String(code), (loaded.requests.get(String(code)) ?? 0) + 1);
    if (this.misbehaviour.fails?.(loaded.version, version !== undefined, loaded.share)) {
      count(500);
      return send(500, { error: 'the model fails' });
    }
    const { rows, ids } = JSON.parse(body.toString()) as { rows: Record<string, unknown>[]; ids?: string[] };
    this.ids.push(...(ids ?? []));
    const { manifest } = loaded.bundle;
    const columns = manifest.signature.inputs.map(({ name: column, column: type }) => {
      const values = rows.map((row) => row[column] ?? null);
      return [column, [type, values]] as const;
    });
    const { task, classes } = manifest;
    const table = tableOf(Object.fromEntries(columns) as never);
    const { scores } = await loaded.model.predict(table, { task, classes });
    this.misbehaviour.scores?.(scores, loaded.version, version !== undefined, loaded.share);
    count(200);
    const took = this.misbehaviour.seconds ?? 0.0005;
    for (const [at, bound] of BOUNDS.entries()) if (took <= bound) loaded.buckets[at]!++;
    const width = task === 'regression' ? 1 : classes.length;
    const predictions = rows.map((_, row) => {
      const own = [...scores.subarray(row * width, row * width + width)];
      const id = ids?.[row];
      if (task === 'regression') return { id, prediction: own[0] };
      const label =
        task === 'binary' ? classes[own[1]! >= (manifest.threshold ?? 0.5) ? 1 : 0] : classes[own.indexOf(Math.max(...own))];
      return { id, label, probabilities: Object.fromEntries(classes.map((text, at) => [text, own[at]])) };
    });
    send(200, { model: name, version: loaded.version, predictions });
  }

  /** By turns instead of by chance: of a hundred requests each version gets exactly its share. */
  #routed(name: string): Loaded | undefined {
    const versions = [...(this.#models.get(name)?.values() ?? [])];
    this.#turn = (this.#turn + 37) % 100;
    let from = 0;
    for (const loaded of versions) {
      from += loaded.share;
      if (this.#turn < from) return loaded;
    }
    return versions.at(-1);
  }
  #turn = 0;

  #metrics(): string {
    const lines = ['# HELP mlops_requests_total Requests.', '# TYPE mlops_requests_total counter'];
    for (const [model, versions] of this.#models) {
      for (const { version, requests, buckets, bundle } of versions.values()) {
        const labels = `model="${model}",version="${version}"`;
        for (const [code, count] of requests)
          lines.push(`mlops_requests_total{${labels},protocol="predict",code="${code}"} ${count}`);
        for (const [at, bound] of BOUNDS.entries()) {
          const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : bound;
          lines.push(`mlops_request_duration_seconds_bucket{le="${le}",${labels}} ${buckets[at]}`);
        }
        lines.push(`mlops_model_info{${labels},digest="${bundle.manifest.digest}"} 1`);
      }
    }
    return `${lines.join('\n')}\n`;
  }

  /** Counts requests as if others had sent them. */
  count(model: string, version: string, code: string, count: number): void {
    const { requests } = this.#models.get(model)!.get(version)!;
    requests.set(code, (requests.get(code) ?? 0) + count);
  }
}
