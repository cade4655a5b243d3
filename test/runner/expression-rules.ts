import { type ExpressionRule, STATUS_FUNCTIONS } from './expressions.js';

/**
 * Which contexts and functions each key of a workflow or action file may use, as GitHub's page "Contexts" lists them. A workflow
 * that uses another one does not start.
 */
const WORKFLOW = ['github', 'inputs', 'vars'];
const JOB = [...WORKFLOW, 'needs'];
const MATRIX = [...JOB, 'strategy', 'matrix'];
const STEP = [...MATRIX, 'job', 'runner', 'env', 'secrets', 'steps'];
const COMPOSITE = ['github', 'inputs', 'strategy', 'matrix', 'steps', 'job', 'runner', 'env'];

const rule = (contexts: readonly string[], functions: readonly string[] = []): ExpressionRule => ({ contexts, functions });

export const RULES = {
  runName: rule(WORKFLOW),
  workflowEnv: rule([...WORKFLOW, 'secrets']),
  workflowConcurrency: rule(WORKFLOW),
  callInputDefault: rule(WORKFLOW),
  callOutput: rule([...WORKFLOW, 'jobs']),
  jobIf: rule(JOB, STATUS_FUNCTIONS),
  strategy: rule(JOB),
  /** name, runs-on, timeout-minutes, continue-on-error, concurrency, environment, with of a called workflow. */
  job: rule(MATRIX),
  jobDefaults: rule([...MATRIX, 'env']),
  jobEnv: rule([...MATRIX, 'secrets']),
  jobSecrets: rule([...MATRIX, 'secrets']),
  jobOutput: rule(STEP),
  environmentUrl: rule(STEP.filter((name) => name !== 'secrets')),
  stepIf: rule(
    STEP.filter((name) => name !== 'secrets'),
    [...STATUS_FUNCTIONS, 'hashFiles'],
  ),
  step: rule(STEP, ['hashFiles']),
  compositeIf: rule(COMPOSITE, [...STATUS_FUNCTIONS, 'hashFiles']),
  compositeStep: rule(COMPOSITE, ['hashFiles']),
  compositeOutput: rule(COMPOSITE),
  actionInputDefault: rule(['github', 'strategy', 'matrix', 'job', 'runner'], ['hashFiles']),
  /** `pre-if` and `post-if` of an action. */
  actionHookIf: rule(
    ['github', 'strategy', 'matrix', 'job', 'runner', 'env', 'steps', 'inputs'],
    [...STATUS_FUNCTIONS, 'hashFiles'],
  ),
} satisfies Record<string, ExpressionRule>;
