import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atEnd, csvOf, labelsOf, liveSpec, logTraffic, trainingCustomers, trainLive, week } from '../actions/live.js';
import { Project } from '../actions/project.js';
import type { RunResult } from '../runner/result.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

const RELEASE = `name: release
on:
  push:
    branches: [main]
permissions:
  contents: write
  actions: read
  deployments: write
jobs:
  model:
    uses: mlops-actions/mlops-actions/.github/workflows/model-cd.yml@v1
    with:
      promote: true
`;

/** The steps that the action's README shows; the traffic is in the repository here. */
const monitorAt = (at: string): string => `name: monitor
on:
  push:
    branches: [main]
permissions:
  contents: read
  issues: write
jobs:
  monitor:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - name: Monitor
        id: monitor
        uses: mlops-actions/mlops-actions/actions/monitor@v1
        with:
          at: ${at}
    outputs:
      healthy: \${{ steps.monitor.outputs.healthy }}
      drifted: \${{ steps.monitor.outputs.drifted }}
      issue: \${{ steps.monitor.outputs.issue-number }}
`;

const SPEC = liveSpec({
  registry: { stages: ['production'], publish: ['profile'] },
  monitor: { traffic: 'traffic', labels: { path: 'labels/*.csv', key: 'id' }, min_rows: 200 },
});

/** monitor as a user's repository runs it, with the bundles in dist/, on the local GitHub; the tests are one story. */
describe('monitor', () => {
  let project: Project;
  let repository: TestRepository;
  beforeAll(async () => {
    project = await Project.create();
    // The same spec and data give the same model as the run below.
    await trainLive(project);
    await project.write('mlops.yaml', SPEC);
    await project.run('train', { champion: 'none' });
    repository = await openRepository({
      'mlops.yaml': SPEC,
      'data.csv': csvOf(trainingCustomers()),
      '.github/workflows/model.yml': RELEASE,
    });
  });
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
    await project.remove();
  });

  const issues = () => repository.session.github.issues(repository.session.repository);

  /** Brings more weeks of traffic and labels into the repository, and looks at them. */
  async function look(weeks: readonly number[], changes: Parameters<typeof week>[1], at: string): Promise<RunResult> {
    const { directory } = repository.session.git;
    for (const number of weeks) {
      const customers = week(number, changes);
      await logTraffic(project, customers);
      await repository.write({ [`labels/${number}.csv`]: labelsOf(customers) });
    }
    await cp(join(project.directory, 'traffic'), join(directory, 'traffic'), { recursive: true });
    return repository.push({ '.github/workflows/model.yml': monitorAt(at) });
  }

  test('a version in production keeps its profile with its release', { timeout: 180_000 }, async () => {
    const run = await repository.push();
    expect(run.conclusion, logOf(run)).toBe('success');
    const [release] = repository.session.github.releases(repository.session.repository);
    const profile = release!.assets.find(({ name }) => name === 'profile.json');
    expect(profile?.bytes).toEqual(await readFile(join(project.directory, '.mlops-actions/bundle/profile.json')));
  });

  test('is healthy while the traffic is as it was: no issue', { timeout: 180_000 }, async () => {
    const run = await look([0, 1], {}, atEnd(2, 1));
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'monitor').outputs).toEqual({ healthy: 'true', drifted: '0', issue: '' });
    expect(issues()).toEqual([]);
    const [summary] = jobOf(run, 'monitor').summaries;
    expect(summary).toContain('🟢 `churn` v1.0.0 is healthy');
  });

  test('drift fails the run and opens the issue, and its end closes it', { timeout: 240_000 }, async () => {
    const ill = await look([2, 3], { shift: 4 }, atEnd(4, 1));
    expect(ill.conclusion).toBe('failure');
    expect(jobOf(ill, 'monitor').outputs).toMatchObject({ healthy: 'false', drifted: '1' });
    expect(stepOf(ill, 'monitor', 'Monitor').log).toContain('usage drifted');
    expect(issues()).toMatchObject([{ state: 'open', labels: ['mlops-health'], author: 'github-actions[bot]' }]);
    const names = repository.session.github.artifacts(repository.session.repository).map(({ name }) => name);
    expect(names).toContain('churn-health');

    const well = await look([4, 5], {}, atEnd(6, 1));
    expect(well.conclusion, logOf(well)).toBe('success');
    expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'completed' }]);
  });
});
