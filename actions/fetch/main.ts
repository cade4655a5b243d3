import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type FetchInputs, run } from './fetch.js';

export function readInputs(inputs: InputReader): FetchInputs {
  return {
    'github-token': inputs.optional('github-token'),
    model: inputs.required('model'),
    output: inputs.required('output'),
    spec: inputs.required('spec'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
