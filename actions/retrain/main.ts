import { UserError } from '../../shared/core/errors.js';
import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type RetrainInputs, run } from './retrain.js';

export function readInputs(inputs: InputReader): RetrainInputs {
  return {
    data: inputs.lines('data'),
    environment: inputs.required('environment'),
    force: inputs.flag('force'),
    'github-token': inputs.optional('github-token'),
    health: inputs.optional('health'),
    issue: issueOf(inputs.optional('issue')),
    spec: inputs.required('spec'),
    'working-directory': inputs.required('working-directory'),
  };
}

function issueOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new UserError(`Input "issue" is ${JSON.stringify(text)}; accepted: the number of an issue, such as 12.`);
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
