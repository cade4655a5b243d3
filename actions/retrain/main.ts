import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type RetrainInputs, run } from './retrain.js';

export function readInputs(inputs: InputReader): RetrainInputs {
  return {
    ask: inputs.optional('ask'),
    author: inputs.required('author'),
    data: inputs.lines('data'),
    environment: inputs.required('environment'),
    force: inputs.flag('force'),
    'github-token': inputs.optional('github-token'),
    health: inputs.optional('health'),
    spec: inputs.required('spec'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
