import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { run, type ValidateInputs } from './validate.js';

export function readInputs(inputs: InputReader): ValidateInputs {
  return {
    data: inputs.lines('data'),
    'fail-on': inputs.choice('fail-on', ['error', 'warning', 'never']),
    'github-token': inputs.optional('github-token'),
    merge: inputs.flag('merge'),
    reference: inputs.lines('reference'),
    shard: inputs.optional('shard'),
    spec: inputs.required('spec'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
