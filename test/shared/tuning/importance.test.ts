import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import { MIN_TRIALS, paramImportance } from '../../../shared/tuning/importance.js';
import { SAMPLERS } from '../../../shared/tuning/propose.js';
import type { Trial } from '../../../shared/tuning/study.js';
import { space } from './spaces.js';

const SPACE = space({
  x: { low: 0, high: 1 },
  y: { low: 0, high: 1 },
  c: ['a', 'b', 'z'],
  d: { low: 0, high: 1, when: { c: 'a' } },
});

function trials(count: number, value: (params: Readonly<Record<string, unknown>>, random: Random) => number): Trial[] {
  const random = new Random(9);
  return Array.from({ length: count }, (_, index) => {
    const params = SAMPLERS.random.propose({ space: SPACE, seed: 4, better: 'lower', history: [] }, index + 1, 0)!;
    return {
      number: index + 1,
      params,
      state: 'finished' as const,
      value: value(params, random),
      seconds: 1,
      proposals: 1,
      round: 1,
      rows: 'r',
    };
  });
}

describe('importance', () => {
  it('finds the parameter that the value follows, also where best is in the middle', () => {
    const [first, second] = paramImportance(
      SPACE,
      trials(200, ({ x }) => (Number(x) - 0.5) ** 2),
    );
    expect(first?.name).toBe('x');
    expect(first!.share).toBeGreaterThan(0.6);
    expect(second!.share).toBeLessThan(0.1);
  });

  it('finds a choice', () => {
    const [first] = paramImportance(
      SPACE,
      trials(60, ({ c }, random) => (c === 'b' ? 5 : 0) + random.normal()),
    );
    expect(first?.name).toBe('c');
    expect(first!.share).toBeGreaterThan(0.4);
  });

  it('is about 0 for what does nothing', () => {
    for (const { share } of paramImportance(
      SPACE,
      trials(200, (_, random) => random.normal()),
    ))
      expect(share).toBeLessThan(0.06);
    for (const { share } of paramImportance(
      SPACE,
      trials(50, () => 1),
    ))
      expect(share).toBe(0);
  });

  it('says nothing of a few trials', () => {
    expect(
      paramImportance(
        SPACE,
        trials(MIN_TRIALS - 1, ({ x }) => Number(x)),
      ),
    ).toEqual([]);
    expect(
      paramImportance(
        SPACE,
        trials(MIN_TRIALS, ({ x }) => Number(x)),
      ),
    ).toHaveLength(4);
  });
});
