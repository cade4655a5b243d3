import type { Cluster } from './cluster.js';
import { type ClusterKind, ClusterTarget, type ClusterTargetOptions } from './cluster-target.js';
import { deploymentManifests, inferenceManifests, type ManifestOptions, podSelector } from './manifests.js';
import type { Manifest } from './objects.js';
import { deploymentRollout, inferenceRollout } from './rollout-status.js';

/** What is applied, for a target kind. */
export function manifestsFor(kind: 'kubernetes' | 'kserve', options: ManifestOptions): readonly Manifest[] {
  return kind === 'kubernetes' ? deploymentManifests(options) : inferenceManifests(options);
}

/** A Deployment with its Service and its autoscaler. */
export function kubernetesTarget(cluster: Cluster, manifests: ManifestOptions, options: ClusterTargetOptions): ClusterTarget {
  const { model } = manifests;
  const made = manifestsFor('kubernetes', manifests);
  const kind: ClusterKind = {
    kind: 'kubernetes',
    manifests: made,
    main: made.find((manifest) => manifest.kind === 'Deployment')!,
    status: deploymentRollout,
    podLabels: podSelector(model),
    service: { name: model, port: 'http' },
  };
  return new ClusterTarget(kind, cluster, options);
}

/** An InferenceService of KServe. */
export function kserveTarget(cluster: Cluster, manifests: ManifestOptions, options: ClusterTargetOptions): ClusterTarget {
  const { model } = manifests;
  const made = manifestsFor('kserve', manifests);
  const kind: ClusterKind = {
    kind: 'kserve',
    manifests: made,
    main: made.find((manifest) => manifest.kind === 'InferenceService')!,
    status: inferenceRollout,
    podLabels: { 'serving.kserve.io/inferenceservice': model },
    // The Service that KServe makes for the predictor.
    service: { name: `${model}-predictor`, port: '80' },
  };
  return new ClusterTarget(kind, cluster, options);
}
