import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { run, type TuneSelectInputs } from './tune-select.js';

export function readInputs(inputs: InputReader): TuneSelectInputs {
  return {
    data: inputs.lines('data'),
    'github-token': inputs.optional('github-token'),
    spec: inputs.required('spec'),
    study: inputs.required('study'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
