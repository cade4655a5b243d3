import { expect, test } from 'vitest';
import {
  deploymentRollout,
  inferenceRollout,
  podTrouble,
  schedulingTrouble,
} from '../../../../shared/deployment/kubernetes/rollout-status.js';

const deployment = (status: object, generation = 2) => ({
  metadata: { generation },
  status: { observedGeneration: 2, ...status },
});

test('a Deployment is done when every replica is new and available', () => {
  const done = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
  expect(deploymentRollout(deployment(done)).done).toBe(true);
  for (const status of [
    { ...done, replicas: 4 },
    { ...done, updatedReplicas: 2 },
    { ...done, availableReplicas: 2 },
    { replicas: 0, updatedReplicas: 0, availableReplicas: 0 },
    {},
  ])
    expect(deploymentRollout(deployment(status))).toMatchObject({ done: false });
  expect(deploymentRollout(deployment(done, 3))).toEqual({ done: false, progress: 'the cluster has not seen the change yet' });
  expect(deploymentRollout({})).toMatchObject({ done: false });
});

test('a Deployment that is stuck, or may make no pods, says why', () => {
  const stuck = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' };
  expect(deploymentRollout(deployment({ conditions: [stuck] })).failed).toBe('timed out');
  const quota = { type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' };
  expect(deploymentRollout(deployment({ conditions: [quota] })).failed).toBe('exceeded quota');
});

test('an InferenceService is done when it is ready and its model is up to date', () => {
  const ready = { type: 'Ready', status: 'True' };
  expect(inferenceRollout(deployment({ conditions: [ready], url: 'http://a' }))).toEqual({
    done: true,
    progress: 'ready',
    url: 'http://a',
  });
  const loading = { conditions: [ready], modelStatus: { transitionStatus: 'InProgress' } };
  expect(inferenceRollout(deployment(loading)).done).toBe(false);
  expect(inferenceRollout(deployment({ conditions: [{ type: 'Ready', status: 'False', message: 'no pods' }] }))).toEqual({
    done: false,
    progress: 'no pods',
  });
  const failed = { modelStatus: { transitionStatus: 'BlockedByFailedLoad', lastFailureInfo: { message: 'exit 1' } } };
  expect(inferenceRollout(deployment(failed)).failed).toBe('exit 1');
});

const pod = (status: object, version = 'v2.0.0') => ({
  metadata: { name: 'churn-1', labels: { 'app.kubernetes.io/version': version } },
  status,
});
const waiting = (reason: string, more: object = {}) => ({ name: 'server', state: { waiting: { reason } }, ...more });

test('pods say why they do not start; those of another version, and what may pass, say nothing', () => {
  const back = { containerStatuses: [waiting('CrashLoopBackOff', { lastState: { terminated: { exitCode: 137 } } })] };
  expect(podTrouble([pod(back)], 'v2.0.0')).toBe(
    'container "server" of pod churn-1 does not start (CrashLoopBackOff; it ended with status 137)',
  );
  expect(podTrouble([pod(back, 'v1.0.0')], 'v2.0.0')).toBeUndefined();
  expect(podTrouble([pod({ containerStatuses: [waiting('ErrImagePull')] })], 'v2.0.0')).toBeUndefined();
  expect(podTrouble([pod({ containerStatuses: [waiting('InvalidImageName')] })], 'v2.0.0')).toContain(
    'cannot be pulled (InvalidImageName',
  );
  const unplaced = {
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' }],
  };
  expect(schedulingTrouble([pod(unplaced)])).toBe('0/3 nodes are available');
  expect(schedulingTrouble([pod({})])).toBeUndefined();
});
