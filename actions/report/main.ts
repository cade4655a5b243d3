import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type ReportInputs, run } from './report.js';

export function readInputs(inputs: InputReader): ReportInputs {
  return {
    author: inputs.required('author'),
    check: inputs.flag('check'),
    comment: inputs.flag('comment'),
    'github-token': inputs.optional('github-token'),
    result: inputs.required('result'),
    status: inputs.flag('status'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
