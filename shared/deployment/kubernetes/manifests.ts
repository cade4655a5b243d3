import { UserError } from '../../core/errors.js';
import type { Candidate } from '../target.js';
import { ANNOTATIONS, type Manifest } from './objects.js';
import { downloadContainer, POD_SECURITY, PORT, type PodOptions, serverContainer, VOLUMES } from './pod.js';

export interface ManifestOptions extends PodOptions {
  readonly candidate: Candidate;
  readonly namespace: string;
  readonly replicas: { readonly min: number; readonly max: number };
  /** Seconds after which the cluster itself calls a rollout stuck. */
  readonly deadlineSeconds: number;
}

/** A Service's name becomes a label of a domain. */
const LONGEST_NAME = 63;

/** At this use of its CPU request, on average, the model gets another replica. */
const CPU_PERCENT = 70;

/** Names and labels that all objects of a model share. */
function metadata({ candidate, namespace }: ManifestOptions): Manifest['metadata'] {
  const { model, version, digest } = candidate;
  if (model.length > LONGEST_NAME)
    throw new UserError(`The model's name has ${model.length} characters; objects of Kubernetes take ${LONGEST_NAME}.`);
  return {
    name: model,
    namespace,
    labels: {
      'app.kubernetes.io/name': model,
      'app.kubernetes.io/component': 'model-server',
      'app.kubernetes.io/version': version,
      'app.kubernetes.io/managed-by': 'mlops-actions',
    },
    annotations: { [ANNOTATIONS.version]: version, [ANNOTATIONS.digest]: digest },
  };
}

/** What selects a model's pods; never changes, since a Deployment's selector cannot. */
export function podSelector(model: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': model, 'app.kubernetes.io/component': 'model-server' };
}

/** Deployment, Service and HorizontalPodAutoscaler of a version, in the order in which they are applied. */
export function deploymentManifests(options: ManifestOptions): readonly Manifest[] {
  const { model, replicas, deadlineSeconds } = options;
  const meta = metadata(options);
  const { labels, annotations } = meta;
  const service: Manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta,
    spec: {
      type: 'ClusterIP',
      selector: podSelector(model),
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  };
  const deployment: Manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta,
    // No `replicas`: they are the autoscaler's, and two owners of one field undo each other.
    spec: {
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: deadlineSeconds,
      selector: { matchLabels: podSelector(model) },
      // A new pod is ready before an old one goes, so a version that does not start takes nothing away.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels,
          annotations: { ...annotations, 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(PORT) },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: POD_SECURITY,
          terminationGracePeriodSeconds: 40,
          initContainers: [downloadContainer(options)],
          containers: [serverContainer('server', options)],
          volumes: VOLUMES,
        },
      },
    },
  };
  const autoscaler: Manifest = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: meta,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: model },
      minReplicas: replicas.min,
      maxReplicas: replicas.max,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: CPU_PERCENT } } },
      ],
    },
  };
  return [deployment, service, autoscaler];
}

/** The name of a model's format and of its runtime, for KServe. */
const MODEL_FORMAT = 'mlops-bundle';

/**
 * A ServingRuntime, which says how our server runs, and the InferenceService that uses it. `protocolVersion` is a field of
 * models that have a runtime, and not of plain containers, so there are two objects. They run as an ordinary Deployment
 * (RawDeployment): the serverless mode takes no init container unless the cluster was told to.
 */
export function inferenceManifests(options: ManifestOptions): readonly Manifest[] {
  const { model, replicas } = options;
  const meta = metadata(options);
  const runtimeName = `${model}-runtime`.slice(-LONGEST_NAME).replace(/^-+/, '');
  const runtime: Manifest = {
    apiVersion: 'serving.kserve.io/v1alpha1',
    kind: 'ServingRuntime',
    metadata: { ...meta, name: runtimeName },
    spec: {
      supportedModelFormats: [{ name: MODEL_FORMAT, version: '1', autoSelect: false }],
      protocolVersions: ['v2'],
      containers: [serverContainer('kserve-container', options)],
      volumes: VOLUMES,
    },
  };
  const service: Manifest = {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { ...meta, annotations: { ...meta.annotations, 'serving.kserve.io/deploymentMode': 'RawDeployment' } },
    spec: {
      predictor: {
        minReplicas: replicas.min,
        maxReplicas: replicas.max,
        automountServiceAccountToken: false,
        securityContext: POD_SECURITY,
        initContainers: [downloadContainer(options)],
        model: { modelFormat: { name: MODEL_FORMAT, version: '1' }, protocolVersion: 'v2', runtime: runtimeName },
      },
    },
  };
  return [runtime, service];
}
