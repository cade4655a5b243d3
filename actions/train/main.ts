import { UserError } from '../../shared/core/errors.js';
import type { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { isDuration } from '../../shared/spec/schema-values.js';
import { run, type TrainInputs } from './train.js';

export function readInputs(inputs: InputReader): TrainInputs {
  return {
    cache: inputs.optional('cache') === undefined ? undefined : inputs.flag('cache'),
    champion: inputs.required('champion'),
    data: inputs.lines('data'),
    'github-token': inputs.optional('github-token'),
    output: inputs.required('output'),
    params: inputs.scalars('params'),
    spec: inputs.required('spec'),
    trials: inputs.optional('trials'),
    window: windowOf(inputs.optional('window')),
    'working-directory': inputs.required('working-directory'),
  };
}

/** `all` and nothing mean no window. */
function windowOf(text: string | undefined): string | undefined {
  if (text === undefined || text === 'all') return undefined;
  if (isDuration(text)) return text;
  throw new UserError(`Input "window" is ${JSON.stringify(text)}; accepted: all, or a duration such as 90d.`);
}

export function main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome> {
  return run(readInputs(inputs), services);
}
