import type { JobResult, RunResult } from '../../runner/result.js';

/** A story ends where something is not as it was told. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
  readonly expected: string;
  readonly found: string;

  constructor(expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.expected = expected;
    this.found = found;
  }
}

/** @throws Unexpected unless the condition holds */
export function expectThat(condition: boolean, expected: string, found: string): asserts condition {
  if (!condition) throw new Unexpected(expected, found);
}

/** The run of a workflow, which has to end as told. */
export function runOf(runs: readonly RunResult[], workflow: string, conclusion: 'success' | 'failure' = 'success'): RunResult {
  const run = runs.find((candidate) => candidate.workflow === workflow);
  if (!run) {
    const others = runs.map((other) => other.workflow).join(', ') || 'no run at all';
    throw new Unexpected(`a run of the workflow ${workflow}`, others);
  }
  expectThat(run.conclusion === conclusion, `the workflow ${workflow} to end with ${conclusion}`, describeEnd(run));
  return run;
}

/** The job of that name, without what the caller's job adds in front. */
export function jobOf(run: RunResult, name: string): JobResult {
  const job = run.jobs.find((candidate) => candidate.name === name || candidate.name.endsWith(`/ ${name}`));
  if (!job) throw new Unexpected(`a job ${name} of ${run.workflow}`, run.jobs.map((other) => other.name).join(', '));
  return job;
}

/** The output of a step, which must not be empty. */
export function outputOf(run: RunResult, job: string, step: string, output: string): string {
  const found = jobOf(run, job).steps.find(({ name }) => name === step)?.outputs[output] ?? '';
  expectThat(found !== '', `the output ${output} of ${job} / ${step}`, 'nothing');
  return found;
}

function describeEnd({ conclusion, error, jobs }: RunResult): string {
  const failed = jobs.find((job) => job.conclusion === 'failure');
  const step = failed?.steps.find((candidate) => candidate.outcome === 'failure');
  const said = step?.annotations.findLast(({ level }) => level === 'error')?.message ?? failed?.error ?? error;
  const place = [failed?.name, step?.name].filter((part) => part !== undefined).join(' / ');
  return [conclusion, ...(place === '' ? [] : [`in ${place}`]), ...(said === undefined ? [] : [`(${said})`])].join(' ');
}
