import { expect, test } from 'vitest';
import { spec } from '../actions/project.js';
import { ROOT } from '../docs/action-files.js';
import { runEvent } from '../runner/runner.js';
import { FakeMlflow } from '../shared/registry/mlflow/fake.js';
import { jobOf, logOf, openRepository } from './repository.js';

const CALLER = `name: release
on:
  push:
    branches: [main]
permissions:
  contents: write
  deployments: write
  actions: read
jobs:
  model:
    uses: mlops-actions/mlops-actions/.github/workflows/model-cd.yml@v1
    with:
      promote: true
    secrets:
      MLFLOW_TRACKING_TOKEN: \${{ secrets.MLFLOW }}
`;

test('model-cd.yml hands the secret on to the server that the spec names, and nobody else sees it', {
  timeout: 120_000,
}, async () => {
  const mlflow = await FakeMlflow.start();
  const repository = await openRepository({
    '.github/workflows/model.yml': CALLER,
    'mlops.yaml': spec({ registry: { mlflow: { tracking_uri: mlflow.url } } }),
  });
  try {
    const { github, git, repository: at } = repository.session;
    const sha = await git.commit('The first model');
    const [run] = await runEvent({
      ...{ github, repository: at, project: ROOT, secrets: { MLFLOW: 'mlflow-secret' } },
      event: { name: 'push', ref: 'refs/heads/main', sha },
    });
    expect(run!.conclusion, logOf(run!)).toBe('success');
    expect([...mlflow.authorizations]).toEqual(['Bearer mlflow-secret']);
    expect(mlflow.versions).toMatchObject([{ name: 'churn', version: '1' }]);
    expect(mlflow.aliases).toEqual(new Map([['churn@staging', '1']]));
    expect(jobOf(run!, 'register').summaries.join()).toContain('In MLflow it is');
    expect(JSON.stringify(run!.jobs)).not.toContain('mlflow-secret');
  } finally {
    await Promise.all([repository.close(), mlflow.close()]);
  }
});
