import type { Progress } from '../core/progress.js';
import { logLine } from './log.js';

/** Progress as lines of the step's log. */
export const logProgress: Progress = (line) => logLine(`  ${line}`);
