import { z } from 'zod';
import type { LiveObject } from './objects.js';

/** Where a rollout stands. */
export interface RolloutStatus {
  readonly done: boolean;
  /** In words, for the log. */
  readonly progress: string;
  /** Why it will come to nothing; then waiting longer is no use. */
  readonly failed?: string;
}

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

const deploymentStatus = z.object({
  observedGeneration: z.number().optional(),
  replicas: z.number().optional(),
  updatedReplicas: z.number().optional(),
  availableReplicas: z.number().optional(),
  conditions: z.array(condition).optional(),
});

/** Of a Deployment: done when every replica is of the newest template and available, and none of an older is left. */
export function deploymentRollout(live: LiveObject): RolloutStatus {
  const status = deploymentStatus.safeParse(live.status ?? {}).data ?? {};
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = status;
  if ((status.observedGeneration ?? 0) < (live.metadata?.generation ?? 0))
    return { done: false, progress: 'the cluster has not seen the change yet' };
  const stuck = conditions.find(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded');
  const progress = `${updatedReplicas} of ${replicas} replicas are new, ${availableReplicas} available`;
  if (stuck) return { done: false, progress, failed: stuck.message ?? 'the rollout does not progress' };
  const blocked = conditions.find(({ type, status: state }) => type === 'ReplicaFailure' && state === 'True');
  if (blocked) return { done: false, progress, failed: blocked.message ?? 'no pod can be made' };
  const done = updatedReplicas > 0 && updatedReplicas === replicas && availableReplicas === replicas;
  return { done, progress };
}

const inferenceStatus = z.object({
  observedGeneration: z.number().optional(),
  url: z.string().optional(),
  conditions: z.array(condition).optional(),
  modelStatus: z
    .object({
      transitionStatus: z.string().optional(),
      lastFailureInfo: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
    })
    .optional(),
});

/** Of an InferenceService: done when it is Ready for the newest generation. */
export function inferenceRollout(live: LiveObject): RolloutStatus & { readonly url?: string } {
  const status = inferenceStatus.safeParse(live.status ?? {}).data ?? {};
  const url = status.url === undefined ? {} : { url: status.url };
  if ((status.observedGeneration ?? 0) < (live.metadata?.generation ?? 0))
    return { done: false, progress: 'the cluster has not seen the change yet', ...url };
  const { transitionStatus, lastFailureInfo } = status.modelStatus ?? {};
  if (transitionStatus === 'InvalidSpec' || transitionStatus === 'BlockedByFailedLoad')
    return { done: false, progress: transitionStatus, failed: lastFailureInfo?.message ?? transitionStatus, ...url };
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const isSettled = transitionStatus === undefined || transitionStatus === 'UpToDate';
  const progress = ready?.message ?? (ready?.status === 'True' ? 'ready' : 'not ready yet');
  return { done: ready?.status === 'True' && isSettled, progress, ...url };
}

const waiting = z.object({ reason: z.string().optional(), message: z.string().optional() }).optional();
const containerStatus = z.object({
  name: z.string(),
  state: z
    .object({ waiting, terminated: z.object({ exitCode: z.number(), reason: z.string().optional() }).optional() })
    .optional(),
  lastState: z.object({ terminated: z.object({ exitCode: z.number() }).optional() }).optional(),
});
const podStatus = z.object({
  containerStatuses: z.array(containerStatus).optional(),
  initContainerStatuses: z.array(containerStatus).optional(),
  conditions: z.array(condition).optional(),
});

/** The cluster has tried several times by then, so that waiting longer is no use. */
const HOPELESS = [
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
];

/** Why the newest pods do not start; undefined when nothing speaks against it. */
export function podTrouble(pods: readonly LiveObject[], version: string): string | undefined {
  const own = pods.filter((pod) => pod.metadata?.labels?.['app.kubernetes.io/version'] === version);
  for (const pod of own) {
    const status = podStatus.safeParse(pod.status ?? {}).data;
    for (const { name, state, lastState } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
      const reason = state?.waiting?.reason ?? '';
      if (!HOPELESS.includes(reason)) continue;
      if (/Image/.test(reason))
        return `the image of container "${name}" cannot be pulled (${reason}: ${state?.waiting?.message ?? ''})`;
      const code = lastState?.terminated?.exitCode;
      const ended = code === undefined ? '' : `; it ended with status ${code}`;
      const hint = name === 'bundle' ? ': it could not download the bundle, or the bundle has another sha256' : '';
      return `container "${name}" of pod ${pod.metadata?.name ?? ''} does not start (${reason}${ended})${hint}`;
    }
  }
  return undefined;
}

/** Why the scheduler finds no place for the newest pods; the cluster may still grow. */
export function schedulingTrouble(pods: readonly LiveObject[]): string | undefined {
  for (const pod of pods) {
    const status = podStatus.safeParse(pod.status ?? {}).data;
    const unplaced = status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable');
    if (unplaced) return unplaced.message;
  }
  return undefined;
}
