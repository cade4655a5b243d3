import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationMs } from '../../../shared/core/duration.js';
import type { Health, HealthCheck, HealthWindow } from '../../../shared/monitoring/health.js';
import {
  ageText,
  decideRetraining,
  type RetrainingDecision,
  type RetrainingFacts,
  type RetrainingPlan,
  retrainingPlan,
} from '../../../shared/monitoring/retraining.js';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T04:17:00Z');
const before = (days: number): string => new Date(NOW - days * DAY).toISOString();
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

const plan = (changes: Partial<RetrainingPlan> = {}): RetrainingPlan => ({
  ...retrainingPlan({}),
  ...changes,
});

/** A model that has been live for ten days, with 10 % more rows now. */
const facts = (changes: Partial<RetrainingFacts> = {}): RetrainingFacts => ({
  model: 'churn',
  now: new Date(NOW).toISOString(),
  forced: false,
  live: { version: 'v1.2.0', digest: digest('a'), rows: 1000, data: digest('b') },
  data: { digest: digest('c'), rows: 1100 },
  lastTraining: { at: before(10), what: 'v1.2.0' },
  minutes: { used: 0, expected: 0 },
  ...changes,
});

const windowOf = (week: number, metrics: HealthWindow['metrics'], more: Partial<HealthWindow> = {}): HealthWindow => ({
  ...{
    from: `2026-05-${String(1 + 7 * week).padStart(2, '0')}T00:00:00Z`,
    to: `2026-05-${String(8 + 7 * week).padStart(2, '0')}T00:00:00Z`,
  },
  ...{ rows: 1000, sparse: false, labelled: 900, labelsComplete: true, metrics },
  ...more,
});
const check = (kind: HealthCheck['kind'], subject: string, state: HealthCheck['state']): HealthCheck => ({
  ...{ kind, subject, state, breaches: state === 'alarm' ? 2 : 0, detail: '' },
});
const health = (changes: Partial<Health> = {}): Health => ({
  ...{ format: 1, kind: 'health', model: 'churn', version: 'v1.2.0', digest: digest('a'), at: before(0), window: '7d' },
  ...{ windows: [], checks: [], healthy: true, drifted: [], notices: [] },
  ...changes,
});

const decide = (rules: Partial<RetrainingPlan> = {}, known: Partial<RetrainingFacts> = {}): RetrainingDecision =>
  decideRetraining(plan(rules), facts(known));

describe('what speaks for it', () => {
  test('nothing: each rule says why not', () => {
    expect(decide({ when: [{ drift: true }, { new_rows: 0.2 }] }, { health: health() })).toMatchObject({
      retrain: false,
      reasons: [
        'the last training (v1.2.0) was 10 days ago, and it is due every 30d',
        'no drift is in alarm',
        '1,100 rows, 10.0 % more than the 1,000 of v1.2.0 (new_rows: 20.0 %)',
      ],
    });
  });

  test.each([
    [29.99, false],
    [30, true],
    [400, true],
  ])('the time: %s days since the last training', (days, due) => {
    expect(decide({}, { lastTraining: { at: before(days), what: 'v1.2.0' } }).retrain).toBe(due);
  });

  test('drift that is in alarm, of the version that is live', () => {
    const drifting = health({
      checks: [
        check('input drift', 'usage', 'alarm'),
        check('input drift', 'plan', 'watch'),
        check('prediction drift', 'yes', 'alarm'),
        check('volume', 'rows', 'alarm'),
      ],
    });
    const when: RetrainingPlan['when'] = [{ drift: true }];
    expect(decide({ when }, { health: drifting })).toMatchObject({
      retrain: true,
      reasons: ['input drift of usage; prediction drift of yes'],
    });
    expect(decide({}, { health: drifting }).retrain).toBe(false);
    const watched = decide({ when }, { health: health({ checks: [check('input drift', 'plan', 'watch')] }) });
    expect(watched.reasons).toContain('drift of plan is not yet an alarm');
    expect(decide({ when }).reasons).toContain('nobody looked at the health of the live model, so drift cannot be told');
    expect(decide({ when }, { health: { ...drifting, version: 'v1.1.0', digest: digest('f') } }).reasons).toContain(
      'the health is that of v1.1.0, and v1.2.0 is live, so drift cannot be told',
    );
    const many = Array.from({ length: 9 }, (_, index) => check('input drift', `c${index}`, 'alarm'));
    expect(decide({ when }, { health: health({ checks: many }) }).reasons).toEqual([
      'input drift of c0, c1, c2, c3, c4 and 4 more',
    ]);
  });

  test('a metric whose whole interval is beyond the limit, or that is beyond it window after window', () => {
    const auc = (value: number, half?: number) => ({
      auc: { value, ...(half !== undefined && { low: value - half, high: value + half }) },
    });
    const below = (windows: readonly HealthWindow[], breaches = 2) =>
      decide({ when: [{ metric: 'auc', below: 0.68 }], breaches }, { health: health({ windows }) });
    expect(below([windowOf(0, auc(0.65, 0.02))])).toMatchObject({
      retrain: true,
      reasons: ['auc is 0.6500 (0.6300 to 0.6700) in the window 2026-05-01 to 2026-05-08, below 0.6800'],
    });
    const chance = below([windowOf(0, auc(0.7, 0.02)), windowOf(1, auc(0.67, 0.02))]);
    expect(chance.retrain).toBe(false);
    expect(chance.reasons[1]).toMatch(/, below 0\.6800, which may be chance$/);
    expect(below([windowOf(0, auc(0.67, 0.02)), windowOf(1, auc(0.67, 0.02))]).reasons[0]).toMatch(/the 2nd window in a row$/);
    expect(below([windowOf(0, auc(0.67)), windowOf(1, auc(0.67))], 3).retrain).toBe(false);
    // Windows that are sparse, or that still wait for labels, are passed over.
    expect(
      below([
        windowOf(0, auc(0.65, 0.02)),
        windowOf(1, auc(0.9), { sparse: true }),
        windowOf(2, auc(0.9), { labelsComplete: false }),
      ]).retrain,
    ).toBe(true);
    expect(below([windowOf(0, {})]).reasons).toContain('no window has enough labelled rows with auc, so auc cannot be told');
    const above = decide(
      { when: [{ metric: 'rmse', above: 5 }] },
      { health: health({ windows: [windowOf(0, { rmse: { value: 7, low: 6, high: 8 } })] }) },
    );
    expect(above.retrain).toBe(true);
  });

  test.each([
    [1199, false],
    [1200, true],
    [900, false],
  ])('new rows: %s where the live version had 1,000', (rows, enough) => {
    expect(decide({ when: [{ new_rows: 0.2 }] }, { data: { digest: digest('c'), rows } }).retrain).toBe(enough);
  });

  test('somebody who asks for it, and a model without any version', () => {
    expect(decide({}, { forced: true })).toMatchObject({ retrain: true, reasons: ['somebody asked for it (force)'] });
    const { live: _none, lastTraining: _never, ...first } = facts();
    expect(decideRetraining(plan(), first)).toMatchObject({ retrain: true, reasons: ['there is no version yet'] });
    const waiting = decideRetraining(plan({ every: '7d' }), {
      ...first,
      registered: 'v1.0.0',
      lastTraining: facts().lastTraining!,
    });
    expect(waiting.reasons).toEqual(['the last training (v1.2.0) was 10 days ago, and it is due every 7d']);
    expect(decideRetraining(plan(), { ...first, registered: 'v1.0.0' }).reasons).toContain(
      'no version is live, and v1.0.0 is there to be promoted',
    );
  });
});

describe('what speaks against it', () => {
  const due: Partial<RetrainingPlan> = { every: '7d' };

  test('the cool-down, unless it is forced', () => {
    const cooldown = '15d';
    expect(decide({ ...due, cooldown })).toMatchObject({
      retrain: false,
      reasons: [
        'the last training (v1.2.0) was 10 days ago, within the cool-down of 15d: 5 days left',
        'the last training (v1.2.0) was 10 days ago, and it is due every 7d',
      ],
    });
    expect(decide({ ...due, cooldown }, { forced: true }).retrain).toBe(true);
    expect(decide({ ...due, cooldown: '10d' }).retrain).toBe(true);
  });

  test('data that the live version, or a training that was judged, had already, unless it is forced', () => {
    const same = { data: { digest: digest('b'), rows: 1000 } };
    expect(decide(due, same).reasons[0]).toBe(
      'the 1,000 rows are those that v1.2.0 was made of: training again would give the same model',
    );
    const judged = { judged: { what: 'run 77', data: digest('c') } };
    expect(decide(due, judged).reasons[0]).toBe(
      'the 1,100 rows are those that run 77 had: training again would give the same model',
    );
    expect(decide(due, { ...same, forced: true }).retrain).toBe(true);
    expect(decide(due, { judged: { what: 'run 77', data: digest('d') } }).retrain).toBe(true);
  });

  test('the budget of the month, with what the next training takes, even when it is forced', () => {
    const spend = (used: number, expected: number, forced = false) =>
      decide({ ...due, budget_minutes: 60 }, { minutes: { used, expected }, forced });
    expect(spend(35, 25).retrain).toBe(true);
    expect(spend(35.5, 25)).toMatchObject({
      retrain: false,
      minutes: { used: 35.5, expected: 25, budget: 60 },
    });
    expect(spend(35.5, 25).reasons[0]).toBe(
      '35.5 of the 60 minutes of this month are used, and a training takes about 25 (retrain.budget_minutes)',
    );
    expect(spend(60, 0).retrain).toBe(false);
    expect(spend(60, 0, true).retrain).toBe(false);
    expect(decide({ ...due, budget_minutes: 0 }, { forced: true }).retrain).toBe(false);
  });

  test('another run that is at it, or that waits for an answer, even when it is forced', () => {
    const other = (waiting: boolean) => decide(due, { underway: { run: 12, waiting }, forced: true });
    expect(other(false)).toMatchObject({ retrain: false });
    expect(other(false).reasons[0]).toBe('run 12 of this workflow is training');
    expect(other(true).reasons[0]).toBe('a version waits for approval in run 12: approve or reject it there');
  });
});

describe('any decision', () => {
  const duration = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom('h', 'd', 'w'))
    .map(([count, unit]) => `${count}${unit}`);
  const plans: fc.Arbitrary<RetrainingPlan> = fc.record({
    every: duration,
    cooldown: duration,
    window: fc.constant('all'),
    promote: fc.constantFrom('auto', 'ask', 'never'),
    tune: fc.boolean(),
    breaches: fc.integer({ min: 1, max: 4 }),
    when: fc.array(
      fc.oneof(
        fc.constant({ drift: true } as const),
        fc.record({ metric: fc.constant('auc'), below: fc.double({ min: 0, max: 1, noNaN: true }) }),
        fc.record({ new_rows: fc.double({ min: 0, max: 2, noNaN: true }) }),
      ),
      { maxLength: 3 },
    ),
    budget_minutes: fc.integer({ min: 0, max: 100 }),
  });
  const letters = fc.constantFrom('b', 'c', 'd').map(digest);
  const known: fc.Arbitrary<RetrainingFacts> = fc
    .record({
      forced: fc.boolean(),
      isLive: fc.boolean(),
      rows: fc.integer({ min: 1, max: 3000 }),
      data: letters,
      age: fc.option(fc.double({ min: -1, max: 100, noNaN: true }), { nil: undefined }),
      judged: fc.option(letters, { nil: undefined }),
      underway: fc.option(fc.record({ run: fc.integer({ min: 1 }), waiting: fc.boolean() }), { nil: undefined }),
      used: fc.double({ min: 0, max: 120, noNaN: true }),
      expected: fc.double({ min: 0, max: 60, noNaN: true }),
      alarms: fc.array(fc.constantFrom('ok', 'watch', 'alarm'), { maxLength: 3 }),
      aucs: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
    })
    .map(({ isLive, rows, data, age, judged, underway, used, expected, alarms, aucs, forced }) => ({
      ...{
        model: 'churn',
        now: new Date(NOW).toISOString(),
        forced,
        data: { digest: data, rows },
        minutes: { used, expected },
      },
      ...(isLive && { live: { version: 'v1.2.0', digest: digest('a'), rows: 1000, data: digest('b') } }),
      ...(age !== undefined && { lastTraining: { at: before(age), what: 'run 5' } }),
      ...(judged !== undefined && { judged: { what: 'run 4', data: judged } }),
      ...(underway && { underway }),
      health: health({
        checks: alarms.map((state, index) => check('input drift', `c${index}`, state)),
        windows: aucs.map((value, index) => windowOf(index % 3, { auc: { value, low: value - 0.1, high: value + 0.1 } })),
      }),
    }));

  test('keeps the cool-down and the budget, gives a reason, and is the same for the same facts', () => {
    let yes = 0;
    fc.assert(
      fc.property(plans, known, (rules, given) => {
        const decision = decideRetraining(rules, given);
        expect(decision.reasons.length).toBeGreaterThan(0);
        expect(
          decision.reasons.every((reason) => reason !== '' && !reason.includes('\n') && !reason.includes('undefined')),
        ).toBe(true);
        expect(decideRetraining(structuredClone(rules), structuredClone(given))).toEqual(decision);
        if (!decision.retrain) return;
        yes++;
        expect(given.underway).toBeUndefined();
        expect(given.minutes.used + given.minutes.expected).toBeLessThanOrEqual(rules.budget_minutes!);
        if (given.forced) return;
        expect(given.data.digest === given.live?.data || given.data.digest === given.judged?.data).toBe(false);
        if (!given.lastTraining) return;
        expect(NOW - Date.parse(given.lastTraining.at)).toBeGreaterThanOrEqual(durationMs(rules.cooldown));
      }),
      { numRuns: 2000 },
    );
    // The property says nothing when hardly any decision is a yes.
    expect(yes).toBeGreaterThan(100);
  });

  test('of a person who asks is a yes where only what they may override stands against it', () => {
    fc.assert(
      fc.property(plans, known, (rules, given) => {
        const decision = decideRetraining(rules, { ...given, forced: true });
        const { used, expected } = given.minutes;
        const free = given.underway === undefined && used < rules.budget_minutes! && used + expected <= rules.budget_minutes!;
        expect(decision.retrain).toBe(free);
      }),
    );
  });
});

test.each([
  [0, 'less than a minute'],
  [60_000, '1 minute'],
  [3_599_999, '59 minutes'],
  [3_600_000, '1 hour'],
  [DAY - 1, '23 hours'],
  [DAY, '1 day'],
  [2000 * DAY, '2,000 days'],
])('%s milliseconds are %s', (milliseconds, text) => {
  expect(ageText(milliseconds)).toBe(text);
});

test('a spec without the section asks before anything goes live, and looks once a month', () => {
  expect(retrainingPlan({})).toEqual({
    ...{ every: '30d', when: [], window: 'all', promote: 'ask', cooldown: '3d', tune: false, breaches: 2 },
  });
  expect(retrainingPlan({ retrain: { promote: 'auto', budget_minutes: 90 }, monitor: { breaches: 3 } })).toMatchObject({
    ...{ promote: 'auto', budget_minutes: 90, breaches: 3, cooldown: '3d' },
  });
});
