import { formatDuration } from '../../shared/core/format.js';
import type { Conclusion } from '../github/types.js';
import { displayWidth, fitWidth, plainText } from './display-width.js';
import type { LiveJob, LiveRun, LiveState, LiveStep } from './live-state.js';

export interface FrameOptions {
  readonly columns: number;
  /** Lines that the frame may have; none for a frame that stays. */
  readonly rows?: number;
  /** Whether the steps of jobs that need no attention are shown where there is room; true unless told. */
  readonly steps?: boolean;
  readonly now: number;
  readonly colors: boolean;
}

type Color = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const CODES: Readonly<Record<Color, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const SPINNER_MS = 80;
/** Times stand here, also in wider terminals, so that they stay near to what they belong to. */
const MAX_COLUMNS = 100;
const MAX_ERRORS = 3;

const MARKS: Readonly<Record<Conclusion, readonly [string, Color]>> = {
  success: ['✓', 'green'],
  failure: ['✗', 'red'],
  timed_out: ['✗', 'red'],
  cancelled: ['⊘', 'yellow'],
  skipped: ['–', 'dim'],
};

/** How much is told of jobs that need no attention: all, the steps of those that run or failed, or no steps. */
type Detail = 'all' | 'attention' | 'jobs';

/** The lines of the live view: runs, their jobs and steps, none wider than the terminal and not more than fit. */
export function renderFrame(state: LiveState, options: FrameOptions): string[] {
  const { rows, steps = true } = options;
  for (const detail of [...(steps ? (['all'] as const) : []), 'attention', 'jobs'] as const) {
    const lines = state.flatMap((run) => renderRun(run, options, detail));
    if (rows === undefined || lines.length <= rows) return lines;
  }
  return state.flatMap((run) => renderRun(run, options, 'jobs', true)).slice(0, rows);
}

interface Line {
  readonly indent: number;
  readonly mark: string;
  readonly text: string;
  readonly color?: Color;
  readonly markColor?: Color;
  readonly right?: string;
}

function renderRun(run: LiveRun, options: FrameOptions, detail: Detail, newestFirst = false): string[] {
  const [mark, markColor] = markOf(run.conclusion, options.now);
  const lines = [
    line(options, {
      indent: 0,
      mark,
      markColor,
      text: `${run.workflow} · ${run.title}`,
      color: 'bold',
      right: timeOf(run, options.now),
    }),
  ];
  // With more jobs than lines, those that run are worth more than those that are done.
  const jobs = newestFirst
    ? [...run.jobs].sort((a, b) => Number(a.conclusion !== undefined) - Number(b.conclusion !== undefined))
    : run.jobs;
  for (const job of jobs) lines.push(...renderJob(job, options, detail));
  if (run.error !== undefined) lines.push(...errorLines([run.error], 2, options));
  return lines;
}

function renderJob(job: LiveJob, options: FrameOptions, detail: Detail): string[] {
  const [mark, markColor] = markOf(job.conclusion, options.now);
  const skipped = job.conclusion === 'skipped';
  const right = skipped ? 'skipped' : timeOf(job, options.now);
  const lines = [line(options, { indent: 2, mark, markColor, text: job.name, right, ...(skipped ? { color: 'dim' } : {}) })];
  const attention = job.conclusion === undefined || job.conclusion === 'failure' || job.conclusion === 'cancelled';
  if (detail === 'all' || (detail === 'attention' && attention)) {
    for (const step of job.steps) lines.push(...renderStep(step, options));
  }
  if (job.conclusion !== 'success' && detail !== 'jobs') lines.push(...errorLines(job.errors, 6, options));
  return lines;
}

function renderStep(step: LiveStep, options: FrameOptions): string[] {
  const [mark, markColor] = markOf(step.conclusion, options.now);
  const running = step.conclusion === undefined;
  const skipped = step.conclusion === 'skipped';
  const right = skipped ? '' : timeOf(step, options.now);
  const lines = [line(options, { indent: 4, mark, markColor, text: step.name, right, ...(running ? {} : { color: 'dim' }) })];
  if (running && step.line !== undefined) lines.push(line(options, { indent: 6, mark: '', text: step.line, color: 'cyan' }));
  return lines;
}

function errorLines(errors: readonly string[], indent: number, options: FrameOptions): string[] {
  const texts = errors
    .flatMap((error) => error.split('\n'))
    .map(plainText)
    .filter((text) => text.trim() !== '');
  const shown = texts.slice(0, MAX_ERRORS).map((text) => line(options, { indent, mark: '', text, color: 'red' }));
  const more = texts.length - shown.length;
  return more > 0 ? [...shown, line(options, { indent, mark: '', text: `and ${more} more`, color: 'dim' })] : shown;
}

function markOf(conclusion: Conclusion | undefined, now: number): readonly [string, Color] {
  if (conclusion !== undefined) return MARKS[conclusion];
  return [SPINNER[Math.floor(now / SPINNER_MS) % SPINNER.length]!, 'yellow'];
}

function timeOf(timed: { readonly startedAt: number; readonly seconds?: number }, now: number): string {
  const seconds = timed.seconds ?? Math.max(0, now - timed.startedAt) / 1000;
  return timed.seconds === undefined && seconds < 1 ? '' : formatDuration(seconds);
}

/** One line: mark and text on the left, the time on the right. */
function line(options: FrameOptions, { indent, mark, text, color, markColor, right = '' }: Line): string {
  const width = Math.min(options.columns, MAX_COLUMNS) - 1;
  const lead = ' '.repeat(indent) + (mark === '' ? '  ' : `${mark} `);
  const room = width - displayWidth(lead) - (right === '' ? 0 : displayWidth(right) + 1);
  if (room < 4) return fitWidth(lead + text, Math.max(width, 0));
  const fitted = fitWidth(text, room);
  const gap = right === '' ? '' : ' '.repeat(room - displayWidth(fitted) + 1);
  const paint = (part: string, wanted: Color | undefined): string => {
    return options.colors && wanted && part !== '' ? `\u001b[${CODES[wanted]}m${part}\u001b[0m` : part;
  };
  const shownLead = mark === '' ? lead : `${' '.repeat(indent)}${paint(mark, markColor)} `;
  return `${shownLead}${paint(fitted, color)}${gap}${paint(right, 'dim')}`;
}

/** The mark of a conclusion, for plain lines. */
export function conclusionMark(conclusion: Conclusion): string {
  return MARKS[conclusion][0];
}
