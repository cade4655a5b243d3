import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customers, spec } from '../actions/project.js';
import type { RunResult } from '../runner/result.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/** The caller that the README shows. */
const SHARDED = `name: data
on: push
permissions:
  contents: read
  actions: read
jobs:
  data:
    uses: mlops-actions/mlops-actions/.github/workflows/validate-sharded.yml@v1
    with:
      shards: 3
      data: data/*.csv
      profile: true
      fail-on: warning
`;

const contract = (usage: object) => ({
  columns: {
    usage: { type: 'number', ...usage },
    id: { unique: true, severity: 'warning' },
    plan: { enum: ['basic', 'plus', 'pro'] },
  },
  rows: { min: 600 },
});

/** validate-sharded.yml as a user's repository calls it, with the bundles in dist/, on the local GitHub. */
describe('validate-sharded.yml', () => {
  let repository: TestRepository;
  let first: RunResult;

  beforeAll(async () => {
    const [header, ...rows] = customers().trim().split('\n');
    const part = (from: number, to: number): string => `${[header, ...rows.slice(from, to)].join('\n')}\n`;
    repository = await openRepository({
      'mlops.yaml': spec({ contract: contract({ min: -40 }) }),
      'data/a.csv': part(0, 250),
      'data/b.csv': part(250, 251),
      'data/c.csv': part(251, 420),
      'data/d.csv': part(420, 600),
      '.github/workflows/model.yml': SHARDED,
    });
    first = await repository.push();
  }, 180_000);
  afterAll(() => repository.close());

  test('three jobs look at their files, and a last one decides', () => {
    expect(first.conclusion, logOf(first)).toBe('success');
    expect(first.jobs.map(({ name }) => name.replace('data / ', ''))).toEqual([
      'plan',
      'shard (1)',
      'shard (2)',
      'shard (3)',
      'merge',
    ]);
    const logs = [1, 2, 3].map((shard) => stepOf(first, `shard (${shard})`, 'Validate').log);
    expect(logs.map((log) => /Shard \d\/3: (\d+) rows/.exec(log)?.[1])).toEqual(['250', '170', '180']);
    expect(stepOf(first, 'merge', 'Validate').outputs).toMatchObject({ passed: 'true', failures: '0', artifact: '' });
    expect(jobOf(first, 'merge').summaries.join('')).toContain('All 5 rules hold on 600 rows in 4 columns');
    const { github, repository: at } = repository.session;
    expect(
      github
        .artifacts(at, first.run.id)
        .map(({ name }) => name.replace(/-[0-9a-f]{8}$/, ''))
        .sort(),
    ).toEqual([
      'churn-profile',
      ...['profile', 'validation'].flatMap((kind) => [1, 2, 3].map((shard) => `churn-${kind}-shard-${shard}-of-3-a1`)),
    ]);
    expect(jobOf(first, 'merge').summaries.join('')).toContain('Merged from 3 shards');
  });

  test('rules that no shard could decide fail the run, at their line, with the row of the whole', async () => {
    const rows = customers().trim().split('\n');
    const broken = await repository.push({
      'mlops.yaml': spec({ contract: contract({ min: -20 }) }),
      'data/e.csv': `${rows[0]}\n${rows[5]}\n${rows[6]}\n`,
    });
    expect(broken.conclusion).toBe('failure');
    expect(stepOf(broken, 'merge', 'Validate').outputs).toMatchObject({
      passed: 'false',
      failures: '2',
      artifact: 'churn-validation',
    });
    const summary = jobOf(broken, 'merge').summaries.join('');
    expect(summary).toContain('2 of 602 rows (0.3 %), that repeat an earlier value');
    expect(summary).toContain('`4` (row 601), `5` (row 602)');
  });

  test('more shards than files fail with the line that says what to do', async () => {
    const run = await repository.push({ '.github/workflows/model.yml': SHARDED.replace('shards: 3', 'shards: 6') });
    expect(run.conclusion).toBe('failure');
    expect(jobOf(run, 'merge').conclusion).toBe('skipped');
    expect(stepOf(run, 'shard (6)', 'Profile').log).toContain(
      'there are 5 files: CSV and JSON go to the shards file by file; use at most 5 shards',
    );
    const wrong = await repository.push({ '.github/workflows/model.yml': SHARDED.replace('shards: 3', 'shards: 2.5') });
    expect(stepOf(wrong, 'plan', 'Plan').log).toContain('Input "shards" is not a whole number from 1 to 256.');
  });
});
