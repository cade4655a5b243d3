import type { WriteStream } from 'node:tty';
import { formatDuration } from '../../shared/core/format.js';
import { fitWidth, plainText } from './display-width.js';
import { conclusionMark, renderFrame } from './live-frame.js';
import { applyUpdate, type LiveState } from './live-state.js';
import type { RunnerUpdate } from './result.js';

/** A place to write to; terminals say that they are one, and how large. */
export type LiveStream = Pick<NodeJS.WritableStream, 'write'> &
  Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows' | 'hasColors'>>;

const REDRAW_MS = 80;
/** A step that takes longer than this says what it does, and again after as long. */
const QUIET_MS = 5000;
const PLAIN_COLUMNS = 160;

export interface LiveOptions {
  /** What stays of a run: its steps (unless told), or its jobs alone, with the steps of those that failed. */
  readonly detail?: 'steps' | 'jobs';
}

/**
 * Shows runs while they run. In a terminal: jobs and steps in place, with times and the newest line of each step that runs; the
 * view stays when all runs have ended. Elsewhere: a line for each start and end.
 */
export function createLiveView(stream: LiveStream, { detail = 'steps' }: LiveOptions = {}): (update: RunnerUpdate) => void {
  return stream.isTTY ? terminalView(stream, detail) : plainView(stream, detail);
}

type Detail = NonNullable<LiveOptions['detail']>;

function terminalView(stream: LiveStream, detail: Detail): (update: RunnerUpdate) => void {
  let state: LiveState = [];
  let drawn: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const colors = (stream.hasColors?.() ?? false) && !process.env.NO_COLOR;

  const draw = (last: boolean): void => {
    const { columns = 80, rows = 24 } = stream;
    const room = last ? { steps: detail === 'steps' } : { rows: Math.max(rows - 1, 1) };
    const lines = renderFrame(state, { columns, now: Date.now(), colors, ...room });
    const up = drawn.length > 0 ? `\u001b[${drawn.length}A` : '';
    stream.write(`${up}\r${lines.map((text) => `\u001b[2K${text}\n`).join('')}\u001b[0J`);
    drawn = lines;
  };

  return (update) => {
    state = applyUpdate(state, update);
    if (state.length > 0 && state.every((run) => run.conclusion !== undefined)) {
      clearInterval(timer);
      timer = undefined;
      draw(true);
      state = [];
      drawn = [];
    } else if (timer === undefined && state.length > 0) {
      timer = setInterval(() => draw(false), REDRAW_MS);
      timer.unref();
      draw(false);
    }
  };
}

function plainView(stream: LiveStream, detail: Detail): (update: RunnerUpdate) => void {
  let state: LiveState = [];
  const spoken = new Map<string, number>();
  const say = (text: string): void => void stream.write(`${fitWidth(plainText(text), PLAIN_COLUMNS)}\n`);

  return (update) => {
    state = applyUpdate(state, update);
    const run = state.find(({ id }) => id === update.run);
    if (!run) return;
    if (update.kind === 'run-started') return say(`${run.workflow}: ${run.title}`);
    if (update.kind === 'run-finished') {
      say(`${conclusionMark(update.conclusion)} ${run.workflow}: ${update.conclusion} (${formatDuration(update.seconds)})`);
      if (update.error !== undefined) for (const text of update.error.split('\n')) say(`    ${text}`);
      state = state.filter(({ id }) => id !== update.run);
      return;
    }
    const job = run.jobs.find(({ id }) => id === update.job);
    if (!job) return;
    if (update.kind === 'job-started') return detail === 'jobs' ? undefined : say(`  ${job.name}: started`);
    if (update.kind === 'job-finished') {
      if (detail === 'jobs' && update.conclusion === 'skipped') return;
      const time = update.conclusion === 'skipped' ? '' : ` (${formatDuration(update.seconds)})`;
      say(`  ${conclusionMark(update.conclusion)} ${job.name}: ${update.conclusion}${time}`);
      if (update.conclusion !== 'success') for (const error of job.errors) say(`      ${error.replaceAll('\n', ' ')}`);
      return;
    }
    const step = job.steps.find(({ number }) => number === update.step);
    if (!step || detail === 'jobs') return;
    const key = `${update.job}/${update.step}`;
    if (update.kind === 'step-started') {
      spoken.set(key, update.at);
    } else if (update.kind === 'step-finished') {
      spoken.delete(key);
      const time = update.conclusion === 'skipped' ? 'skipped' : formatDuration(update.seconds);
      say(`    ${conclusionMark(update.conclusion)} ${job.name} / ${step.name} (${time})`);
    } else if (update.at - (spoken.get(key) ?? update.at) >= QUIET_MS && step.line !== undefined) {
      spoken.set(key, update.at);
      say(`      ${job.name} / ${step.name}: ${step.line}`);
    }
  };
}
