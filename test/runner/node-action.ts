import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { applyFileCommands } from './command-effects.js';
import { CommandFiles } from './file-commands.js';
import type { ActionInstance, Frame, JobContext, StepOutcome, StepSession } from './job-context.js';
import { runProcess } from './process.js';
import { inputVariables, stepEnvironment } from './step-environment.js';

export interface NodeStage {
  /** `main`, `pre` or `post` of the action, relative to its folder. */
  readonly script: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** `env:` of the step. */
  readonly own: Readonly<Record<string, string>>;
}

/** Runs one stage of a node action in a process of its own, with the services that only actions can reach. */
export async function runNodeStage(
  job: JobContext,
  frame: Frame,
  instance: ActionInstance,
  stage: NodeStage,
  session: StepSession,
): Promise<StepOutcome> {
  const file = resolve(instance.action.folder, stage.script);
  if (!existsSync(file))
    throw new UserError(`File not found: '${file}', which ${instance.action.name} names in its action.yml`);
  const files = new CommandFiles(job.temp);
  const state = Object.entries(instance.state).map(([name, value]) => [`STATE_${name}`, value]);
  const environment = stepEnvironment(job, frame, stage.own, {
    ...inputVariables(stage.inputs),
    ...Object.fromEntries(state),
    ...job.serviceEnvironment,
    ...files.environment(),
  });
  for (const [name, value] of Object.entries(stage.inputs)) session.output.print(`with: ${name}=${value}`);
  for (const [name, value] of Object.entries(stage.own)) session.output.print(`env: ${name}=${value}`);
  session.output.print('##[endgroup]');
  const said = session.output.startProcess();
  const onLine = (line: string): void => session.output.line(line);
  const command = job.run.node;
  const result = await runProcess({
    command,
    args: [file],
    cwd: job.workspace,
    env: environment,
    onLine,
    signal: session.signal,
  });
  if (result.leftover !== undefined) job.leftovers.push(result.leftover);
  const written = files.collect();
  const sound = applyFileCommands(job, session, written);
  Object.assign(instance.state, said.state, Object.fromEntries(written.state));
  const succeeded = result.exitCode === 0 && sound && said.refused === undefined;
  return { outcome: succeeded ? 'success' : 'failure', outputs: { ...said.outputs, ...Object.fromEntries(written.outputs) } };
}
