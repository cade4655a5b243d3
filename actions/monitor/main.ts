import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type MonitorInputs, run } from './monitor.js';

export function readInputs(inputs: InputReader): MonitorInputs {
  return {
    at: inputs.optional('at'),
    author: inputs.required('author'),
    data: inputs.lines('data'),
    'fail-on': inputs.choice('fail-on', ['alarm', 'never']),
    'github-token': inputs.optional('github-token'),
    issue: inputs.flag('issue'),
    labels: inputs.lines('labels'),
    model: inputs.optional('model'),
    spec: inputs.required('spec'),
    traffic: inputs.lines('traffic'),
    'working-directory': inputs.required('working-directory'),
  };
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
