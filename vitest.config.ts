import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Series of faults, kills, races and whole days of a repository's life, and series of whole actions with which `npm test` would take
 * more than five minutes; MLOPS_ACTIONS_TEST_LONG=1 runs them too, as CI does.
 */
const LONG = [
  'test/actions/bad-data.test.ts',
  'test/actions/candidates.test.ts',
  'test/actions/compare-history.test.ts',
  'test/actions/deploy-batch.test.ts',
  'test/actions/deploy-cluster.test.ts',
  'test/actions/deploy.test.ts',
  'test/actions/first-mistakes.test.ts',
  'test/actions/judged-input.test.ts',
  'test/actions/judgement.test.ts',
  'test/actions/monitor-issue.test.ts',
  'test/actions/monitor.test.ts',
  'test/actions/profile-contracts.test.ts',
  'test/actions/profile-shards.test.ts',
  'test/actions/promote.test.ts',
  'test/actions/registry.test.ts',
  'test/actions/retrain-ask.test.ts',
  'test/actions/retrain.test.ts',
  'test/actions/reuse.test.ts',
  'test/actions/train-cache.test.ts',
  'test/actions/train-command.test.ts',
  'test/actions/tune-kills.test.ts',
  'test/actions/tune.test.ts',
  'test/actions/validate-shards.test.ts',
  'test/render/chromium.test.ts',
  'test/render/comparison.test.ts',
  'test/render/drift.test.ts',
  'test/render/profile.test.ts',
  'test/shared/data/contract/gx-reader.test.ts',
  'test/shared/data/drift/halvings.test.ts',
  'test/shared/data/shards/property.test.ts',
  'test/shared/registry/concurrency.test.ts',
  'test/shared/registry/faults.test.ts',
  'test/shared/registry/measured-versions.test.ts',
  'test/shared/registry/promote.test.ts',
  'test/shared/registry/register.test.ts',
  'test/shared/runner/native-faults.test.ts',
  'test/start/all-story.test.ts',
  'test/start/release-story.test.ts',
  'test/workflows/attestation.test.ts',
  'test/workflows/deploy.test.ts',
  'test/workflows/model-cd.test.ts',
  'test/workflows/monitor.test.ts',
  'test/workflows/retrain-loop.test.ts',
  'test/workflows/retrain.test.ts',
  'test/workflows/trainers.test.ts',
  'test/workflows/tune.test.ts',
  'test/workflows/validate-sharded.test.ts',
];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(process.env.MLOPS_ACTIONS_TEST_LONG === '1' ? [] : LONG)],
    setupFiles: ['test/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // The default leaves a core free, which on two cores means one test file at a time.
    maxWorkers: '100%',
  },
});
