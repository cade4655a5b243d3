import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type ProfileInputs, run } from './profile.js';

export function readInputs(inputs: InputReader): ProfileInputs {
  return {
    cache: inputs.flag('cache'),
    data: inputs.lines('data'),
    'github-token': inputs.optional('github-token'),
    merge: inputs.flag('merge'),
    shard: inputs.optional('shard'),
    spec: inputs.required('spec'),
    suggest: inputs.flag('suggest'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
