import type { Json } from '../../core/json.js';

/** Where a pod gets the bundle from. */
export interface BundleSource {
  /** GitHub's address of the release asset for everybody, where the repository is public. */
  readonly publicUrl: string;
  /** The same by the API, for who has a token. */
  readonly apiUrl: string;
  /** `sha256:<hex>` of the archive. */
  readonly digest: string;
  readonly bytes: number;
}

export interface PodOptions {
  readonly model: string;
  /** `v1.2.0`. */
  readonly version: string;
  readonly image: string;
  readonly source: BundleSource;
  /** `deploy.resources` of the spec; defaults where it has none. */
  readonly resources?: Readonly<Record<string, Json>>;
}

/** The port that the server listens on. */
export const PORT = 8080;

/** A user without a name or a home; the same as that of "nonroot" images. */
const USER = 65532;

const MODELS = '/models';
const DOWNLOAD_TRIES = 3;
const DEFAULT_RESOURCES: Readonly<Record<string, Json>> = {
  requests: { cpu: '250m', memory: '256Mi' },
  limits: { memory: '1Gi' },
};

/** The Secret that may hold a token for a private repository, under the key `token`. */
export function tokenSecret(model: string): string {
  return `${model}-bundle-token`;
}

/**
 * What the init container runs: Node is in every image that can run the server, so no other image is pulled and no shell
 * reads anything. All of its inputs come by the environment. It writes under another name first, so that a pod never
 * sees half a bundle.
 */
export const DOWNLOAD_SCRIPT = `
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
const { BUNDLE_PUBLIC_URL, BUNDLE_API_URL, BUNDLE_SHA256, BUNDLE_BYTES, BUNDLE_FILE, BUNDLE_TOKEN } = process.env;
const download = async () => {
  const url = BUNDLE_TOKEN ? BUNDLE_API_URL : BUNDLE_PUBLIC_URL;
  const headers = { accept: 'application/octet-stream', 'user-agent': 'mlops-actions' };
  if (BUNDLE_TOKEN) headers.authorization = 'Bearer ' + BUNDLE_TOKEN;
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(300000) });
  if (!response.ok) throw new Error(url + ' answers ' + response.status + (response.status === 404 && !BUNDLE_TOKEN
    ? ': a private repository needs a token in the Secret of this pod' : ''));
  const parts = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    if (bytes > Number(BUNDLE_BYTES)) throw new Error('the bundle has more than ' + BUNDLE_BYTES + ' bytes');
    parts.push(part);
  }
  const content = Buffer.concat(parts);
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== BUNDLE_SHA256) throw new Error('the bundle has sha256 ' + found + ', not ' + BUNDLE_SHA256);
  writeFileSync(BUNDLE_FILE + '.part', content);
  renameSync(BUNDLE_FILE + '.part', BUNDLE_FILE);
  console.log(url + ': ' + bytes + ' bytes, sha256 ' + found);
};
for (let tried = 1; ; tried++) {
  try {
    await download();
    break;
  } catch (error) {
    console.error(error.message);
    if (tried === ${DOWNLOAD_TRIES}) process.exit(1);
    await new Promise((resolve) => setTimeout(resolve, tried * 2000));
  }
}
`.trim();

/** No process of the pod can become more than it is, or write anywhere but into its own empty folders. */
const CONTAINER_SECURITY: Readonly<Record<string, Json>> = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export const POD_SECURITY: Readonly<Record<string, Json>> = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
};

export const VOLUMES: readonly Json[] = [
  { name: 'models', emptyDir: { sizeLimit: '4Gi' } },
  { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
];

const MOUNTS: readonly Json[] = [
  { name: 'models', mountPath: MODELS },
  { name: 'tmp', mountPath: '/tmp' },
];

/** Downloads the release asset and checks its sha256, before the server starts. */
export function downloadContainer({ model, image, source, resources }: PodOptions): Json {
  return {
    name: 'bundle',
    image,
    command: ['node'],
    args: ['--input-type=module', '--eval', DOWNLOAD_SCRIPT],
    env: [
      { name: 'BUNDLE_PUBLIC_URL', value: source.publicUrl },
      { name: 'BUNDLE_API_URL', value: source.apiUrl },
      { name: 'BUNDLE_SHA256', value: source.digest.slice('sha256:'.length) },
      { name: 'BUNDLE_BYTES', value: String(source.bytes) },
      { name: 'BUNDLE_FILE', value: bundleFile(model) },
      { name: 'BUNDLE_TOKEN', valueFrom: { secretKeyRef: { name: tokenSecret(model), key: 'token', optional: true } } },
    ],
    resources: resources ?? DEFAULT_RESOURCES,
    securityContext: CONTAINER_SECURITY,
    volumeMounts: MOUNTS,
  };
}

/** The server: its image's own command, with everything that it is told in its environment. */
export function serverContainer(
  name: string,
  { model, version, image, resources }: PodOptions,
): { readonly [key: string]: Json } {
  const probe = (path: string): Json => ({ httpGet: { path, port: PORT } });
  return {
    name,
    image,
    env: [
      { name: 'MLOPS_SERVER_PORT', value: String(PORT) },
      { name: 'MLOPS_SERVER_BUNDLE', value: `${version}=${bundleFile(model)}` },
    ],
    ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
    startupProbe: { ...(probe('/v2/health/live') as object), periodSeconds: 2, failureThreshold: 60 },
    readinessProbe: { ...(probe('/v2/health/ready') as object), periodSeconds: 5, timeoutSeconds: 2 },
    livenessProbe: { ...(probe('/v2/health/live') as object), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    resources: resources ?? DEFAULT_RESOURCES,
    securityContext: CONTAINER_SECURITY,
    volumeMounts: MOUNTS,
    // Requests that were on their way when the pod was taken off the list still find it.
    lifecycle: { preStop: { exec: { command: ['node', '--eval', 'setTimeout(() => {}, 5000)'] } } },
  };
}

function bundleFile(model: string): string {
  return `${MODELS}/${model}.tar.gz`;
}
