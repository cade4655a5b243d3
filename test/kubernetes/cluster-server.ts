import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fields, isFields, leaves, merged, type Value, withoutLeaves } from './apply.js';

/** An object with who owns which of its fields. */
interface Stored {
  object: Fields;
  readonly owners: Map<string, ReadonlySet<string>>;
  generation: number;
}

/** Something that goes wrong on purpose: the first that matches answers. */
export interface ClusterFault {
  readonly method?: string;
  readonly path: RegExp;
  /** `hang`: no answer at all. */
  readonly answer: { readonly status: number; readonly message: string } | 'hang';
  times?: number;
}

const KINDS: Readonly<Record<string, readonly { readonly kind: string; readonly name: string }[]>> = {
  'api/v1': [
    { kind: 'Service', name: 'services' },
    { kind: 'Pod', name: 'pods' },
  ],
  'apis/apps/v1': [{ kind: 'Deployment', name: 'deployments' }],
  'apis/autoscaling/v2': [{ kind: 'HorizontalPodAutoscaler', name: 'horizontalpodautoscalers' }],
  'apis/serving.kserve.io/v1alpha1': [{ kind: 'ServingRuntime', name: 'servingruntimes' }],
  'apis/serving.kserve.io/v1beta1': [{ kind: 'InferenceService', name: 'inferenceservices' }],
};

/** A cluster's API over HTTP: discovery, server-side apply with owners of fields, reads, deletes, pods, and proxies to Services. */
export class ClusterServer {
  readonly url: string;
  readonly token: string;
  /** Requests in order, with the query: `PATCH /apis/apps/v1/…?fieldManager=…`. */
  readonly requests: string[] = [];
  readonly faults: ClusterFault[] = [];
  /** Groups of kinds that are not installed. */
  readonly absent = new Set<string>();
  /** Where Services lead, by `namespace/name`. */
  readonly services = new Map<string, string>();
  /** Objects that controllers make: pods. */
  pods: Fields[] = [];
  /** Called after an object was applied for good, in place of the controllers. */
  onApply: (object: Fields) => void | Promise<void> = () => {};
  readonly #objects = new Map<string, Stored>();
  readonly #server;

  private constructor(token: string, server: ReturnType<typeof createServer>) {
    this.token = token;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(token = 'cluster-token'): Promise<ClusterServer> {
    let own: ClusterServer | undefined;
    const server = createServer((request, response) => void own!.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    own = new ClusterServer(token, server);
    return own;
  }

  /** What `kubectl config view --raw` prints. */
  kubeconfig(token = this.token, namespace = 'models'): string {
    return JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      clusters: [{ name: 'test', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    });
  }

  object(kind: string, name: string): Fields | undefined {
    return [...this.#objects.values()].find(({ object }) => object.kind === kind && (object.metadata as Fields).name === name)
      ?.object;
  }

  /** Sets the status of an object, as a controller does. */
  setStatus(kind: string, name: string, status: Fields): void {
    for (const stored of this.#objects.values()) {
      if (stored.object.kind !== kind || (stored.object.metadata as Fields).name !== name) continue;
      const observedGeneration = stored.generation;
      stored.object = { ...stored.object, status: { observedGeneration, ...status } };
    }
  }

  /** Sets fields as another manager. */
  setAs(manager: string, kind: string, name: string, fields: Fields): void {
    for (const stored of this.#objects.values()) {
      if (stored.object.kind !== kind || (stored.object.metadata as Fields).name !== name) continue;
      stored.object = merged(stored.object, fields) as Fields;
      stored.owners.set(manager, new Set(leaves(fields).keys()));
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const url = new URL(request.url ?? '/', this.url);
    const method = request.method ?? 'GET';
    this.requests.push(`${method} ${url.pathname}${url.search}`);
    const send = (status: number, body: Value): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const refuse = (code: number, message: string, reason = ''): void =>
      send(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
    const fault = this.faults.find(
      (one) => (one.times ?? 1) > 0 && (one.method ?? method) === method && one.path.test(url.pathname),
    );
    if (fault) {
      fault.times = (fault.times ?? 1) - 1;
      if (fault.answer !== 'hang') refuse(fault.answer.status, fault.answer.message);
      return;
    }
    if (request.headers.authorization !== `Bearer ${this.token}`) return refuse(401, 'Unauthorized', 'Unauthorized');
    const proxy = /^\/api\/v1\/namespaces\/([^/]+)\/services\/([^/:]+):([^/]+)\/proxy(\/.*)$/.exec(url.pathname);
    if (proxy)
      return this.#proxy(`${proxy[1]}/${proxy[2]}`, proxy[4]! + url.search, method, request, Buffer.concat(parts), response);
    const [, group = '', namespace, resource, name] =
      /^\/(api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?)?$/.exec(url.pathname) ?? [];
    const kinds = this.absent.has(group) ? undefined : KINDS[group];
    if (!kinds) return refuse(404, `the server could not find the requested resource`, 'NotFound');
    if (resource === undefined) {
      const resources = kinds.map(({ kind, name: plural }) => ({
        name: plural,
        kind,
        namespaced: true,
        singularName: '',
        verbs: [],
      }));
      return send(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: group.replace(/^apis?\//, ''), resources });
    }
    if (method === 'GET' && name === undefined)
      return send(200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: this.#selected(url) });
    const key = `${group}/${namespace}/${resource}/${name}`;
    const stored = this.#objects.get(key);
    if (method === 'PATCH')
      return this.#apply(key, stored, url, request, JSON.parse(Buffer.concat(parts).toString()) as Fields, send, refuse);
    if (!stored) return refuse(404, `${resource} "${name}" not found`, 'NotFound');
    if (method === 'DELETE') {
      this.#objects.delete(key);
      return send(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
    }
    send(200, stored.object);
  }

  #selected(url: URL): Fields[] {
    const wanted = (url.searchParams.get('labelSelector') ?? '').split(',').map((part) => part.split('='));
    return this.pods.filter((pod) => {
      const labels = ((pod.metadata as Fields).labels ?? {}) as Fields;
      return wanted.every(([label, value]) => labels[label!] === value);
    });
  }

  async #apply(
    key: string,
    stored: Stored | undefined,
    url: URL,
    request: IncomingMessage,
    patch: Fields,
    send: (status: number, body: Value) => void,
    refuse: (code: number, message: string, reason?: string) => void,
  ): Promise<void> {
    const manager = url.searchParams.get('fieldManager');
    if (request.headers['content-type'] !== 'application/apply-patch+yaml')
      return refuse(415, 'only server-side apply is known here');
    if (manager === null)
      return refuse(400, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
    const isOwn = (path: string): boolean => !/^(apiVersion|kind|metadata\.(name|namespace))$/.test(path);
    const set = new Map([...leaves(patch)].filter(([path]) => isOwn(path)));
    const live = leaves(stored?.object ?? {});
    const conflicts = [...(stored?.owners ?? [])].flatMap(([owner, paths]) =>
      owner === manager
        ? []
        : [...paths]
            .filter((path) => set.has(path) && !same(live.get(path), set.get(path)))
            .map((path) => `${owner}: .${path}`),
    );
    if (conflicts.length > 0 && url.searchParams.get('force') !== 'true') {
      return refuse(409, `Apply failed with ${conflicts.length} conflict: conflict with "${conflicts[0]}`, 'Conflict');
    }
    const others = new Set([...(stored?.owners ?? [])].flatMap(([owner, paths]) => (owner === manager ? [] : [...paths])));
    const gone = new Set([...(stored?.owners.get(manager) ?? [])].filter((path) => !set.has(path) && !others.has(path)));
    const kept = withoutLeaves(stored?.object ?? DEFAULTS[String(patch.kind)] ?? {}, gone) as Fields;
    const object = merged(kept, patch) as Fields;
    const isChanged = !same(object.spec, stored?.object.spec);
    const generation = (stored?.generation ?? 0) + (isChanged ? 1 : 0);
    const metadata = { ...(object.metadata as Fields), generation, uid: 'a', resourceVersion: String(this.requests.length) };
    const next: Stored = { object: { ...object, metadata }, owners: new Map(stored?.owners), generation };
    next.owners.set(manager, new Set(set.keys()));
    if (url.searchParams.get('dryRun') !== 'All') {
      this.#objects.set(key, next);
      await this.onApply(next.object);
    }
    send(stored ? 200 : 201, next.object);
  }

  async #proxy(
    service: string,
    path: string,
    method: string,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): Promise<void> {
    const address = this.services.get(service);
    if (address === undefined) {
      response
        .writeHead(503)
        .end(JSON.stringify({ kind: 'Status', message: `no endpoints available for service "${service}"` }));
      return;
    }
    const headers = { 'content-type': request.headers['content-type'] ?? 'application/json' };
    const answer = await fetch(address + path, { method, headers, ...(body.length > 0 && { body: new Uint8Array(body) }) });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}

/** What the API adds to objects of a kind that leave it out. */
const DEFAULTS: Readonly<Record<string, Fields>> = {
  Deployment: { spec: { replicas: 1 } },
  Service: { spec: { clusterIP: '10.0.0.1', sessionAffinity: 'None' } },
};

function same(a: Value | undefined, b: Value | undefined): boolean {
  if (isFields(a) && isFields(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => same(a[key], b[key]));
  }
  return JSON.stringify(a) === JSON.stringify(b);
}
