import { expect, test } from 'vitest';
import { logOf, openRepository, stepOf } from './repository.js';

/** A workflow of the user's own that compiles the pipeline, and hands the file on. */
const WORKFLOW = `name: pipeline
on:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  compile:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - name: Compile
        id: pipeline
        uses: mlops-actions/mlops-actions/actions/pipeline@v1
        with:
          target: kubeflow
          image: registry.example.org/models:1
          data: s3://bucket/data.csv
          output: build/pipeline.yaml
      - name: Look
        env:
          PIPELINE: \${{ steps.pipeline.outputs.pipeline-path }}
        run: grep -E 'image:|s3:' "$PIPELINE"
`;

test('a push to main compiles the pipeline', { timeout: 60_000 }, async () => {
  const repository = await openRepository({ '.github/workflows/model.yml': WORKFLOW });
  try {
    const run = await repository.push();
    expect(run.conclusion, logOf(run)).toBe('success');
    const { log } = stepOf(run, 'compile', 'Look');
    expect(log.match(/image: registry\.example\.org\/models:1/g)).toHaveLength(4);
    expect(log).toContain('defaultValue: s3://bucket/data.csv');
    expect(stepOf(run, 'compile', 'Compile').summary).toContain('a pipeline for Kubeflow');
  } finally {
    await repository.close();
  }
});
