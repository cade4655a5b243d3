import { describe, expect, test, vi } from 'vitest';
import { runTrials } from '../../actions/train/trial-pool.js';
import { runTrial, type TrialOutcome, type TrialWork } from '../../actions/train/trial-worker.js';
import { Random } from '../../shared/core/random.js';
import type { LabelledRows } from '../../shared/training/labelled.js';
import type { PlannedTrial } from '../../shared/tuning/round.js';

vi.setConfig({ testTimeout: 60_000 });

function rows(count: number, seed: number): LabelledRows {
  const random = new Random(seed);
  const x = Float64Array.from({ length: count }, () => random.normal());
  const colours = ['', 'red', 'green', 'blue'];
  const codes = Uint32Array.from({ length: count }, () => random.integer(4));
  const values = Int32Array.from(x, (value, row) => (random.uniform() < 1 / (1 + Math.exp(-2 * value - codes[row]!)) ? 1 : 0));
  return {
    table: {
      rows: count,
      columns: new Map([
        ['x', { type: 'number' as const, values: x }],
        ['colour', { type: 'string' as const, codes, dictionary: colours }],
      ]),
    },
    labels: { task: 'binary', classes: ['no', 'yes'], values },
    weights: Float64Array.from(x, () => 1 + random.uniform()),
  };
}

const work: TrialWork = {
  metric: 'log_loss',
  request: {
    ...{
      name: 'm',
      task: 'binary',
      algorithm: 'gbdt',
      params: { num_iterations: 10 },
      seed: 1,
      use: ['x', 'colour'],
      derive: undefined,
    },
    schema: [
      { name: 'x', type: 'number' },
      { name: 'colour', type: 'string' },
    ],
    train: rows(400, 1),
    validation: rows(200, 2),
  },
};

const trials: readonly PlannedTrial[] = [2, 3, 5, 8, 13].map((leaves, index) => ({
  number: index + 1,
  params: { num_leaves: leaves },
}));

async function run(threads: number, given = trials, more: Partial<Parameters<typeof runTrials>[2]> = {}) {
  const started: number[] = [];
  const outcomes = new Map<number, TrialOutcome>();
  await runTrials(work, given, {
    threads,
    onStart: ({ number }) => started.push(number),
    onEnd: ({ number }, outcome) => outcomes.set(number, outcome),
    ...more,
  });
  return { started, outcomes };
}

const resultOf = (outcome: TrialOutcome | undefined): number | string | undefined =>
  outcome && ('value' in outcome ? outcome.value : outcome.reason);

describe('trials on threads', () => {
  test('give what they give without threads, on any number of them', async () => {
    const expected: (number | string | undefined)[] = [];
    for (const trial of trials) expected.push(resultOf(await runTrial(work, trial)));
    expect(new Set(expected).size).toBe(trials.length);
    for (const threads of [1, 3]) {
      const { outcomes } = await run(threads);
      expect(trials.map(({ number }) => resultOf(outcomes.get(number)))).toEqual(expected);
    }
  });

  test('that fail say why, and the others go on', async () => {
    const { outcomes } = await run(2, [
      { number: 7, params: { num_leaves: 1 } },
      { number: 8, params: { leaves: 3 } },
      trials[0]!,
    ]);
    expect(resultOf(outcomes.get(7))).toMatch(/num_leaves: found 1, expected a whole number from 2/);
    expect(resultOf(outcomes.get(8))).toMatch(/unknown parameter "leaves"/);
    expect(resultOf(outcomes.get(1))).toBeTypeOf('number');
  });

  test('that are cancelled leave what has ended, and nothing hangs', async () => {
    const stop = new AbortController();
    const outcomes: number[] = [];
    const { started } = await run(1, trials, {
      signal: stop.signal,
      onEnd: ({ number }) => {
        outcomes.push(number);
        if (number === 2) stop.abort();
      },
    });
    expect(outcomes).toEqual([1, 2]);
    expect(started).toEqual([1, 2]);
    const before = new AbortController();
    before.abort();
    expect((await run(2, trials, { signal: before.signal })).started).toEqual([]);
  });

  test('end in the middle of one, when they are cancelled then', async () => {
    const stop = new AbortController();
    const long: PlannedTrial[] = [
      { number: 1, params: { num_iterations: 100_000, early_stopping_round: 0, learning_rate: 1e-6 } },
    ];
    setTimeout(() => stop.abort(), 3000);
    const { started, outcomes } = await run(1, long, { signal: stop.signal });
    expect(started).toEqual([1]);
    expect(outcomes.size).toBe(0);
  });

  test('begin no further one when it is enough', async () => {
    let ended = 0;
    const { started } = await run(1, trials, { enough: () => ended >= 3, onEnd: () => ended++ });
    expect(started).toEqual([1, 2, 3]);
  });
});

test('a trial is scored by weighted rows, as the model is judged', async () => {
  const { request } = work;
  const { table, labels } = request.validation;
  const heavy = Float64Array.from(labels.values, (value) => (value === 1 ? 1000 : 1));
  const flat = new Float64Array(table.rows).fill(1);
  const of = async (weights: Float64Array): Promise<number> => {
    const own: TrialWork = {
      metric: 'accuracy',
      request: { ...request, params: { num_iterations: 1, early_stopping_round: 0 }, validation: { table, labels, weights } },
    };
    const outcome = await runTrial(own, trials[0]!);
    if (!('value' in outcome)) throw new Error(outcome.reason);
    return outcome.value;
  };
  // One round says "yes" of nearly all rows, the likelier class.
  expect(await of(heavy)).toBeGreaterThan(0.99);
  expect(await of(flat)).toBeLessThan(0.9);
});
