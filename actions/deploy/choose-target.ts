import { isAbsolute, relative, resolve, sep } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';
import type { Progress } from '../../shared/core/progress.js';
import { resolveSources } from '../../shared/data/sources.js';
import { BatchTarget } from '../../shared/deployment/batch/batch.js';
import type { GoldenRows } from '../../shared/deployment/golden-rows.js';
import { connectCluster, hasCluster } from '../../shared/deployment/kubernetes/cluster.js';
import { kserveTarget, kubernetesTarget, manifestsFor } from '../../shared/deployment/kubernetes/kubernetes.js';
import type { ManifestOptions } from '../../shared/deployment/kubernetes/manifests.js';
import { objectTitle, toYaml } from '../../shared/deployment/kubernetes/objects.js';
import type { BundleSource } from '../../shared/deployment/kubernetes/pod.js';
import { latencyGates } from '../../shared/deployment/latency.js';
import { httpSender, serviceAddress } from '../../shared/deployment/sender.js';
import { AdminClient } from '../../shared/deployment/service/admin-client.js';
import { ServiceTarget } from '../../shared/deployment/service/service.js';
import { type Plan, TARGETS, type Target, type TargetKind } from '../../shared/deployment/target.js';
import { bundleAsset } from '../../shared/registry/release-files.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import type { DeployInputs } from './deploy.js';
import type { DeployedModel } from './model.js';

export interface TargetRequest {
  readonly inputs: DeployInputs;
  readonly loaded: LoadedSpec;
  readonly model: DeployedModel;
  readonly directory: string;
  readonly environment: RunEnvironment;
  readonly golden: () => Promise<GoldenRows>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const DEFAULT_REPLICAS = { min: 1, max: 3 };

/** The kind of target that spec and inputs name. @throws UserError when neither names one */
export function targetKind({ spec, locate, file }: LoadedSpec): TargetKind {
  const kind = spec.deploy?.target;
  if (kind !== undefined) return kind;
  const accepted = `accepted: ${TARGETS.join(', ')}`;
  throw new UserError(
    spec.deploy === undefined
      ? `Nothing says where the model goes: give ${file} a "deploy" section with a target, or the input "target" (${accepted}).`
      : { message: `deploy.target is missing; ${accepted} (or the input "target")`, location: locate(['deploy']) },
  );
}

/** Makes the target that the spec and the inputs describe. @throws UserError when they lack something that it needs */
export async function chooseTarget(kind: TargetKind, request: TargetRequest): Promise<Target> {
  switch (kind) {
    case 'service':
      return serviceTarget(request);
    case 'batch':
      return batchTarget(request);
    default:
      return clusterTarget(kind, request);
  }
}

function lacking({ loaded }: TargetRequest, key: string, why: string): UserError {
  const message = `deploy.${key} is missing; ${why}`;
  return new UserError({ message, location: loaded.locate(['deploy']) });
}

function serviceTarget(request: TargetRequest): Target {
  const { inputs, loaded, model, golden, signal } = request;
  const { deploy, gates } = loaded.spec;
  if (deploy?.url === undefined)
    throw lacking(
      request,
      'url',
      'the target service is a model server that runs somewhere: give its address there, or as the input "url"',
    );
  const address = serviceAddress(deploy.url, 'deploy.url');
  const token = inputs['service-token'];
  if (token === undefined)
    throw new UserError(
      'Input "service-token" is required for the target service: what the server was started with as MLOPS_SERVER_TOKEN, from a secret.',
    );
  const send = httpSender(address);
  return new ServiceTarget({
    ...{ candidate: model.candidate, address, send, archive: model.archive, golden, signal },
    admin: new AdminClient(send, address, token),
    gates: latencyGates(gates),
    canary: deploy.canary ?? [100],
    watchMs: inputs['canary-wait'],
  });
}

async function clusterTarget(kind: 'kubernetes' | 'kserve', request: TargetRequest): Promise<Target> {
  const { inputs, loaded, model, golden, progress, signal } = request;
  const { deploy } = loaded.spec;
  // Before the cluster is asked for anything.
  const manifests = await manifestOptions(request);
  const cluster = await connectCluster({ ...(inputs.kubeconfig !== undefined && { kubeconfig: inputs.kubeconfig }) });
  const namespace = deploy?.namespace ?? cluster.namespace;
  const options = {
    ...{ candidate: model.candidate, namespace, golden, timeoutMs: inputs.timeout, progress, signal },
    ...(deploy?.url !== undefined && { address: serviceAddress(deploy.url, 'deploy.url') }),
  };
  const make = kind === 'kubernetes' ? kubernetesTarget : kserveTarget;
  return make(cluster, { ...manifests, namespace }, options);
}

async function manifestOptions(request: TargetRequest): Promise<Omit<ManifestOptions, 'namespace'>> {
  const { inputs, loaded, model, environment } = request;
  const { deploy } = loaded.spec;
  if (deploy?.image === undefined)
    throw lacking(request, 'image', 'pods need the image of the model server: name it there, or as the input "image"');
  const min = deploy.replicas?.min ?? Math.min(DEFAULT_REPLICAS.min, deploy.replicas?.max ?? DEFAULT_REPLICAS.min);
  const { candidate } = model;
  return {
    ...{ candidate, model: candidate.model, version: candidate.version, image: deploy.image },
    source: await bundleSource(model, environment),
    replicas: { min, max: deploy.replicas?.max ?? Math.max(DEFAULT_REPLICAS.max, min) },
    deadlineSeconds: Math.max(1, Math.round(inputs.timeout / 1000)),
    ...(deploy.resources && { resources: deploy.resources as Readonly<Record<string, Json>> }),
  };
}

/**
 * What a dry run can say without access to the target: a pull request's run often has none of its secrets.
 * @returns undefined when there is access, or when none is needed
 */
export async function planWithoutAccess(kind: TargetKind, request: TargetRequest): Promise<Plan | undefined> {
  const { inputs, loaded, model } = request;
  const { deploy } = loaded.spec;
  const plan = { unchanged: false, notices: [] };
  if (kind === 'service' && inputs['service-token'] === undefined) {
    const { version } = model.candidate;
    return {
      ...plan,
      ...(deploy?.url !== undefined && { url: serviceAddress(deploy.url, 'deploy.url') }),
      steps: [
        `load ${version} without traffic, or with all of it where it is the first version`,
        `give it ${(deploy?.canary ?? [100]).join(' %, ')} % of the traffic`,
      ],
      notices: ['Without the input "service-token" what is live was not read.'],
    };
  }
  if ((kind !== 'kubernetes' && kind !== 'kserve') || inputs.kubeconfig !== undefined || hasCluster()) return undefined;
  const namespace = deploy?.namespace ?? 'default';
  const manifests = manifestsFor(kind, { ...(await manifestOptions(request)), namespace });
  return {
    ...plan,
    steps: [`apply ${manifests.map(objectTitle).join(', ')} in namespace ${namespace}`],
    manifests: toYaml(manifests),
    notices: ['Without the input "kubeconfig" what is live was not read.'],
  };
}

/** Where pods get the bundle from: the release asset that was verified here. */
async function bundleSource(
  { version, candidate, archive }: DeployedModel,
  environment: RunEnvironment,
): Promise<BundleSource> {
  const name = bundleAsset(candidate.model);
  const asset = version?.release?.assets.find((listed) => listed.name === name);
  if (!version || !asset)
    throw new UserError(`${candidate.model} ${candidate.version} is in no release, which pods could download it from.`);
  const { apiUrl, serverUrl, repository } = environment;
  return {
    publicUrl: `${serverUrl}/${repository}/releases/download/${encodeURIComponent(version.tag)}/${name}`,
    apiUrl: `${apiUrl}/repos/${repository}/releases/assets/${asset.id}`,
    digest: (await archive()).digest,
    bytes: asset.bytes,
  };
}

function batchTarget(request: TargetRequest): Target {
  const { loaded, model, directory, environment, progress } = request;
  const { spec } = loaded;
  const batch = spec.deploy?.batch;
  if (!batch) throw lacking(request, 'batch', 'the target batch needs { input: files, output: scores.parquet }');
  const workspace = resolve(environment.workspace);
  const output = resolve(directory, batch.output);
  const way = relative(workspace, output);
  if (way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw new UserError({
      message: `deploy.batch.output leads out of the workspace ${workspace}: ${batch.output}`,
      location: loaded.locate(['deploy', 'batch', 'output']),
    });
  const files = resolveSources([batch.input].flat(), directory, loaded.locate(['deploy', 'batch', 'input']), workspace);
  // What identifies a row, and when it was; without a key nothing does but the row itself.
  const key = spec.data.key === undefined ? [] : [spec.data.key].flat();
  const time = spec.data.time === undefined ? [] : [spec.data.time];
  return new BatchTarget({
    ...{ candidate: model.candidate, bundle: model.bundle, files, output, shownOutput: batch.output, progress },
    ...(spec.features.use && { features: spec.features.use }),
    ...(batch.partition !== undefined && { partition: batch.partition }),
    kept: key.length === 0 ? [] : [...key, ...time],
    location: loaded.locate(['deploy', 'batch']),
  });
}
