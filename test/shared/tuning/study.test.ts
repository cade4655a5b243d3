import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import { packsOf, planRound, type StudyPlan, trialsOfStudy } from '../../../shared/tuning/round.js';
import type { ParamSet } from '../../../shared/tuning/space.js';
import { MOST_PROPOSALS, ranked, sameRows, studyId, type Trial, trialsOf } from '../../../shared/tuning/study.js';
import {
  eventLine,
  mergedLine,
  mergeLogs,
  readLog,
  type StudyEvent,
  type TrialEvent,
} from '../../../shared/tuning/study-log.js';
import { MIXED, SMALL, space } from './spaces.js';

const STUDY = 'default-0123456789ab';
let clock = 0;

function event(
  told: TrialEvent,
  place: Partial<Pick<StudyEvent, 'run' | 'attempt' | 'round' | 'job' | 'at'>> = {},
): StudyEvent {
  const at = new Date(Date.UTC(2026, 0, 1) + clock++ * 1000).toISOString();
  return { v: 1, study: STUDY, run: 1, attempt: 1, round: 1, job: 1, at, ...place, ...told };
}

const SPACE = space({ n_leaves: { low: 2, high: 255, log: true }, rate: { low: 0.01, high: 1, log: true } });
const plan = (changes: Partial<StudyPlan> = {}): StudyPlan => ({
  ...{ space: SPACE, sampler: 'random', better: 'higher', seed: 42, trials: 20, rounds: 2 },
  ...changes,
});

/** A deterministic stand-in for training: what a trial gives depends on its params alone. */
function outcome(trial: number, params: ParamSet): TrialEvent {
  const rate = Number(params.rate);
  if (rate > 0.9) return { event: 'failed', trial, params, reason: 'diverged', seconds: 1 };
  return { event: 'finished', trial, params, value: -Math.abs(rate - 0.1), seconds: 2, rows: 'r' };
}

/** The log of one job that runs a pack; a killed one stops in the middle of a line. */
function runJob(
  trials: readonly { number: number; params: ParamSet }[],
  place: { run: number; attempt: number; round: number; job: number },
  killAfter = Number.POSITIVE_INFINITY,
): string {
  const lines: string[] = [];
  for (const { number, params } of trials) {
    lines.push(eventLine(event({ event: 'started', trial: number, params }, place)));
    lines.push(eventLine(event(outcome(number, params), place)));
  }
  const text = lines.join('');
  return killAfter >= lines.length ? text : lines.slice(0, killAfter).join('') + (lines[killAfter] ?? '').slice(0, 25);
}

interface Simulation {
  readonly logs: readonly string[];
  /** Numbers of trials that some job finished, as the jobs themselves know it. */
  readonly ended: ReadonlySet<number>;
  readonly trials: readonly Trial[];
}

/** A whole study in rounds over jobs, of which `kill` picks some; whether a killed job's log survives is chance as well. */
function simulate(kill: (random: Random) => boolean, seed: number, rounds: number, runs: number, study = plan()): Simulation {
  const random = new Random(seed);
  const logs: string[] = [];
  const ended = new Set<number>();
  const state = (): readonly Trial[] => trialsOf(logs.flatMap((log) => readLog(log, STUDY).events));
  for (let run = 1; run <= runs; run++) {
    for (let round = 1; round <= rounds; round++) {
      const known = state();
      const next = planRound({ ...study, rounds }, round, known, Number.POSITIVE_INFINITY);
      const at = { run, attempt: 1, round };
      logs.push(
        next.trials
          .map(({ number, params }) => eventLine(event({ event: 'proposed', trial: number, params }, { ...at, job: 0 })))
          .join(''),
      );
      for (const [index, pack] of packsOf(next.trials, 4).entries()) {
        const place = { ...at, job: index + 1 };
        if (!kill(random)) logs.push(runJob(pack, place));
        else if (random.uniform() < 0.5) logs.push(runJob(pack, place, random.integer(2 * pack.length)));
      }
    }
  }
  for (const log of logs) {
    for (const one of readLog(log, STUDY).events) if (one.event === 'finished' || one.event === 'failed') ended.add(one.trial);
  }
  return { logs, ended, trials: state() };
}

const results = (trials: readonly Trial[]) =>
  trials.map(({ number, params, state, value, reason }) => ({ number, params, state, value, reason }));

describe('the log', () => {
  it('gives back what was written, and says which other studies it holds', () => {
    const events = [event({ event: 'proposed', trial: 1, params: { a: 1 } }), event(outcome(1, { rate: 0.5 }))];
    const other = eventLine({ ...events[0]!, study: 'default-ffffffffffff' });
    const text = mergedLine([7, 8]) + events.map(eventLine).join('') + other;
    expect(readLog(text, STUDY)).toEqual({ events, others: ['default-ffffffffffff'], merged: [7, 8] });
  });

  it('survives any text: torn lines and what others wrote are left out', () => {
    const good = eventLine(event(outcome(1, { rate: 0.2 })));
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.json(),
            fc.nat(good.length - 2).map((end) => good.slice(0, end)),
          ),
        ),
        (lines) => {
          const { events } = readLog(`${lines.join('\n')}\n${good}`, STUDY);
          expect(events).toHaveLength(1);
        },
      ),
    );
  });

  it('knows no values that are not numbers', () => {
    const line = eventLine(event(outcome(1, { rate: 0.2 })));
    for (const value of ['null', '"0.9"', '1e999', '[]']) {
      expect(readLog(line.replace(/"value":[^,]+/, `"value":${value}`), STUDY).events, value).toEqual([]);
    }
  });
});

describe('merging', () => {
  const { logs } = simulate((random) => random.uniform() < 0.2, 5, 2, 1);
  const whole = logs.map((log) => readLog(log, STUDY).events);
  const expected = results(trialsOf(whole.flat()));

  it('does not depend on the order of files and lines, nor on how often they come', () => {
    const lines = whole.flat();
    expect(lines.length).toBeGreaterThan(40);
    const shuffled = fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length });
    fc.assert(
      fc.property(shuffled, fc.subarray(lines), fc.integer({ min: 1, max: 9 }), (order, twice, cuts) => {
        const all = [...order, ...twice];
        const size = Math.ceil(all.length / cuts);
        const files = Array.from({ length: cuts }, (_, index) => all.slice(index * size, (index + 1) * size));
        expect(mergeLogs(files)).toEqual(mergeLogs([lines]));
        expect(results(trialsOf(all))).toEqual(expected);
        expect(mergeLogs([mergeLogs(files), mergeLogs(files.slice(1))])).toEqual(mergeLogs(files));
      }),
    );
  });

  it('counts a trial that ran twice once, whichever attempt is read first', () => {
    const params = { rate: 0.2 };
    const first = event({ event: 'finished', trial: 3, params, value: 0.7, seconds: 1, rows: 'r' }, { attempt: 1 });
    const again = event({ event: 'finished', trial: 3, params, value: 0.7, seconds: 1, rows: 'r' }, { attempt: 2 });
    for (const order of [
      [first, again],
      [again, first],
    ])
      expect(trialsOf(order)).toMatchObject([{ number: 3, value: 0.7, state: 'finished' }]);
  });

  it('takes a result over a failure, and the earlier of two results', () => {
    const params = { rate: 0.2 };
    const failed = event({ event: 'failed', trial: 1, params, reason: 'out of memory', seconds: 1 });
    const early = event({ event: 'finished', trial: 1, params, value: 0.5, seconds: 1, rows: 'r' });
    const late = event({ event: 'finished', trial: 1, params, value: 0.6, seconds: 1, rows: 'r' });
    for (const order of [
      [failed, early, late],
      [late, early, failed],
    ])
      expect(trialsOf(order)[0]).toMatchObject({ state: 'finished', value: 0.5 });
  });

  it('keeps both of two trials to which one number was given', () => {
    const one = event(outcome(1, { rate: 0.2 }));
    const other = event(outcome(1, { rate: 0.3 }), { run: 2 });
    expect(trialsOf([one, other])).toHaveLength(2);
    expect(results(trialsOf([other, one]))).toEqual(results(trialsOf([one, other])));
  });

  it('gives up on a trial whose jobs always die', () => {
    const proposals = Array.from({ length: MOST_PROPOSALS }, (_, round) =>
      event({ event: 'proposed', trial: 1, params: { rate: 0.2 } }, { round: round + 1 }),
    );
    expect(trialsOf(proposals.slice(1))[0]?.state).toBe('open');
    expect(trialsOf(proposals)[0]).toMatchObject({ state: 'failed', reason: '3 jobs ended before the trial had a result' });
  });
});

describe('killing 20 % of the jobs at random moments', () => {
  it.each(Array.from({ length: 10 }, (_, seed) => seed))('seed %i: no finished trial is lost, none counts twice', (seed) => {
    const { trials, ended, logs } = simulate((random) => random.uniform() < 0.2, seed, 4, 3);
    const settled = trials.filter(({ state }) => state !== 'open').map(({ number }) => number);
    expect(new Set(settled).size).toBe(settled.length);
    expect(settled).toEqual(expect.arrayContaining([...ended]));
    // What was lost came again under its number and with its params: the study ends as if nobody had been killed, but for
    // trials whose jobs died so often that they were given up. None of those had ever ended.
    const calm = simulate(() => false, seed, 4, 1);
    const givenUp = trials.filter(({ reason }) => reason?.endsWith('jobs ended before the trial had a result'));
    for (const { number, proposals } of givenUp) {
      expect(ended.has(number)).toBe(false);
      expect(proposals).toBeGreaterThanOrEqual(MOST_PROPOSALS);
    }
    const isKept = ({ number }: { readonly number: number }): boolean => givenUp.every((trial) => trial.number !== number);
    expect(results(trials.filter(isKept))).toEqual(results(calm.trials.filter(isKept)));
    expect(givenUp.length).toBeLessThanOrEqual(1);
    expect(trials.map(({ number, params }) => ({ number, params }))).toEqual(
      calm.trials.map(({ number, params }) => ({ number, params })),
    );
    expect(trials.filter(({ state }) => state === 'open')).toEqual([]);
    expect(trials).toHaveLength(20);
    // Losing the logs of finished jobs loses their trials, and nothing else: another run makes them good.
    const rest = logs.filter((_, index) => index % 3 !== 1);
    const partial = trialsOf(rest.flatMap((log) => readLog(log, STUDY).events));
    for (const trial of partial.filter(({ value }) => value !== undefined)) {
      expect(trials.find(({ number }) => number === trial.number)?.value).toBe(trial.value);
    }
  });

  it('happens in these simulations', () => {
    const killed = Array.from({ length: 10 }, (_, seed) => {
      let count = 0;
      simulate((random) => random.uniform() < 0.2 && ++count > 0, seed, 4, 3);
      return count;
    });
    expect(killed.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(15);
  });
});

describe('a round', () => {
  const known = (count: number): readonly Trial[] =>
    trialsOf(
      planRound(plan({ trials: count, rounds: 1 }), 1, [], 1000).trials.map(({ number, params }) =>
        event(outcome(number, params)),
      ),
    );

  it('takes an even share of the trials that are left', () => {
    expect(planRound(plan(), 1, [], 1000).trials.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(planRound(plan(), 2, known(10), 1000).trials.map(({ number }) => number)).toEqual([
      11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ]);
    expect(planRound(plan(), 1, known(19), 1000).trials).toHaveLength(1);
    expect(planRound(plan(), 1, [], 3).trials).toHaveLength(3);
  });

  it('is empty when the trials, the budget or the space are used up, and beyond the last one', () => {
    expect(planRound(plan(), 2, known(20), 1000)).toMatchObject({
      trials: [],
      done: true,
      reason: 'all 20 trials have a result',
    });
    const late = planRound(plan({ budgetSeconds: 15 }), 2, known(10), 1000);
    expect(late).toMatchObject({ trials: [], done: true, reason: 'the budget of 0.25 minutes is used up' });
    expect(planRound(plan(), 3, known(10), 1000)).toMatchObject({ trials: [], done: false });
    const small = plan({ space: SMALL, trials: 50, rounds: 1 });
    const all = planRound(small, 1, [], 1000).trials;
    expect(all).toHaveLength(10);
    const finished = trialsOf(
      all.map(({ number, params }) => event({ event: 'finished', trial: number, params, value: 1, seconds: 1, rows: 'r' })),
    );
    expect(planRound(small, 1, finished, 1000)).toMatchObject({
      trials: [],
      done: true,
      reason: 'every point of the space has been tried',
    });
  });

  it('begins with the trials whose jobs died', () => {
    const first = planRound(plan(), 1, [], 1000).trials;
    const open = trialsOf(
      first.flatMap(({ number, params }) =>
        number % 5 === 0 ? [event({ event: 'proposed', trial: number, params })] : [event(outcome(number, params))],
      ),
    );
    const next = planRound(plan(), 2, open, 1000);
    expect(next.reopened).toBe(2);
    expect(next.trials.slice(0, 2)).toEqual([first[4], first[9]]);
    expect(next.trials.map(({ number }) => number)).toEqual([5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  it('never has more trials than the study', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('random', 'sobol' as const),
        (trials, rounds, sampler) => {
          let events: StudyEvent[] = [];
          for (let round = 1; round <= rounds; round++) {
            const next = planRound(plan({ trials, rounds, sampler }), round, trialsOf(events), 1000);
            events = [...events, ...next.trials.map(({ number, params }) => event(outcome(number, params)))];
          }
          expect(trialsOf(events).map(({ number }) => number)).toEqual(Array.from({ length: trials }, (_, index) => index + 1));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is dealt out to the jobs evenly, without an empty one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 256 }), (items, jobs) => {
        const packs = packsOf(items, jobs);
        expect(packs).toHaveLength(Math.min(jobs, items.length));
        expect(packs.flat().sort()).toEqual([...items].sort());
        const sizes = packs.map((pack) => pack.length);
        if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('a grid has as many trials as points, unless it is told fewer', () => {
    expect(trialsOfStudy(undefined, 'grid', SMALL, 1)).toBe(10);
    expect(trialsOfStudy(4, 'grid', SMALL, 1)).toBe(4);
    expect(trialsOfStudy(undefined, 'tpe', MIXED, 1)).toBe(40);
  });
});

describe('the best', () => {
  const finished = (number: number, value: number, rows = 'r'): StudyEvent =>
    event({ event: 'finished', trial: number, params: { number }, value, seconds: 1, rows });

  it('is the highest or the lowest value, of equal ones the first', () => {
    const trials = trialsOf([finished(1, 0.5), finished(2, 0.7), finished(3, 0.7), finished(4, 0.1)]);
    expect(ranked(trials, 'higher').map(({ number }) => number)).toEqual([2, 3, 1, 4]);
    expect(ranked(trials, 'lower').map(({ number }) => number)).toEqual([4, 1, 2, 3]);
  });

  it('is sought among trials of the same rows only', () => {
    const trials = trialsOf([
      finished(1, 0.9, 'old'),
      finished(2, 0.5),
      finished(3, 0.6),
      event({ event: 'failed', trial: 4, params: { number: 4 }, reason: 'x', seconds: 1 }),
    ]);
    const { trials: kept, others } = sameRows(trials);
    expect(kept.map(({ number }) => number)).toEqual([2, 3, 4]);
    expect(others).toBe(1);
  });
});

describe('studyId', () => {
  it('is another one for other content, and the same for the same content in another order', () => {
    expect(studyId('a', { x: 1, y: 2 })).toBe(studyId('a', { y: 2, x: 1 }));
    expect(studyId('a', { x: 1 })).not.toBe(studyId('a', { x: 2 }));
    expect(studyId('a', { x: 1 })).toMatch(/^a-[0-9a-f]{12}$/);
  });
});
