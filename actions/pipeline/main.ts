import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type PipelineInputs, run } from './pipeline.js';

export function readInputs(inputs: InputReader): PipelineInputs {
  return {
    data: inputs.optional('data'),
    image: inputs.optional('image'),
    output: inputs.required('output'),
    spec: inputs.required('spec'),
    target: inputs.required('target'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
