import * as core from '@actions/core';
import { formatProblem, messageOf, type Problem, UserError } from '../core/errors.js';
import { toolVersion } from '../core/version.js';
import { readEnvironment } from './environment.js';
import { InputReader } from './inputs.js';
import { logLine } from './log.js';
import { logProgress } from './progress.js';
import type { ActionOutcome, RunnerServices } from './services.js';
import { writeSummary } from './summary.js';

/** What an action's main.ts exports: inputs in, outcome out. */
export interface ActionModule {
  main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome>;
}

/**
 * Runs an action as a step, and holds the one error policy: everything that an action has to say (outputs,
 * annotations, summary) is written first, then a failure fails the step in one line. A mistake of the user is told
 * without a stack; a bug of ours says so, with its stack in the debug log.
 * @param load imports main.ts; late, so that the log's first line does not wait for it
 */
export async function runAction(name: string, load: () => Promise<ActionModule>): Promise<void> {
  // Deprecations inside of dependencies are nothing that a user of an action can mend.
  process.noDeprecation = true;
  logLine(`mlops-actions ${name} ${toolVersion()}`);
  try {
    const { main } = await load();
    const { createServices } = await import('./services.js');
    const services = createServices(readEnvironment(), logProgress);
    const inputs = new InputReader((input) => core.getInput(input), core.setSecret);
    const outcome = await main(inputs, services);
    for (const [output, value] of Object.entries(outcome.outputs)) core.setOutput(output, value);
    for (const annotation of outcome.annotations ?? []) annotate(annotation, annotation.level);
    if (outcome.summary) await writeSummary(outcome.summary);
    if (outcome.failure) core.setFailed(outcome.failure);
  } catch (error) {
    fail(error);
  }
  // Keep-alive sockets and native thread pools would otherwise hold the step open for seconds.
  await flush();
  process.exit();
}

function fail(error: unknown): void {
  if (error instanceof UserError) {
    // Each problem is an annotation at its place; the last one also fails the step.
    for (const problem of error.problems.slice(0, -1)) annotate(problem, 'error');
    const last = error.problems.at(-1)!;
    annotate(last, 'error');
    process.exitCode = 1;
    return;
  }
  if (error instanceof Error && error.stack) core.debug(error.stack);
  core.setFailed(
    `This is a bug in mlops-actions, not a mistake of yours: ${messageOf(error)}. ` +
      'Run the job again with debug logging for the stack, and please report it with this line.',
  );
}

function annotate(problem: Problem, level: 'error' | 'warning' | 'notice'): void {
  const { location } = problem;
  const properties = location
    ? {
        file: location.file,
        ...(location.line !== undefined && { startLine: location.line }),
        ...(location.column !== undefined && { startColumn: location.column }),
      }
    : {};
  // The log shows the place too: the annotation's properties are not printed with its message.
  const message = location ? formatProblem(problem) : problem.message;
  if (level === 'error') core.error(message, properties);
  else if (level === 'warning') core.warning(message, properties);
  else core.notice(message, properties);
}

function flush(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()));
}
