import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
});
afterEach(() => project.remove());

/** Trains with a spec of its own into a folder, and puts the spec of the judgement in place. */
async function trainTwo(
  judging: Readonly<Record<string, unknown>>,
  champion: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await project.write('mlops.yaml', spec(champion));
  await project.run('train', { output: 'champion' });
  await project.write('mlops.yaml', spec(judging));
  await project.run('train');
}

async function comparison(): Promise<Comparison> {
  return JSON.parse(await readFile(join(project.directory, '.mlops-actions/comparison.json'), 'utf8')) as Comparison;
}

const NARROW = { features: { use: ['plan'] } };

describe("metrics of the spec's own", () => {
  const cost = {
    sql: 'CASE WHEN label = 1 AND decision = 0 THEN 5 WHEN label = 0 AND decision = 1 THEN 1 ELSE 0 END',
    better: 'lower',
  };

  test('are the mean of an expression, with intervals, gates and the verdict', async () => {
    const custom = {
      cost,
      right: { sql: 'label = decision', better: 'higher' },
      brier_of_pro: { sql: "CASE WHEN plan = 'pro' THEN (label - prediction) ^ 2 END", better: 'lower' },
    };
    const evaluate = { bootstrap: 200, primary: 'cost', metrics: ['accuracy', 'brier'], custom };
    await trainTwo({ evaluate, gates: ['cost <= champion + 0.05', 'cost < 3'] }, NARROW);
    const outcome = await project.run('compare', { champion: 'champion' });
    const { verdict, metrics, gates, primary } = await comparison();
    const of = (name: string) => metrics.find((metric) => metric.name === name)!;
    expect([primary, metrics[0]!.name]).toEqual(['cost', 'cost']);
    expect(of('right').candidate).toBeCloseTo(of('accuracy').candidate!, 12);
    expect(of('right').champion).toBeCloseTo(of('accuracy').champion!, 12);
    expect(of('cost').interval!.low).toBeLessThan(of('cost').difference!);
    expect(of('brier_of_pro').candidate).toBeGreaterThan(0);
    expect(of('brier_of_pro').candidate).not.toBe(of('brier').candidate);
    expect(verdict).toBe('better');
    expect(gates.map(({ outcome: gate }) => gate)).toEqual(['pass', 'pass']);
    expect(outcome.summary).toContain('cost');
    const alone = await project.run('evaluate', { model: '.mlops-actions/bundle' });
    const written = JSON.parse(await readFile(alone.outputs['metrics-path']!, 'utf8')) as Record<string, number>;
    expect(written.cost).toBeCloseTo(of('cost').candidate!, 12);
    expect((await project.run('compare', { champion: 'none' })).outputs.verdict).toBe('first model');
  });

  test.each([
    ['amount > 1', 'there is no column "amount"'],
    ["'high'", 'evaluate.custom.cost: the expression is VARCHAR; a metric is the mean of a number'],
    ['1 / (usage - usage)', 'evaluate.custom.cost: the expression is infinite for'],
    ['sum(label)', 'sum() looks at many rows'],
    ['CAST(plan AS INTEGER)', 'evaluate.custom.cost: the expression fails on the data'],
  ])('an expression that cannot be one is refused at its line: %s', async (sql, message) => {
    await project.run('train');
    await project.write('mlops.yaml', spec({ evaluate: { custom: { cost: { ...cost, sql } } } }));
    const line = await project.complaint('evaluate', { model: '.mlops-actions/bundle' });
    expect(line).toContain(message);
    expect(line).toMatch(/^mlops\.yaml:\d+:\d+: /);
  });
});

describe('groups that must be treated alike', () => {
  /** The label hangs on usage, and the plan pro uses less. */
  const unequal = (id: number, random: { uniform(): number; normal(): number }) => {
    const plan = id % 2 === 0 ? 'pro' : 'basic';
    const usage = Math.round((random.normal() - (plan === 'pro' ? 1 : 0)) * 1000) / 1000;
    return [id, usage, plan, random.uniform() < 1 / (1 + Math.exp(3 * usage + 1.5)) ? 'yes' : 'no'];
  };
  const evaluate = { bootstrap: 300, protected: ['plan'], min_rows: 50 };

  test('are shown, and their differences have intervals and gates', async () => {
    await project.write('data.csv', customers({ rows: 1200, row: unequal }));
    const gates = ['demographic_parity_difference <= 0.9', 'equal_opportunity_difference <= 0.000001'];
    await trainTwo(
      { evaluate, gates: [...gates, 'calibration_difference <= champion + 0.5'] },
      { features: { use: ['plan'] } },
    );
    const outcome = await project.run('compare', { champion: 'champion' });
    const { fairness, metrics, gates: judged } = await comparison();
    const [{ column, groups }] = fairness! as [NonNullable<typeof fairness>[number]];
    expect([column, groups.map(({ name }) => name).sort()]).toEqual(['plan', ['basic', 'pro']]);
    const [basic, pro] = ['basic', 'pro'].map((name) => groups.find((group) => group.name === name)!);
    expect(pro!.candidate.selected! - basic!.candidate.selected!).toBeGreaterThan(0.1);
    const parity = metrics.find(({ name }) => name === 'demographic_parity_difference')!;
    expect(parity.better).toBe('lower');
    expect(parity.candidate).toBeCloseTo(Math.abs(pro!.candidate.selected! - basic!.candidate.selected!), 10);
    expect(parity.candidateInterval!.low).toBeGreaterThan(0);
    expect(parity.candidateInterval!.high).toBeGreaterThan(parity.candidate!);
    expect(judged.map(({ outcome: gate }) => gate)).toEqual(['pass', 'fail', 'pass']);
    expect(outcome.summary).toContain('of the positive, found');
    const alone = await project.run('evaluate', { model: '.mlops-actions/bundle' });
    expect(alone.summary).toContain('decided positive');
  });

  test('that are too small decide nothing, and a gate without columns is refused at its line', async () => {
    await trainTwo({ evaluate: { ...evaluate, min_rows: 500 }, gates: ['demographic_parity_difference <= 0.1'] });
    await project.run('compare', { champion: 'none' });
    const [gate] = (await comparison()).gates;
    expect(gate).toMatchObject({ outcome: 'inconclusive' });
    expect(gate!.note).toContain('no column of evaluate.protected has two groups that are large enough');
    await project.write('mlops.yaml', spec({ gates: ['demographic_parity_difference <= 0.1'] }));
    expect(await project.complaint('compare')).toMatch(
      /^mlops\.yaml:\d+:\d+: gate .* is between groups; name their columns in evaluate\.protected/,
    );
    await project.write('mlops.yaml', spec({ evaluate: { protected: ['sex'] } }));
    expect(await project.complaint('compare', { champion: 'none' })).toMatch(/^mlops\.yaml:\d+:\d+: there is no column "sex"/);
  });
});

describe('trainings with other seeds', () => {
  const lucky = { algorithm: 'gbdt', params: { num_iterations: 5, bagging_fraction: 0.3, bagging_freq: 1, num_leaves: 8 } };

  test('widen the intervals by the chance of training', async () => {
    await trainTwo({ train: lucky, evaluate: { bootstrap: 200 } }, { train: { ...lucky }, seed: 7 });
    await project.run('compare', { champion: 'champion' });
    const once = await comparison();
    expect(once.retraining).toBeUndefined();
    await project.write('mlops.yaml', spec({ train: lucky, evaluate: { bootstrap: 200, seeds: 4 } }));
    const outcome = await project.run('compare', { champion: 'champion' });
    const several = await comparison();
    expect(several.retraining!.trainings).toBe(4);
    const { spread, low, high } = several.retraining!.metrics.find(({ name }) => name === 'auc')!;
    expect(spread).toBeGreaterThan(0.001);
    expect(low).toBeLessThan(high);
    const [narrow, wide] = [once.metrics[0]!, several.metrics[0]!];
    expect(wide.difference).toBe(narrow.difference);
    const reach = wide.difference! - wide.interval!.low;
    // Student's t of three degrees of freedom, for both models.
    const noise = 3.18 * Math.SQRT2 * spread;
    expect(reach / Math.hypot(narrow.difference! - narrow.interval!.low, noise)).toBeCloseTo(1, 1);
    expect(outcome.summary).toContain('4 trainings with different seeds give a ROC AUC of');
    expect(outcome.summary).toContain('hold that chance too');
  });

  test('need the data that the candidate was trained on', async () => {
    await trainTwo({ train: lucky }, { train: lucky, seed: 7 });
    await project.write('data.csv', customers({ rows: 700 }));
    await project.write('mlops.yaml', spec({ train: lucky, evaluate: { seeds: 3 } }));
    await project.run('compare', { champion: 'champion' });
    expect((await comparison()).retraining).toBeUndefined();
    expect(project.log.join()).toContain('evaluate.seeds: not trained again, since the candidate was trained on other data');
  });
});

describe('weights', () => {
  test('of the data count in every metric', async () => {
    const weighted = (id: number, random: { uniform(): number; normal(): number }) => {
      const usage = Math.round(random.normal() * 1000) / 100;
      const isSure = id % 2 === 0;
      const churned = (isSure ? usage < 0 : random.uniform() < 0.5) ? 'yes' : 'no';
      return [id, usage, isSure ? 9 : 1, churned];
    };
    await project.write('data.csv', customers({ header: 'id,usage,importance,churned', row: weighted }));
    const metrics = async (data: Readonly<Record<string, unknown>>) => {
      await project.write('mlops.yaml', spec({ data: { path: 'data.csv', key: 'id', ...data }, features: { use: ['usage'] } }));
      const outcome = await project.run('evaluate', { model: '.mlops-actions/bundle' });
      return JSON.parse(await readFile(outcome.outputs['metrics-path']!, 'utf8')) as Record<string, number>;
    };
    await project.write('mlops.yaml', spec({ features: { use: ['usage'] } }));
    await project.run('train');
    const alike = await metrics({});
    const weights = await metrics({ weight: 'importance' });
    // Half of the rows are certain and half are coin tosses; nine to one they are.
    expect(alike.accuracy).toBeCloseTo(0.75, 0);
    expect(weights.accuracy! - alike.accuracy!).toBeGreaterThan(0.1);
    expect(weights.auc! - alike.auc!).toBeGreaterThan(0.1);
  });
});
