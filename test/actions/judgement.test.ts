import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Random } from '../../shared/core/random.js';
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

describe("a command that measures a metric of the spec's own", () => {
  /** The share of right decisions, from the file that it gets; what it has seen goes into a line of the log. */
  const MEASURE = `
import { readFileSync, writeFileSync } from 'node:fs';
const { MLOPS_ROWS, MLOPS_RESULT, MLOPS_METRIC, MLOPS_COLUMNS, MLOPS_WEIGHT, MLOPS_CLASSES, MLOPS_SCORES } = process.env;
const [head, ...lines] = readFileSync(MLOPS_ROWS, 'utf8').trim().split('\\n').map((line) => line.split(','));
const of = (name) => lines.map((cells) => cells[head.indexOf(name)]);
const [label, decision] = [of('label'), of('decision')];
const right = label.filter((value, at) => Number(value) === Number(decision[at])).length;
console.log('seen ' + JSON.stringify([MLOPS_METRIC, head, MLOPS_COLUMNS, MLOPS_WEIGHT, MLOPS_CLASSES, MLOPS_SCORES, lines.length]));
console.log('secrets ' + JSON.stringify(Object.keys(process.env).filter((name) => /^(INPUT_|ACTIONS_|GITHUB_TOKEN)/.test(name))));
console.log('token ' + process.env.SOME_TOKEN);
writeFileSync(MLOPS_RESULT, String(right / lines.length) + '\\n');
`;
  const own = { command: 'node measure.mjs', better: 'higher', format: 'csv' };

  test('is run once a model on the same rows; its number is shown without an interval, and a gate may ask for a value', async () => {
    await project.write('measure.mjs', MEASURE);
    const evaluate = { bootstrap: 200, metrics: ['auc', 'accuracy'], custom: { own_share: own } };
    await trainTwo({ evaluate, gates: ['own_share >= 0.6', 'own_share > 0.99'] }, NARROW);
    vi.stubEnv('INPUT_GITHUB-TOKEN', 'ghs_secret');
    vi.stubEnv('SOME_TOKEN', 'a-secret-word');
    const outcome = await project.run('compare', { champion: 'champion' }).finally(() => vi.unstubAllEnvs());
    const { metrics, gates, rows } = await comparison();
    const of = (name: string) => metrics.find((metric) => metric.name === name)!;
    const share = of('own_share');
    expect(share.candidate).toBeCloseTo(of('accuracy').candidate!, 12);
    expect(share.champion).toBeCloseTo(of('accuracy').champion!, 12);
    expect(share.difference).toBeCloseTo(of('accuracy').difference!, 12);
    expect(Object.keys(share).sort()).toEqual(['better', 'candidate', 'champion', 'difference', 'name', 'note']);
    expect(share.note).toBe('no interval: one number of a command');
    expect(gates.map(({ outcome: gate, value }) => [gate, value])).toEqual([
      ['pass', share.candidate],
      ['fail', share.candidate],
    ]);
    expect(outcome.failure).toBe('1 of 2 gates does not pass: own_share > 0.99.');
    expect(outcome.summary).toContain('own_share: no interval: one number of a command');
    expect(await readFile(outcome.outputs['report-path']!, 'utf8')).toContain('no interval: one number of a command');
    const seen = project.log.filter((line) => line.startsWith('seen '));
    const head = ['label', 'prediction', 'decision', 'usage', 'plan'];
    const expected = ['own_share', head, '["usage","plan"]', '', '["no","yes"]', '[]', rows.used];
    expect(seen.map((line) => JSON.parse(line.slice(5)) as unknown)).toEqual([expected, expected]);
    expect(project.log.filter((line) => line.startsWith('secrets '))).toEqual(['secrets []', 'secrets []']);
    expect(project.log.filter((line) => line.startsWith('token '))).toEqual(['token ***', 'token ***']);
    expect(existsSync(join(project.directory, '.mlops-actions/metric'))).toBe(false);

    const columns = ['id', 'plan'];
    await project.write('mlops.yaml', spec({ evaluate: { ...evaluate, custom: { own_share: { ...own, columns } } } }));
    for (const _ of [1, 2]) {
      const alone = await project.run('evaluate', { model: '.mlops-actions/bundle', cache: 'true' });
      const written = JSON.parse(await readFile(alone.outputs['metrics-path']!, 'utf8')) as Record<string, number>;
      expect(written.own_share).toBe(share.candidate);
      // A program may read whatever it likes, so it is asked again.
      expect(alone.outputs.cached).toBe('false');
      expect(alone.summary).toContain('no interval: one number of a command');
    }
    const last = JSON.parse(project.log.findLast((line) => line.startsWith('seen '))!.slice(5)) as unknown[];
    expect(last[1]).toEqual(['label', 'prediction', 'decision', 'id', 'plan']);
  });

  test('that leaves no number is refused at its line', async () => {
    const row = (id: number, random: { normal(): number }) => {
      const usage = Math.round(random.normal() * 1000) / 1000;
      return [id, usage, 'pro', usage + random.normal() < 0 ? 'yes' : 'no', 7, 1 + (id % 3)];
    };
    await project.write('data.csv', customers({ header: 'id,usage,plan,churned,Label,importance', row }));
    await project.write('measure.mjs', MEASURE);
    const weighted = { data: { path: 'data.csv', key: 'id', weight: 'importance' }, features: { use: ['usage'] } };
    await project.write('mlops.yaml', spec({ ...weighted, evaluate: { custom: { own_share: own } } }));
    await project.run('train');
    await project.run('evaluate', { model: '.mlops-actions/bundle' });
    const seen = JSON.parse(project.log.find((line) => line.startsWith('seen '))!.slice(5)) as unknown[];
    expect(seen.slice(1, 4)).toEqual([
      ['label', 'prediction', 'decision', 'usage', 'importance'],
      '["usage","importance"]',
      'importance',
    ]);
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ command: 'echo about to fail; exit 3' }, 'ended with exit status 3 after'],
      [{ command: 'echo about to fail; exit 3' }, 'its last lines: about to fail'],
      [
        { command: 'echo 0.5' },
        'ended well but left no number: write one finite number into the file that the variable MLOPS_RESULT',
      ],
      [{ command: 'true > "$MLOPS_RESULT"' }, 'ended well but left no number'],
      [{ command: 'echo nan > "$MLOPS_RESULT"' }, 'left "nan": write one finite number'],
      [{ command: 'echo 1e999 > "$MLOPS_RESULT"' }, 'left "1e999": write one finite number'],
      [{ command: 'echo 1 2 > "$MLOPS_RESULT"' }, 'left "1 2": write one finite number'],
      [{ command: 'head -c 2000 /dev/zero > "$MLOPS_RESULT"' }, 'left 2000 bytes where one number is expected'],
      [{ command: 'ln -s "$MLOPS_ROWS" "$MLOPS_RESULT"' }, 'left something that is no regular file'],
      [
        { command: 'sleep 60', timeout: '200ms' },
        'took longer than evaluate.custom.own_share.timeout (200ms) and has been ended',
      ],
      [{ columns: ['usage', 'amount'] }, 'there is no column "amount"'],
      [{ columns: ['usage', 'Label'] }, 'evaluate.custom.own_share.columns: "Label" would hide the column of that name'],
    ];
    for (const [change, message] of cases) {
      await project.write('mlops.yaml', spec({ ...weighted, evaluate: { custom: { own_share: { ...own, ...change } } } }));
      const line = await project.complaint('evaluate', { model: '.mlops-actions/bundle' });
      expect(line).toContain(message);
      expect(line).toMatch(/^mlops\.yaml:\d+:\d+: /);
      expect(line).not.toContain('\n');
    }
  });

  test('gets the probability of every class where there are more than two, as Parquet', async () => {
    const row = (id: number, random: { normal(): number }) => {
      const usage = Math.round(random.normal() * 1000) / 1000;
      return [id, usage, id % 5 === 0 ? '' : 'pro', usage < -0.4 ? 'low' : usage < 0.4 ? 'mid' : 'high'];
    };
    await project.write('data.csv', customers({ row }));
    await project.write(
      'measure.mjs',
      `
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
const { DuckDBInstance } = createRequire(${JSON.stringify(import.meta.url)})('@duckdb/node-api');
const connection = await (await DuckDBInstance.create()).connect();

console.log('scores ' + process.env.MLOPS_SCORES + process.env.MLOPS_CLASSES);
const sql = \`SELECT -avg(ln(CASE label WHEN 'high' THEN score_high WHEN 'low' THEN score_low ELSE score_mid END)) FROM '\${process.env.MLOPS_ROWS}' WHERE plan IS NOT NULL\`;
const [[value]] = (await connection.runAndReadAll(sql)).getRows();
writeFileSync(process.env.MLOPS_RESULT, String(value));
`,
    );
    const custom = { own_loss: { command: 'node measure.mjs', better: 'lower' } };
    await project.write('mlops.yaml', spec({ task: 'multiclass', evaluate: { bootstrap: 200, custom } }));
    await project.run('train');
    const outcome = await project.run('evaluate', { model: '.mlops-actions/bundle' });
    const metrics = JSON.parse(await readFile(outcome.outputs['metrics-path']!, 'utf8')) as Record<string, number>;
    expect(metrics.own_loss).toBeCloseTo(metrics.log_loss!, 6);
    expect(project.log).toContain('scores ["score_high","score_low","score_mid"]["high","low","mid"]');
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

describe('classes', () => {
  test('are counted in both models: the confusion matrix of two', async () => {
    await trainTwo({}, NARROW);
    const outcome = await project.run('compare', { champion: 'champion' });
    const { classes, metrics, rows } = await comparison();
    const of = (name: string) => metrics.find((metric) => metric.name === name)!;
    expect(classes!.map(({ name }) => name)).toEqual(['no', 'yes']);
    const [no, yes] = classes as [NonNullable<typeof classes>[number], NonNullable<typeof classes>[number]];
    expect(no.rows + yes.rows).toBe(rows.used);
    expect(no.candidate.decided + yes.candidate.decided).toBe(rows.used);
    expect((no.candidate.right + yes.candidate.right) / rows.used).toBeCloseTo(of('accuracy').candidate!, 12);
    expect((no.champion!.right + yes.champion!.right) / rows.used).toBeCloseTo(of('accuracy').champion!, 12);
    const f1 = (2 * yes.candidate.right) / (yes.candidate.decided + yes.rows);
    expect(f1).toBeCloseTo(of('f1').candidate!, 12);
    expect(outcome.summary).toContain('weakest recall in');
    const { confusion, calibration } = await comparison();
    expect(confusion!.candidate.map((row, label) => row[label])).toEqual(classes!.map(({ candidate }) => candidate.right));
    expect(confusion!.champion!.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([no.rows, yes.rows]);
    const bins = calibration!.candidate;
    expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows.used);
    expect(bins.reduce((sum, bin) => sum + bin.rows * bin.observed, 0)).toBeCloseTo(yes.rows, 8);
    expect(outcome.summary).toContain('<b>Confusion and calibration</b>: ');
  });
});

describe('rows on which they disagree', () => {
  test('are in the page with what each column does to either answer, where the spec asks, and never in the comment', async () => {
    const evaluate = { bootstrap: 200, show_rows: 6 };
    await trainTwo({ evaluate }, NARROW);
    const outcome = await project.run('compare', { champion: 'champion', 'fail-on': 'never' });
    const { disagreeing } = await comparison();
    expect(disagreeing).toMatchObject({ answer: 'positive class', hidden: 0 });
    const rows = disagreeing!.rows;
    expect(rows).toHaveLength(6);
    const gain = ({ label, candidate, champion }: (typeof rows)[number]): number =>
      (label === 'yes' ? 1 : -1) * (candidate - champion);
    expect(rows.map((row) => gain(row) > 0)).toEqual([true, true, true, false, false, false]);
    expect(gain(rows[0]!)).toBeGreaterThanOrEqual(gain(rows[1]!));
    const cells = new Map(
      customers()
        .split('\n')
        .map((line) => line.split(','))
        .map(([id, usage, plan, churned]) => [id, { usage, plan, churned }]),
    );
    for (const { id, label, columns } of rows) {
      expect(label).toBe(cells.get(id)!.churned);
      const [usage, plan] = ['usage', 'plan'].map((name) => columns.find((column) => column.name === name)!);
      expect([Number(usage!.value), plan!.value]).toEqual([Number(cells.get(id)!.usage), cells.get(id)!.plan]);
      // The champion does not read usage; who uses less than others is likelier to leave.
      expect(usage!.champion).toBeUndefined();
      expect(Math.sign(usage!.candidate!)).toBe(Number(usage!.value) < 0 ? 1 : -1);
      expect(plan!.champion).toBeTypeOf('number');
    }
    const page = await readFile(outcome.outputs['report-path']!, 'utf8');
    expect(page).toContain(`row <bdi>${rows[0]!.id}</bdi>: label <b><bdi>${rows[0]!.label}</bdi></b>`);
    expect(outcome.summary).toContain('6 rows on which they differ most, with their columns, are in `comparison.html`');
    expect(outcome.summary).not.toContain(rows[0]!.columns.find(({ name }) => name === 'usage')!.value!);

    await project.write('mlops.yaml', spec({ evaluate: { ...evaluate, hide: ['id', 'usage'] } }));
    await project.run('compare', { champion: 'champion', 'fail-on': 'never' });
    const hidden = (await comparison()).disagreeing!;
    expect(hidden.hidden).toBe(1);
    expect(hidden.rows.flatMap(({ id, columns }) => [id, ...columns.map(({ name }) => name)])).toEqual(
      rows.flatMap(() => [undefined, 'plan']),
    );
    await project.write('mlops.yaml', spec({ evaluate: { ...evaluate, hide: ['name'] } }));
    expect(await project.complaint('compare', { champion: 'champion' })).toMatch(
      /^mlops\.yaml:\d+:\d+: there is no column "name"/,
    );
    await project.write('mlops.yaml', spec());
    await project.run('compare', { champion: 'champion' });
    expect((await comparison()).disagreeing).toBeUndefined();
  });
});

describe('what changed', () => {
  test('names the columns that the candidate was trained on other values of', async () => {
    await project.run('train', { output: 'champion' });
    const moved = (id: number, random: { uniform(): number; normal(): number; integer(below: number): number }) => {
      const usage = Math.round((random.normal() + 2) * 1000) / 100;
      const plan = ['basic', 'plus', 'pro'][random.integer(3)]!;
      return [id, usage, plan, random.uniform() < 1 / (1 + Math.exp(0.3 * usage)) ? 'yes' : 'no'];
    };
    await project.write('data.csv', customers({ rows: 800, row: moved }));
    await project.run('train');
    const outcome = await project.run('compare', { champion: 'champion', 'fail-on': 'never' });
    const drifted = (await comparison()).changes.filter(({ kind }) => kind === 'drift');
    expect(drifted.map(({ name }) => name)).toContain('usage');
    expect(drifted.map(({ name }) => name)).not.toContain('plan');
    expect(outcome.summary).toMatch(
      /`usage` drifted \(moved by \d\.\d+ standard deviations from the champion&#39;s training rows/,
    );
  });
});

describe('the baseline', () => {
  test('is what the shares of the training rows alone would reach, on the same rows', async () => {
    await trainTwo({}, NARROW);
    const outcome = await project.run('compare', { champion: 'champion' });
    const { baseline, metrics } = await comparison();
    expect(baseline!.auc).toBe(0.5);
    expect(baseline!.log_loss).toBeGreaterThan(metrics.find(({ name }) => name === 'log_loss')!.candidate!);
    expect(outcome.summary).toContain('Without a model');
    expect((await project.run('evaluate', { model: '.mlops-actions/bundle' })).summary).toContain('Without a model');
    await project.write('mlops.yaml', spec({ evaluate: { bootstrap: 200, baseline: false } }));
    expect((await project.run('compare', { champion: 'champion' })).summary).not.toContain('Without a model');
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

describe('predictions of a file', () => {
  /** What is said of each customer, by id: the truth with some noise. */
  const answers = (noise: number, write: (id: number, probability: number) => string, header: string): string => {
    const random = new Random(5);
    const lines = customers()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [id, , , churned] = line.split(',');
        const sure = random.uniform() < noise ? random.uniform() : churned === 'yes' ? 0.9 : 0.1;
        return write(Number(id), sure);
      });
    return `${[header, ...lines].join('\n')}\n`;
  };
  const scored = (noise: number): string => answers(noise, (id, probability) => `${id},${probability}`, 'id,score');

  test('are judged against a bundle and against each other, on the rows that are held out', async () => {
    await trainTwo({}, NARROW);
    await project.write('llm.csv', scored(0.1));
    const outcome = await project.run('compare', { candidate: 'llm.csv', champion: 'champion' });
    const judged = await comparison();
    expect(judged).toMatchObject({ verdict: 'better', changes: [], candidate: { algorithm: 'llm.csv' } });
    expect(judged.candidate.latency).toBeUndefined();
    expect(outcome.annotations!.map(({ message }) => message).join()).toContain('llm.csv holds predictions: nothing says');
    expect(outcome.summary).not.toMatch(/\b0 (rows|of)/);
    await project.write('other.csv', scored(0.6));
    const two = await project.run('compare', { candidate: 'other.csv', champion: 'llm.csv' });
    expect(two.outputs.verdict).toBe('worse');
    // The bundle's own held-out predictions say what the bundle says.
    await project.run('compare', { candidate: '.mlops-actions/bundle/predictions.parquet', champion: '.mlops-actions/bundle' });
    expect((await comparison()).metrics[0]!.difference).toBeCloseTo(0, 6);
  });

  test('stand with bundles in one table: the best that is not blocked is the result, and intervals hold for all', async () => {
    const evaluate = { bootstrap: 200, slices: ['plan'], min_rows: 20 };
    await trainTwo({ evaluate, gates: ['auc >= champion - 0.05', 'auc <= 0.97'] }, NARROW);
    await project.write('llm.csv', scored(0.02));
    await project.write('noise.csv', scored(1));
    const candidate = 'noise.csv\n.mlops-actions/bundle\nllm.csv';
    const outcome = await project.run('compare', { candidate, champion: 'champion', 'fail-on': 'never' });
    const { candidates, confidence, verdict, metrics, candidate: judged } = await comparison();
    expect(candidates!.map(({ name, best, blocked }) => [name, best, blocked])).toEqual([
      ['noise.csv', false, false],
      ['.mlops-actions/bundle', true, false],
      // The best by far, and its gate fails.
      ['llm.csv', false, true],
    ]);
    expect(candidates![2]!.failed).toEqual(['auc <= 0.97']);
    expect(outcome.outputs).toMatchObject({ best: '.mlops-actions/bundle', verdict });
    expect(judged.digest).toBe(candidates![1]!.digest);
    expect(confidence).toBeCloseTo(1 - 0.05 / 3, 12);
    expect(outcome.summary).toContain('**The best of 3 candidates is `.mlops-actions/bundle`**');
    expect(outcome.summary).toContain('so that all 3 hold together at 95 %');
    await project.run('compare', { champion: 'champion', 'fail-on': 'never' });
    const alone = await comparison();
    expect([alone.candidates, alone.confidence]).toEqual([undefined, 0.95]);
    expect(alone.metrics[0]!.difference).toBe(metrics[0]!.difference);
    expect(alone.metrics[0]!.interval!.low).toBeGreaterThan(metrics[0]!.interval!.low);
  });

  test('and bundles that hold out other rows have no table together', async () => {
    await project.run('train');
    await project.write('mlops.yaml', spec({ split: { by: 'hash', validation: 0.2, test: 0.4 } }));
    await project.run('train', { output: 'other' });
    const candidate = '.mlops-actions/bundle\nother';
    expect(await project.complaint('compare', { candidate, champion: 'none' })).toContain(
      'Input "candidate": ".mlops-actions/bundle" and "other" cannot stand in one table: they divide the rows differently',
    );
    expect(await project.complaint('compare', { candidate: 'other\nother', champion: 'none' })).toBe(
      'Input "candidate" names "other" twice: each candidate is judged once.',
    );
  });

  test('may be classes alone, and are evaluated by themselves', async () => {
    await project.write(
      'llm.csv',
      answers(0, (id, probability) => `${id},${probability > 0.5 ? 'yes' : 'no'}`, 'id,prediction'),
    );
    const outcome = await project.run('evaluate', { predictions: 'llm.csv' });
    const metrics = JSON.parse(await readFile(outcome.outputs['metrics-path']!, 'utf8')) as Record<string, number>;
    expect(metrics).toMatchObject({ auc: 1, accuracy: 1 });
    expect(await project.complaint('evaluate')).toContain('give one of the two');
    expect(await project.complaint('evaluate', { predictions: 'llm.csv', model: 'm.onnx' })).toContain('give one of the two');
  });

  test.each([
    ['id,score\n1,0.5\n1,0.6\n', 'id "1" stands twice; every row is predicted once'],
    ['id,score\n1,1.5\n', 'score is 1.5 in row 1; probabilities are between 0 and 1'],
    ['id,prediction\n1,maybe\n', 'prediction has "maybe", which is no class of the labels (no, yes)'],
    ['id,guess\n1,0.5\n', 'it has no scores; accepted columns: score_no, score_yes, or the probability of yes as score'],
    ['row,score\n1,0.5\n', 'it has no column "id" that names its rows; its columns: row, score'],
    ['id,score\n9001,0.5\n', 'it has none of the 180 rows that judge, such as "'],
    [',score\n', 'it has no column "id"'],
  ])('that cannot be are refused in one line: %j', async (content, message) => {
    await project.write('llm.csv', content);
    const line = await project.complaint('evaluate', { predictions: 'llm.csv' });
    expect(line).toContain(`Input "predictions", "llm.csv": ${message}`);
    expect(line).not.toContain('\n');
  });

  test('need every row that judges, and a number for each', async () => {
    const lines = scored(0.2).split('\n');
    await project.write('llm.csv', lines.filter((_, at) => at === 0 || at > 100).join('\n'));
    expect(await project.complaint('evaluate', { predictions: 'llm.csv' })).toMatch(
      /has no prediction for \d+ of the 180 rows/,
    );
    await project.run('train', { output: 'champion' });
    await project.write(
      'llm.csv',
      lines.map((line, at) => (at > 0 && at % 10 === 0 ? line.replace(/,.*/, ',') : line)).join('\n'),
    );
    const outcome = await project.run('compare', { candidate: 'llm.csv', champion: 'champion' });
    expect(outcome.outputs.verdict).toBe('not comparable');
    expect((await comparison()).reason).toMatch(/the candidate gives no number for \d+ of 180 rows/);
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
