import * as core from '@actions/core';
import { logLine } from './log.js';

/** GitHub drops a step's whole summary above 1 MiB, with an error annotation. */
const SUMMARY_LIMIT_BYTES = 1024 * 1024;

/** Appends Markdown to the job summary. The only function that writes it. */
export async function writeSummary(markdown: string): Promise<void> {
  if (!process.env.GITHUB_STEP_SUMMARY) return;
  if (Buffer.byteLength(markdown) > SUMMARY_LIMIT_BYTES) {
    logLine('The job summary is left out: it is larger than the 1 MiB that GitHub shows.');
    return;
  }
  await core.summary.addRaw(markdown, true).write();
}
