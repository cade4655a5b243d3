import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type EvaluateInputs, run } from './evaluate.js';

export function readInputs(inputs: InputReader): EvaluateInputs {
  return {
    cache: inputs.flag('cache'),
    data: inputs.lines('data'),
    'fail-on': inputs.choice('fail-on', ['gates', 'never']),
    'github-token': inputs.optional('github-token'),
    model: inputs.optional('model'),
    predictions: inputs.optional('predictions'),
    spec: inputs.required('spec'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
