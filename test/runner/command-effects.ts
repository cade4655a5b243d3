import type { FileCommands } from './file-commands.js';
import type { JobContext, StepSession } from './job-context.js';

/**
 * Lets what a step wrote into its command files take effect on the job: environment, path, summary and annotations.
 * @returns false when a file was so wrong that the step fails.
 */
export function applyFileCommands(job: JobContext, session: StepSession, written: FileCommands): boolean {
  for (const [name, value] of written.env) job.environment.set(name, value);
  for (const path of written.paths) job.paths.unshift(path);
  if (written.summary !== '') session.summaries.push(job.masks.apply(written.summary));
  for (const problem of written.problems) session.output.annotate('error', problem.message);
  return !written.problems.some((problem) => problem.fatal);
}
