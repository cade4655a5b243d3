import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { readBundle } from '../../shared/bundle/read.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { readLog } from '../../shared/tuning/study-log.js';
import { customers, Project, spec } from './project.js';

const SPACE = { num_leaves: { low: 2, high: 31, log: true }, learning_rate: { low: 0.02, high: 0.5, log: true } };
const searching = (tune: Readonly<Record<string, unknown>> = {}, changes: Readonly<Record<string, unknown>> = {}): string =>
  spec({
    train: { algorithm: 'gbdt', params: { num_iterations: 8 } },
    tune: { metric: 'log_loss', trials: 4, rounds: 1, jobs: 2, space: SPACE, ...tune },
    ...changes,
  });

// Each of them is a whole study.
vi.setConfig({ testTimeout: 120_000 });

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': searching(), 'data.csv': customers() });
});
afterEach(() => project.remove());

const packs = (plan: ActionOutcome): readonly string[] =>
  (JSON.parse(plan.outputs.matrix!) as { include: { trials: string }[] }).include.map(({ trials }) => trials);

/** A whole round, as the jobs of a matrix would run it. */
async function round(inputs: Readonly<Record<string, string>> = {}): Promise<readonly ActionOutcome[]> {
  const legs: ActionOutcome[] = [];
  for (const trials of packs(await project.run('tune-plan', inputs))) legs.push(await project.run('train', { trials }));
  return legs;
}

const line = async (action: string, inputs: Readonly<Record<string, string>> = {}): Promise<string> => {
  const message = await project.complaint(action, inputs);
  expect(message).not.toContain('\n');
  return message;
};

describe('a study', () => {
  test('plans, runs and selects; the winner is what its params train', async () => {
    const legs = await round();
    expect(legs.map(({ outputs }) => outputs)).toEqual([
      { 'bundle-path': '', digest: '', cached: 'false', artifact: 'churn-study-default-r1-j1-a1' },
      { 'bundle-path': '', digest: '', cached: 'false', artifact: 'churn-study-default-r1-j2-a1' },
    ]);
    expect(project.log.filter((text) => /^Trial \d \(\d of 2\): log_loss /.test(text))).toHaveLength(4);
    await expect(readBundle(join(project.directory, '.mlops-actions/bundle'), 'bundle')).rejects.toThrow(/manifest/);

    const selected = await project.run('tune-select');
    expect(selected.failure).toBeUndefined();
    const params = JSON.parse(selected.outputs.params!) as Record<string, number>;
    expect(Object.keys(params).sort()).toEqual(['learning_rate', 'num_leaves']);
    expect(await readFile(selected.outputs['report-path']!, 'utf8')).toBe(selected.summary);
    expect(project.uploads.map(({ name }) => name)).toEqual([
      'churn-study-default-r1-j0-a1',
      'churn-study-default-r1-j1-a1',
      'churn-study-default-r1-j2-a1',
      'churn-study-default-report-a1',
    ]);

    await project.run('train', { params: selected.outputs.params! });
    const { manifest } = await readBundle(join(project.directory, '.mlops-actions/bundle'), 'bundle');
    expect(manifest.params).toMatchObject({ ...params, num_iterations: 8 });
  });

  test('the value of a trial is that of the validation rows: the test rows change nothing', async () => {
    const byTime = (label: (id: number, usual: string) => string) =>
      customers({
        header: 'id,time,usage,churned',
        row: (id, random) => {
          const usage = Math.round(random.normal() * 100) / 100;
          return [
            id,
            `2026-01-01 ${String(Math.floor(id / 60)).padStart(2, '0')}:${String(id % 60).padStart(2, '0')}:00`,
            usage,
            label(id, random.uniform() < 1 / (1 + Math.exp(usage)) ? 'yes' : 'no'),
          ];
        },
      });
    const values = async (): Promise<readonly (number | undefined)[]> => {
      await rm(join(project.directory, '.mlops-actions'), { recursive: true, force: true });
      await round();
      const selected = await project.run('tune-select');
      const text = await readFile(join(project.directory, '.mlops-actions/study.jsonl'), 'utf8');
      const study = /study (\S+)</.exec(selected.summary!)![1]!;
      const finished = readLog(text, study).events.filter((event) => event.event === 'finished');
      return finished.sort((a, b) => a.trial - b.trial).map(({ value }) => value);
    };
    const data = { path: 'data.csv', key: 'id', time: 'time' };
    const split = { by: 'time', validation: 0.2, test: 0.3 };
    await project.write('mlops.yaml', searching({}, { data, split }));
    await project.write(
      'data.csv',
      byTime((_, usual) => usual),
    );
    const before = await values();
    expect(before).toHaveLength(4);
    // All test rows turn around.
    await project.write(
      'data.csv',
      byTime((id, usual) => (id < 420 ? usual : usual === 'yes' ? 'no' : 'yes')),
    );
    expect(await values()).toEqual(before);
    // One validation row does.
    await project.write(
      'data.csv',
      byTime((id, usual) => (id === 350 ? (usual === 'yes' ? 'no' : 'yes') : usual)),
    );
    expect(await values()).not.toEqual(before);
  });

  test('is resumed: open trials come again, finished ones do not, and a finished study has nothing to run', async () => {
    const [, lost] = packs(await project.run('tune-plan'));
    const [kept] = packs(await project.run('tune-plan'));
    await project.run('train', { trials: kept! });
    const next = await project.run('tune-plan');
    expect(next.outputs).toMatchObject({ count: '2', done: 'false' });
    const open = (JSON.parse(lost!) as { trials: unknown[] }).trials;
    expect(packs(next).flatMap((text) => (JSON.parse(text) as { trials: unknown[] }).trials)).toEqual(open);
    for (const trials of packs(next)) await project.run('train', { trials });
    const end = await project.run('tune-plan');
    expect(end.outputs).toEqual({ matrix: '{"include":[]}', count: '0', done: 'true' });
    expect(end.summary).toBe('Nothing to run: all 4 trials have a result.\n');
  });

  test('starts anew when the space, the model or the data changes, and says so in one line', async () => {
    await round();
    const changes: [string, string][] = [
      ['mlops.yaml', searching({ space: { num_leaves: [3, 5] } })],
      ['mlops.yaml', searching({}, { seed: 7 })],
      ['mlops.yaml', searching({ metric: 'auc' })],
      [
        'mlops.yaml',
        searching(
          {},
          { train: { algorithm: 'linear' }, tune: { trials: 2, space: { l2: { low: 0.1, high: 10, log: true } } } },
        ),
      ],
      ['data.csv', customers({ rows: 601 })],
    ];
    for (const [file, content] of changes) {
      await project.write('mlops.yaml', searching());
      await project.write(file, content);
      const plan = await project.run('tune-plan');
      expect(plan.outputs.done).toBe('false');
      const said = plan.annotations!.filter(({ level }) => level === 'notice').map(({ message }) => message);
      expect(said).toEqual([expect.stringMatching(/^Study "default" starts anew as default-[0-9a-f]{12}: [^\n]*$/)]);
    }
  });

  test('does not start anew for more trials, jobs, rounds or another sampler', async () => {
    await round();
    await project.write('mlops.yaml', searching({ trials: 6, rounds: 2, jobs: 3, sampler: 'sobol', budget_minutes: 60 }));
    const plan = await project.run('tune-plan');
    expect(plan.annotations).toEqual([]);
    expect(packs(plan).map((text) => JSON.parse(text))).toMatchObject([
      { trials: [{ number: 5 }], seconds: expect.any(Number) },
    ]);
  });

  test('runs as many trials at once as there are processors, and the values are those of any other number', async () => {
    const one = packs(await project.run('tune-plan', { jobs: '1' }));
    const four = packs(await project.run('tune-plan', { jobs: '4', study: 'other' }));
    expect([one.length, four.length]).toEqual([1, 4]);
    for (const trials of [...one, ...four]) await project.run('train', { trials });
    const values: string[] = [];
    for (const study of ['default', 'other']) values.push((await project.run('tune-select', { study })).outputs.value!);
    expect(values[0]).toBe(values[1]);
  });

  test('a trial that fails is kept with its reason, and the others go on', async () => {
    const [pack] = packs(await project.run('tune-plan', { jobs: '1' }));
    const broken = JSON.parse(pack!) as { trials: { params: Record<string, unknown> }[] };
    broken.trials[1]!.params = { num_leaves: 0.5, learning_rate: 0.1 };
    const outcome = await project.run('train', { trials: JSON.stringify(broken) });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.summary).toContain('<b>Failures</b>: 1 trial, 1 reason');
    expect(outcome.summary).toContain('a whole number from 2');
    const selected = await project.run('tune-select');
    expect(selected.outputs.params).not.toBe('');
    expect(selected.summary).toContain('1 failed');
  });

  test('when all trials fail, the step that ran them and the one that selects say why', async () => {
    // The validation rows have one class only, for which no AUC is defined.
    const row = (id: number): (string | number)[] => [
      id,
      `2026-01-${String(1 + Math.floor(id / 20)).padStart(2, '0')}`,
      id % 7,
      id >= 300 && id < 420 ? 'no' : id % 2 === 0 ? 'yes' : 'no',
    ];
    await project.write('data.csv', customers({ header: 'id,day,usage,churned', row }));
    const data = { path: 'data.csv', key: 'id', time: 'day' };
    await project.write(
      'mlops.yaml',
      searching({ metric: 'auc' }, { data, split: { by: 'time', validation: 0.2, test: 0.3 } }),
    );
    const legs = await round();
    for (const { failure, outputs } of legs) {
      expect(failure).toBe('All 2 trials of this pack failed; the first says: auc is not defined on the validation rows');
      expect(outputs.artifact).not.toBe('');
    }
    const selected = await project.run('tune-select');
    expect(selected.outputs).toMatchObject({ params: '', value: '' });
    expect(selected.failure).toMatch(
      /^All 4 trials of study default-\S+ that ended have failed; the first says: auc is not defined/,
    );
  });

  test('a job that is cancelled leaves what it has, and the rest stays open', async () => {
    const slow = { num_iterations: 2000, early_stopping_round: 0 };
    await project.write('mlops.yaml', searching({}, { train: { algorithm: 'gbdt', params: slow } }));
    const [pack] = packs(await project.run('tune-plan', { jobs: '1' }));
    // The runner's own way to cancel: a signal, then some seconds.
    const watch = setInterval(() => {
      if (!project.log.some((text) => /^Trial \d/.test(text))) return;
      clearInterval(watch);
      process.emit('SIGTERM');
    }, 5);
    const outcome = await project.run('train', { trials: pack! });
    clearInterval(watch);
    expect(outcome.failure).toMatch(/^Cancelled: [123] of 4 trials have a result; the others stay open for the next plan\.$/);
    expect(project.uploads.at(-1)!.name).toBe('churn-study-default-r1-j1-a1');
    const selected = await project.run('tune-select');
    expect(selected.outputs.params).not.toBe('');
    expect(selected.annotations).toMatchObject([
      { level: 'warning', message: expect.stringMatching(/of 4 trials have no result/) },
    ]);
    const open = 4 - Number(/^Cancelled: (\d)/.exec(outcome.failure!)![1]);
    expect((await project.run('tune-plan', { jobs: '4' })).outputs).toMatchObject({ count: String(open), done: 'false' });
  });

  test('a job leaves its log in parts as well, since a machine that is lost uploads nothing more', async () => {
    const [pack] = packs(await project.run('tune-plan', { jobs: '1' }));
    project.uploads.length = 0;
    // Each look at the clock finds it a minute later.
    let now = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 60_000));
    await project.run('train', { trials: pack! });
    clock.mockRestore();
    const names = project.uploads.map(({ name }) => name);
    expect(names.at(-1)).toBe('churn-study-default-r1-j1-a1');
    expect(names.slice(0, -1)).toEqual(names.slice(0, -1).map((_, index) => `churn-study-default-r1-j1-a1-p${index + 1}`));
    expect(names.length).toBeGreaterThan(2);
    // No line stands in two parts, and none but the last ones is missing.
    const lines = await Promise.all(
      project.uploads.map(async ({ files }) => (await readFile(files[0]!, 'utf8')).trim().split('\n')),
    );
    const whole = lines.pop()!;
    const parts = lines.flat();
    expect(new Set(parts).size).toBe(parts.length);
    expect(whole.slice(0, parts.length)).toEqual(parts);
    // Without the whole log, what the parts hold counts, and only the rest comes again.
    const first = await readFile(project.uploads[0]!.files[0]!, 'utf8');
    await project.write('.mlops-actions/study/churn-study-default-r1-j1-a1.jsonl', first);
    const next = await project.run('tune-plan');
    expect(Number(JSON.parse(packs(next)[0]!).trials.length)).toBeLessThan(4);
  });

  test('the budget ends the search', async () => {
    await project.write('mlops.yaml', searching({ budget_minutes: 0.00001, jobs: 1 }));
    const [leg] = await round();
    // The first trials had begun before any time was used; no other begins.
    expect(leg!.summary).toMatch(/: [12] trials? of round 1/);
    const next = await project.run('tune-plan');
    expect(next.outputs).toMatchObject({ count: '0', done: 'true' });
    expect((await project.run('tune-select')).outputs.params).not.toBe('');
  });

  test('a round with more trials than the outputs of a job can hold is made smaller', async () => {
    await project.write('mlops.yaml', searching({ trials: 20_000, sampler: 'random' }));
    const plan = await project.run('tune-plan', { jobs: '256' });
    expect(Number(plan.outputs.count)).toBe(256);
    expect(plan.outputs.matrix!.length).toBeLessThan(500_000);
    expect(packs(plan).every((text) => text.length < 60_000)).toBe(true);
    expect(Math.max(...packs(await project.run('tune-plan', { jobs: '1' })).map((text) => text.length))).toBeLessThan(60_000);
  });
});

describe('mistakes', () => {
  test.each(['tune-plan', 'tune-select'])('%s: there is nothing to tune', async (action) => {
    await project.write('mlops.yaml', spec());
    expect(await line(action)).toMatch(/^mlops\.yaml: there is nothing to tune: add a section such as tune: /);
  });

  const wrong: [string, Readonly<Record<string, unknown>>, RegExp][] = [
    ['an empty space', { space: {} }, /tune\.space is empty: name at least one parameter/],
    ['a parameter that there is not', { space: { num_leafs: [3] } }, /num_leafs.*num_leaves/],
    [
      'an impossible range',
      { space: { num_leaves: { low: 31, high: 7 } } },
      /tune\.space\.num_leaves: low \(31\) is above high \(7\)/,
    ],
    ['a metric of another task', { metric: 'rmse' }, /tune\.metric: rmse is no metric of task binary/],
    ['a sampler that is not built', { sampler: 'gp' }, /tune\.sampler: gp is not built yet; use tpe/],
  ];
  test.each(wrong)('%s is told at its line', async (_name, tune, message) => {
    await project.write('mlops.yaml', searching(tune));
    const text = await line('tune-plan');
    expect(text).toMatch(/^mlops\.yaml:\d+:\d+: /);
    expect(text).toMatch(message);
  });

  test('inputs out of range', async () => {
    expect(await line('tune-plan', { jobs: '257' })).toBe('Input "jobs" is "257"; accepted: a whole number from 1 to 256.');
    expect(await line('tune-plan', { round: 'one' })).toContain('Input "round" is "one"');
    expect(await line('tune-plan', { study: 'My Study' })).toContain('Input "study" is "My Study"; accepted:');
  });

  test('trials that are no pack', async () => {
    expect(await line('train', { trials: '[{"num_leaves": 3}]' })).toMatch(/^Input "trials" is no pack/);
  });

  test('a pack of another space, or of other data', async () => {
    const [pack] = packs(await project.run('tune-plan'));
    await project.write('mlops.yaml', searching({ space: { num_leaves: [3, 5] } }));
    expect(await line('train', { trials: pack! })).toMatch(
      /^Input "trials" is a pack of study default-\S+, but the spec and data here make default-/,
    );
  });

  test('no trial has been run', async () => {
    expect((await project.run('tune-select')).failure).toMatch(/^Study default-\S+ has no trials: run tune-plan and train/);
    await project.run('tune-plan');
    expect((await project.run('tune-select')).failure).toMatch(
      /^None of the 4 trials of study default-\S+ has a result: their jobs died\.$/,
    );
  });

  test('a log that somebody tampered with: what is no event counts for nothing', async () => {
    await round();
    const best = (await project.run('tune-select')).outputs;
    const id = /study (\S+)</.exec((await project.run('tune-select')).summary!)![1]!;
    const event = {
      v: 1,
      study: id,
      run: 1,
      attempt: 1,
      round: 1,
      job: 1,
      trial: 9,
      params: { num_leaves: 3 },
      at: 'x',
      event: 'finished',
    };
    await project.write(
      '.mlops-actions/study/evil.jsonl',
      `${JSON.stringify({ ...event, value: null, seconds: 1, rows: 'r' })}\n{"event":\n`,
    );
    expect((await project.run('tune-select')).outputs).toEqual(best);
  });
});

test('the example of the README is a job as GitHub knows it', async () => {
  const readme = await readFile(new URL('../../actions/tune-plan/README.md', import.meta.url), 'utf8');
  const { jobs } = parse(/```yaml\n(.*?)```/s.exec(readme)![1]!) as { jobs: Record<string, Record<string, unknown>> };
  expect(jobs.trials!.if).toBe("needs.plan.outputs.count != '0'");
});
