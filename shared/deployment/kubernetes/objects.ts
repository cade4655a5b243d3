import { stringify } from 'yaml';
import type { Json } from '../../core/json.js';

/** A manifest that we make: plain JSON, in the order in which people read it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly [key: string]: Json };
}

/** Names an object of a cluster. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** An object as the cluster has it, of which nothing is sure but its name. */
export interface LiveObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** `Deployment/flight-delay`. */
export function objectTitle({ kind, metadata }: ObjectName): string {
  return `${kind}/${metadata.name}`;
}

/** Manifests as one YAML file, as `kubectl apply -f` takes it. */
export function toYaml(objects: readonly unknown[]): string {
  // Without line folding, so that a diff shows what has changed and nothing that was folded anew.
  return objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}

/** What a version is called on the objects that it is deployed by. */
export const ANNOTATIONS = {
  version: 'mlops-actions/version',
  digest: 'mlops-actions/digest',
  /** The manifest as it was applied: what a rollback applies again. */
  applied: 'mlops-actions/applied',
} as const;

/** The manifest with itself in an annotation. */
export function withApplied(manifest: Manifest): Manifest {
  const annotations = { ...manifest.metadata.annotations, [ANNOTATIONS.applied]: JSON.stringify(manifest) };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

/** The manifest that an object was applied from; undefined when it was not by us. */
export function appliedManifest(live: LiveObject | undefined): Manifest | undefined {
  const text = live?.metadata?.annotations?.[ANNOTATIONS.applied];
  if (text === undefined) return undefined;
  try {
    const parsed = JSON.parse(text) as Manifest;
    // Somebody may have written into it: what it names must be the object that it stands on.
    const isItself = parsed.kind === live?.kind && parsed.metadata.name === live.metadata?.name;
    return isItself ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const SERVER_FIELDS = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink'];

/** An object without what the cluster adds to every one, for a comparison by eye. */
export function comparable(live: LiveObject): LiveObject {
  // Dates and undefined members of the client's classes become plain JSON.
  const { status: _status, ...rest } = JSON.parse(JSON.stringify(live)) as LiveObject;
  const metadata = Object.fromEntries(Object.entries(rest.metadata ?? {}).filter(([name]) => !SERVER_FIELDS.includes(name)));
  const annotations = Object.fromEntries(
    Object.entries(rest.metadata?.annotations ?? {}).filter(
      ([name]) => name !== ANNOTATIONS.applied && name !== 'deployment.kubernetes.io/revision',
    ),
  );
  return { ...rest, metadata: { ...metadata, annotations } };
}
