import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type CompareInputs, run } from './compare.js';

export function readInputs(inputs: InputReader): CompareInputs {
  return {
    candidate: inputs.requiredLines('candidate'),
    champion: inputs.required('champion'),
    data: inputs.lines('data'),
    'fail-on': inputs.choice('fail-on', ['gates', 'worse', 'never']),
    'github-token': inputs.optional('github-token'),
    newest: inputs.flag('newest'),
    spec: inputs.required('spec'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
