import type { Simulation } from './result.js';
import { runCases } from './workers.js';

/** What is claimed of verdicts, gates and intervals, over predictions of real models. */
export const verdict: Simulation = (options) => runCases(new URL('verdict-cases.ts', import.meta.url), options);
