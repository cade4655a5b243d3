import { UserError } from '../../shared/core/errors.js';
import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { run, type TunePlanInputs } from './tune-plan.js';

export function readInputs(inputs: InputReader): TunePlanInputs {
  return {
    data: inputs.lines('data'),
    'github-token': inputs.optional('github-token'),
    jobs: whole('jobs', inputs.optional('jobs'), 256),
    round: whole('round', inputs.required('round'), 1000) ?? 1,
    spec: inputs.required('spec'),
    study: inputs.required('study'),
    'working-directory': inputs.required('working-directory'),
  };
}

function whole(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new UserError(`Input "${name}" is ${JSON.stringify(text)}; accepted: a whole number from 1 to ${most}.`);
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
