import { existsSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig, KubernetesObject, RequestContext, ResponseContext } from '@kubernetes/client-node';
import { messageOf, UserError } from '../../core/errors.js';
import type { Sender, ServiceAnswer, ServiceRequest } from '../sender.js';
import { type LiveObject, type Manifest, type ObjectName, objectTitle } from './objects.js';

/** What we are called where a cluster keeps who set which field. */
export const FIELD_MANAGER = 'mlops-actions';

/** A cluster, as far as a deployment needs it. Every refusal is a UserError of one line. */
export interface Cluster {
  /** Its address. */
  readonly server: string;
  /** The namespace of the context; `default` where it names none. */
  readonly namespace: string;
  /** An object; undefined when there is none. */
  read(name: ObjectName): Promise<LiveObject | undefined>;
  /** Server-side apply. With `dryRun` the cluster says what it would have, and keeps nothing. */
  apply(manifest: Manifest, options?: { readonly dryRun?: boolean }): Promise<LiveObject>;
  /** Removes an object and what belongs to it; one that is gone is no error. */
  remove(name: ObjectName): Promise<void>;
  /** The pods with these labels. */
  pods(namespace: string, labels: Readonly<Record<string, string>>): Promise<readonly LiveObject[]>;
  /** Reaches a Service through the cluster's API, so that it needs no address of its own. */
  service(namespace: string, name: string, port: string): Sender;
}

export interface ConnectOptions {
  /** The content of a kubeconfig; without it the machine's own is used. */
  readonly kubeconfig?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const IN_CLUSTER_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

type Library = typeof import('@kubernetes/client-node');

/** Whether anything on this machine says which cluster, where no kubeconfig is given: the places that the library looks at. */
export function hasCluster(): boolean {
  const places = [process.env.KUBECONFIG, join(homedir(), '.kube/config'), IN_CLUSTER_TOKEN];
  return places.some((place) => place && existsSync(place.split(delimiter)[0]!));
}

/** Connects to the cluster of a kubeconfig, of the environment, or to the one that this job runs in. */
export async function connectCluster({ kubeconfig, timeoutMs = TIMEOUT_MS }: ConnectOptions): Promise<Cluster> {
  const library = await import('@kubernetes/client-node');
  const config = loadConfig(library, kubeconfig);
  const server = config.getCurrentCluster()?.server;
  if (!server || !URL.canParse(server))
    throw new UserError(
      'The kubeconfig names no cluster for its current context: set "current-context", and the cluster that it names.',
    );
  const client = new library.KubernetesObjectApi(
    library.createConfiguration({
      baseServer: new library.ServerConfiguration(server.replace(/\/+$/, ''), {}),
      authMethods: { default: config },
      promiseMiddleware: [timeLimit(timeoutMs)],
    }),
  );
  const guarded = <T>(what: string, call: () => Promise<T>): Promise<T> => attempt(server, what, timeoutMs, call);
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    read: (name) =>
      guarded(`read ${objectTitle(name)}`, async () => {
        try {
          return (await client.read({ ...name, metadata: { ...name.metadata } })) as LiveObject;
        } catch (error) {
          if (codeOf(error) === 404) return undefined;
          throw error;
        }
      }),
    apply: (manifest, { dryRun = false } = {}) =>
      guarded(`apply ${objectTitle(manifest)}`, async () => {
        const body = structuredClone(manifest) as unknown as KubernetesObject;
        return (await client.patch(
          body,
          undefined,
          dryRun ? 'All' : undefined,
          FIELD_MANAGER,
          false,
          library.PatchStrategy.ServerSideApply,
        )) as LiveObject;
      }),
    remove: (name) =>
      guarded(`remove ${objectTitle(name)}`, async () => {
        try {
          await client.delete(
            { ...name, metadata: { ...name.metadata } },
            undefined,
            undefined,
            undefined,
            undefined,
            'Background',
          );
        } catch (error) {
          if (codeOf(error) !== 404) throw error;
        }
      }),
    pods: (namespace, labels) =>
      guarded('list the pods', async () => {
        const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
        const listed = await client.list(
          'v1',
          'Pod',
          namespace,
          undefined,
          undefined,
          undefined,
          undefined,
          selector.join(','),
        );
        return listed.items as unknown as readonly LiveObject[];
      }),
    service: (namespace, name, port) => async (request) => {
      const path = `/api/v1/namespaces/${namespace}/services/${name}:${port}/proxy${request.path}`;
      const answer = await guarded(`reach the Service ${name}`, () => send(config, server, path, request, timeoutMs));
      if (answer.status === 403 && /services\/proxy|forbidden/i.test(answer.text))
        throw new UserError(
          `The cluster does not let this account reach the Service ${name} by its API (403): grant "create" and "get" on services/proxy, or give ` +
            'deploy.url, where the model answers.',
        );
      return answer;
    },
  };
}

function loadConfig({ KubeConfig }: Library, content: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (content !== undefined) {
    try {
      config.loadFromString(content);
    } catch (error) {
      // Its message may quote the file, which holds credentials.
      throw new UserError(
        'Input "kubeconfig" is no kubeconfig: give the content of the file, as "kubectl config view --raw" prints it.',
        {
          cause: error,
        },
      );
    }
    return config;
  }
  if (!hasCluster())
    throw new UserError(
      'Nothing says which cluster: give the input "kubeconfig" from a secret, or log in to the cluster in a step before this one.',
    );
  config.loadFromDefault();
  return config;
}

function timeLimit(timeoutMs: number): {
  pre(context: RequestContext): Promise<RequestContext>;
  post(context: ResponseContext): Promise<ResponseContext>;
} {
  return {
    pre: async (context) => {
      context.setSignal(AbortSignal.timeout(timeoutMs));
      return context;
    },
    post: async (context) => context,
  };
}

async function send(
  config: KubeConfig,
  server: string,
  path: string,
  { method, body, headers }: ServiceRequest,
  timeoutMs: number,
): Promise<ServiceAnswer> {
  const url = new URL(server.replace(/\/+$/, '') + path);
  const options: RequestOptions = { method, headers: { ...headers }, signal: AbortSignal.timeout(timeoutMs) };
  await config.applyToHTTPSOptions(options);
  // The client's certificate, the cluster's own authority and the token are in the options now.
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function attempt<T>(server: string, what: string, timeoutMs: number, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof UserError ? error : (adviceFor(server, what, timeoutMs, error) ?? error);
  }
}

function adviceFor(server: string, what: string, timeoutMs: number, error: unknown): UserError | undefined {
  const code = codeOf(error);
  const said = statusMessage(error);
  const details = { cause: error };
  if (code === 401)
    return new UserError(
      `The cluster ${server} does not accept the credentials of the kubeconfig (401): they are wrong, or have expired.`,
      details,
    );
  if (code === 403)
    return new UserError(
      `The cluster does not let this account ${what} (403: ${said}): grant it in a Role of the namespace.`,
      details,
    );
  if (code === 404)
    return new UserError(
      `The cluster does not know what it needs to ${what} (404: ${said}): is the namespace there, and its kind installed?`,
      details,
    );
  if (code === 409)
    return new UserError(
      `The cluster refuses to ${what}, because another manager owns some of its fields (409: ${said}): leave these fields to one of the two, or ` +
        'remove the object.',
      details,
    );
  if (code === 400 || code === 422)
    return new UserError(`The cluster does not accept the manifest, in trying to ${what} (${code}: ${said}).`, details);
  if (code !== undefined) return new UserError(`The cluster ${server} did not ${what} (${code}: ${said}).`, details);
  const text = messageOf(error);
  if (error instanceof Error && /abort|timeout/i.test(`${error.name} ${text}`))
    return new UserError(`The cluster ${server} did not answer within ${timeoutMs / 1000} s in trying to ${what}.`, details);
  const network =
    /ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|CERT\w*|SELF_SIGNED\w*|UNABLE_TO\w*|socket hang up|certificate/i.exec(
      `${error instanceof Error && 'code' in error ? String(error.code) : ''} ${text}`,
    );
  if (network)
    return new UserError(
      `The cluster ${server} cannot be reached (${network[0]}): does a firewall let this runner in?`,
      details,
    );
  if (/Unrecognized API version and kind/.test(text))
    return new UserError(
      `The cluster ${server} has no such kind (${text.split(': ').at(-1)}): is what defines it installed there?`,
      details,
    );
  return undefined;
}

/** The status of an answer; undefined when there was none. */
function codeOf(error: unknown): number | undefined {
  if (error === null || typeof error !== 'object' || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

/** What the cluster says, in one line: the message of its Status object. */
function statusMessage(error: unknown): string {
  const body: unknown = error !== null && typeof error === 'object' && 'body' in error ? error.body : undefined;
  let message = typeof body === 'string' ? body : '';
  try {
    const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : body;
    if (parsed !== null && typeof parsed === 'object' && 'message' in parsed) message = String(parsed.message);
  } catch {
    // Then it is what it is.
  }
  return message.replace(/\s+/g, ' ').trim().slice(0, 300) || 'it gave no reason';
}
