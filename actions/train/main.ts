import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { run, type TrainInputs } from './train.js';

export function readInputs(inputs: InputReader): TrainInputs {
  return {
    champion: inputs.required('champion'),
    data: inputs.lines('data'),
    'github-token': inputs.optional('github-token'),
    output: inputs.required('output'),
    params: inputs.scalars('params'),
    spec: inputs.required('spec'),
    trials: inputs.optional('trials'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
