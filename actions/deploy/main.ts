import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type DeployInputs, run } from './deploy.js';
import { startLocalServer } from './local-server.js';

export function readInputs(inputs: InputReader): DeployInputs {
  return {
    artifact: inputs.optional('artifact'),
    'canary-wait': inputs.duration('canary-wait'),
    data: inputs.lines('data'),
    'dry-run': inputs.flag('dry-run'),
    environment: inputs.optional('environment'),
    'github-token': inputs.optional('github-token'),
    image: inputs.optional('image'),
    kubeconfig: inputs.secret('kubeconfig'),
    model: inputs.optional('model'),
    namespace: inputs.optional('namespace'),
    'service-token': inputs.secret('service-token'),
    spec: inputs.required('spec'),
    target: inputs.optional('target'),
    timeout: inputs.duration('timeout'),
    url: inputs.optional('url'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services, startLocalServer);
}
