import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type PromoteInputs, run } from './promote.js';

export function readInputs(inputs: InputReader): PromoteInputs {
  return {
    comparison: inputs.optional('comparison'),
    'github-token': inputs.optional('github-token'),
    model: inputs.optional('model'),
    reason: inputs.optional('reason'),
    rollback: inputs.flag('rollback'),
    spec: inputs.required('spec'),
    stage: inputs.optional('stage'),
    through: inputs.flag('through'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
