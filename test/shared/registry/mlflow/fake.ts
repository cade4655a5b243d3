import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that goes wrong on purpose, for the requests whose method and path match. */
export interface FakeFault {
  readonly match: RegExp;
  readonly times?: number;
  /** `hang` never answers; `drop` cuts the connection, `drop-after` when everything was done. */
  readonly kind: 'status' | 'hang' | 'drop' | 'drop-after';
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Tags = { key: string; value: string }[];
interface FakeRun {
  readonly info: { run_id: string; experiment_id: string; artifact_uri: string; status: string; lifecycle_stage: string };
  readonly data: { tags: Tags; params: Map<string, string>; metrics: Map<string, number> };
}
interface FakeVersion {
  readonly name: string;
  readonly version: string;
  readonly status: string;
  readonly source: string;
  readonly run_id: string;
  readonly tags: Tags;
  readonly description: string;
}

/** What the requests that write send, each some of it. */
interface Sent {
  readonly name: string;
  readonly run_id: string;
  readonly experiment_id: string;
  readonly filter: string;
  readonly tags: Tags;
  readonly params?: Tags;
  readonly metrics?: { key: string; value: number }[];
  readonly model_json: string;
  readonly status: string;
  readonly source: string;
  readonly description: string;
  readonly alias: string;
  readonly version: string;
}

/**
 * As much of MLflow's REST API as `register` and `promote` use, in memory, for what a real server does not do when asked: to
 * be down in the middle, slow, or rude. test/mlflow holds the same code against the real one.
 */
export class FakeMlflow {
  readonly requests: string[] = [];
  readonly runs: FakeRun[] = [];
  readonly versions: FakeVersion[] = [];
  readonly aliases = new Map<string, string>();
  readonly models = new Set<string>();
  readonly artifacts = new Map<string, Buffer>();
  readonly faults: (FakeFault & { left: number })[] = [];
  readonly authorizations = new Set<string | undefined>();
  /** What a new run's artifacts are under, before its id. */
  artifactRoot = 'mlflow-artifacts:/1';
  /** Called after a version has been made: what another job does at that moment. */
  onVersion: ((version: FakeVersion) => void) | undefined;
  url = '';
  readonly #experiments = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<FakeMlflow> {
    const fake = new FakeMlflow();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    fake.url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`;
    return fake;
  }

  inject(fault: FakeFault): void {
    this.faults.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url}`;
    this.requests.push(line);
    this.authorizations.add(request.headers.authorization);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const fault = this.faults.find(({ match, left }) => left > 0 && match.test(line));
    if (fault) fault.left--;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'drop') return void request.socket.destroy();
    if (fault?.kind === 'status')
      return void response.writeHead(fault.status ?? 500, fault.headers ?? {}).end(fault.body ?? '');
    const { status, answer } = this.#answer(request.method ?? '', new URL(request.url ?? '', this.url), body);
    if (fault?.kind === 'drop-after') return void request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #answer(method: string, url: URL, body: Buffer): { status: number; answer: object } {
    const artifact = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.+)$/.exec(url.pathname)?.[1];
    if (method === 'PUT' && artifact !== undefined) {
      this.artifacts.set(decodeURIComponent(artifact), body);
      return ok({});
    }
    const path = url.pathname.replace('/api/2.0/mlflow/', '');
    switch (`${method} ${path}`) {
      case 'GET experiments/get-by-name':
        return this.#experiment(url.searchParams.get('experiment_name') ?? '');
      case 'GET model-versions/search':
        return ok({ model_versions: this.versions.filter(({ tags }) => meant(url.searchParams.get('filter'), tags)) });
    }
    return this.#write(`${method} ${path}`, JSON.parse(body.toString()) as Sent);
  }

  #experiment(name: string): { status: number; answer: object } {
    const id = this.#experiments.get(name);
    return id ? ok({ experiment: { experiment_id: id, lifecycle_stage: 'active' } }) : no('RESOURCE_DOES_NOT_EXIST');
  }

  #write(what: string, sent: Sent): { status: number; answer: object } {
    const run = (): FakeRun => this.runs.find(({ info }) => info.run_id === sent.run_id)!;
    switch (what) {
      case 'POST experiments/create':
        if (this.#experiments.has(sent.name)) return no('RESOURCE_ALREADY_EXISTS');
        this.#experiments.set(sent.name, String(this.#experiments.size + 1));
        return ok({ experiment_id: this.#experiments.get(sent.name) });
      case 'POST runs/search':
        return ok({
          runs: this.runs.filter(({ info, data }) => info.lifecycle_stage === 'active' && meant(sent.filter, data.tags)),
        });
      case 'POST runs/create': {
        const id = `run${this.runs.length + 1}`;
        const info = { run_id: id, experiment_id: sent.experiment_id, artifact_uri: `${this.artifactRoot}/${id}/artifacts` };
        const data = { tags: [...sent.tags], params: new Map<string, string>(), metrics: new Map<string, number>() };
        this.runs.push({ info: { ...info, status: 'RUNNING', lifecycle_stage: 'active' }, data });
        return ok({ run: this.runs.at(-1) });
      }
      case 'POST runs/log-batch':
        for (const { key, value } of sent.params ?? []) run().data.params.set(key, value);
        for (const { key, value } of sent.metrics ?? []) run().data.metrics.set(key, value);
        return ok({});
      case 'POST runs/log-model':
        run().data.tags.push({ key: 'mlflow.log-model.history', value: sent.model_json });
        return ok({});
      case 'POST runs/update':
        run().info.status = sent.status;
        return ok({});
      case 'POST runs/delete':
        run().info.lifecycle_stage = 'deleted';
        return ok({});
      case 'POST registered-models/create':
        if (this.models.has(sent.name)) return no('RESOURCE_ALREADY_EXISTS');
        this.models.add(sent.name);
        return ok({});
      case 'POST model-versions/create': {
        const version = { ...sent, version: String(this.#next++), status: 'READY' };
        this.versions.push(version);
        this.onVersion?.(version);
        return ok({ model_version: version });
      }
      case 'DELETE model-versions/delete':
        this.versions.splice(
          this.versions.findIndex(({ version }) => version === sent.version),
          1,
        );
        return ok({});
      case 'POST registered-models/alias':
        this.aliases.set(`${sent.name}@${sent.alias}`, sent.version);
        return ok({});
      default:
        return { status: 404, answer: {} };
    }
  }

  #next = 1;
}

/** Of a filter only the comparison of a tag is read. */
function meant(filter: string | null, tags: Tags): boolean {
  const [, key, value] = /tags\.`([^`]+)` = '([^']*)'/.exec(filter ?? '') ?? [];
  return tags.some((tag) => tag.key === key && tag.value === value);
}

const ok = (answer: object) => ({ status: 200, answer });
const no = (error_code: string) => ({ status: 400, answer: { error_code, message: `${error_code} of something` } });
