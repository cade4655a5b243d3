import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, fitWidth, plainText } from './display-width.js';
import { createLiveView } from './live.js';
import { renderFrame } from './live-frame.js';
import { applyUpdate, type LiveState } from './live-state.js';
import type { RunnerUpdate } from './result.js';

const NAME = 'Train the model with a name that is much too long for a narrow terminal 日本語 \u001b[31mred';

function updates(jobs: number): RunnerUpdate[] {
  const run = { run: 1, at: 1000 };
  return [
    { kind: 'run-started', ...run, number: 1, workflow: 'CI', event: 'push', title: 'push to main' },
    ...Array.from({ length: jobs }, (_, index): RunnerUpdate[] => {
      const job = { ...run, job: index + 1 };
      return [
        { kind: 'job-started', ...job, name: `judge ${index}` },
        { kind: 'step-started', ...job, step: 1, name: 'Run actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1' },
        { kind: 'step-finished', ...job, step: 1, name: 'x', conclusion: 'success', seconds: 0.1 },
        { kind: 'step-started', ...job, step: 2, name: NAME },
        { kind: 'log', ...job, step: 2, line: '##[group]round 3\t of 9' },
      ];
    }).flat(),
  ];
}

const stateOf = (list: readonly RunnerUpdate[]): LiveState => list.reduce<LiveState>(applyUpdate, []);

describe('the live view', () => {
  it('shows runs, jobs, steps and the newest line', () => {
    const frame = renderFrame(stateOf(updates(1)), { columns: 60, rows: 20, now: 4000, colors: false });
    const right = (left: string, time: string): string => left.padEnd(59 - time.length) + time;
    expect(frame).toEqual([
      right('⠋ CI · push to main', '3.0 s'),
      right('  ⠋ judge 0', '3.0 s'),
      right('    ✓ Run actions/checkout@3d3c42e', '100 ms'),
      '    ⠋ Train the model with a name that is much too l… 3.0 s',
      '        round 3   of 9',
    ]);
  });

  it('is never wider than the terminal, nor higher', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 12 }),
        (columns, rows, jobs) => {
          const frame = renderFrame(stateOf(updates(jobs)), { columns, rows, now: 9000, colors: true });
          expect(frame.length).toBeLessThanOrEqual(rows);
          for (const line of frame) expect(displayWidth(plainText(line))).toBeLessThan(Math.max(columns, 2));
        },
      ),
    );
  });

  it('cuts any text to its columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 20 }), (text, columns) => {
        expect(displayWidth(fitWidth(plainText(text), columns))).toBeLessThanOrEqual(columns);
      }),
    );
    expect(displayWidth('日本e\u0301👍🏽')).toBe(7);
  });

  it('writes plain lines where there is no terminal, and what a long step does', () => {
    const chunks: string[] = [];
    const view = createLiveView({ write: (chunk: string | Uint8Array) => Boolean(chunks.push(String(chunk))) });
    const at = { run: 1, job: 1 };
    const list: RunnerUpdate[] = [
      ...updates(1),
      { kind: 'log', ...at, step: 2, line: 'round 5', at: 7000 },
      { kind: 'log', ...at, step: 2, line: 'round 6', at: 7500 },
      { kind: 'step-finished', ...at, step: 2, name: 'x', conclusion: 'failure', seconds: 7 },
      {
        ...{ kind: 'job-finished', ...at, name: 'judge 0', conclusion: 'failure', seconds: 8, at: 9000 },
        annotations: [{ level: 'error', message: 'It broke' }],
      },
      { kind: 'job-finished', run: 1, job: -1, name: 'report', conclusion: 'skipped', seconds: 0, annotations: [], at: 9000 },
      { kind: 'run-finished', run: 1, workflow: 'CI', conclusion: 'failure', seconds: 9, at: 10_000 },
    ].map((update) => ({ at: 9000, ...update })) as RunnerUpdate[];
    for (const update of list) view(update);
    expect(
      chunks
        .join('')
        .split('\n')
        .map((line) => line.replace(plainText(NAME), 'Train')),
    ).toEqual([
      'CI: push to main',
      '  judge 0: started',
      '    ✓ judge 0 / Run actions/checkout@3d3c42e (100 ms)',
      '      judge 0 / Train: round 5',
      '    ✗ judge 0 / Train (7.0 s)',
      '  ✗ judge 0: failure (8.0 s)',
      '      It broke',
      '  – report: skipped',
      '✗ CI: failure (9.0 s)',
      '',
    ]);
  });

  it('redraws in place in a terminal, and leaves the last view there', () => {
    const chunks: string[] = [];
    const stream = {
      isTTY: true as const,
      columns: 60,
      rows: 20,
      write: (chunk: string | Uint8Array) => Boolean(chunks.push(String(chunk))),
    };
    const view = createLiveView(stream);
    for (const update of updates(1)) view(update);
    view({ kind: 'run-finished', run: 1, workflow: 'CI', conclusion: 'success', seconds: 9, at: 10_000 });
    expect(chunks).toHaveLength(2);
    expect(chunks[1]?.startsWith('\u001b[1A\r\u001b[2K✓ CI · push to main')).toBe(true);
    expect(chunks[1]?.endsWith('\u001b[0J')).toBe(true);
  });
});
