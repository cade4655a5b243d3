import type { ManifestOptions } from '../../shared/deployment/kubernetes/manifests.js';

/** A deployment of a model, for tests of what is applied. */
export const MANIFEST_OPTIONS: ManifestOptions = {
  candidate: { model: 'flight-delay', version: 'v1.2.0', digest: `sha256:${'a'.repeat(64)}` },
  ...{ model: 'flight-delay', version: 'v1.2.0', namespace: 'models', image: 'ghcr.io/acme/models:1', deadlineSeconds: 600 },
  replicas: { min: 1, max: 3 },
  source: {
    publicUrl: 'https://github.com/acme/models/releases/download/flight-delay%40v1.2.0/flight-delay.tar.gz',
    apiUrl: 'https://api.github.com/repos/acme/models/releases/assets/350000001',
    digest: `sha256:${'b'.repeat(64)}`,
    bytes: 1_800_000,
  },
};
