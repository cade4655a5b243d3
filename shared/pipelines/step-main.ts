import { UserError } from '../core/errors.js';
import { runPipelineStep } from './step.js';

/** `dist/pipeline-step.js`: what the container of a step starts. */
export async function main(): Promise<void> {
  try {
    process.exitCode = await runPipelineStep(process.argv.slice(2), { env: process.env });
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = 1;
  }
}
