import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type RegisterInputs, run } from './register.js';

export function readInputs(inputs: InputReader): RegisterInputs {
  return {
    bundle: inputs.required('bundle'),
    'github-token': inputs.optional('github-token'),
    spec: inputs.required('spec'),
    storage: inputs.optional('storage'),
    version: inputs.required('version'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
