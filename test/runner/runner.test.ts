import { describe, expect, it } from 'vitest';
import { openSession, runWorkflow } from './runner.js';
import { gitIn, jobOf, openWorkbench, printed, runOnce } from './workbench.js';
import { parseWorkflow } from './workflow.js';

const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1';

describe('runEvent', () => {
  it('runs steps with outputs, environment, path and summary', async () => {
    const result = await runOnce(
      `
name: CI
on: push
env: { LEVEL: workflow, SHARED: workflow }
jobs:
  one:
    runs-on: ubuntu-latest
    env: { LEVEL: job }
    outputs: { answer: '\${{ steps.make.outputs.answer }}', text: '\${{ steps.make.outputs.text }}' }
    steps:
      - uses: ${CHECKOUT}
      - id: make
        env: { LEVEL: step }
        run: |
          cat data.txt
          echo "$LEVEL $SHARED \${{ env.LEVEL }}"
          echo "answer=42" >> "$GITHUB_OUTPUT"
          printf 'text<<END\\na\\nb=c\\nEND\\n' >> "$GITHUB_OUTPUT"
          echo "LATER=kept" >> "$GITHUB_ENV"
          mkdir tools && printf '#!/bin/sh\\necho tool\\n' > tools/hello && chmod +x tools/hello
          echo "$PWD/tools" >> "$GITHUB_PATH"
          echo '# Summary' >> "$GITHUB_STEP_SUMMARY"
      - run: echo "$LATER $LEVEL"; hello
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - run: echo "\${{ needs.one.outputs.answer }} \${{ needs.one.result }} $TEXT"
        env: { TEXT: '\${{ toJSON(needs.one.outputs.text) }}' }
`,
      { files: { 'data.txt': 'rows\n' } },
    );
    expect(result.error).toBeUndefined();
    const one = jobOf(result, 'one');
    expect(one.steps.map((step) => [step.conclusion, step.log])).toMatchObject([
      ['success', expect.anything()],
      ['success', expect.anything()],
      ['success', expect.anything()],
    ]);
    expect(printed(one)).toContain('rows\nstep workflow step');
    expect(printed(one)).toContain('kept job\ntool');
    expect(one.outputs).toEqual({ answer: '42', text: 'a\nb=c' });
    expect(one.summaries).toEqual(['# Summary\n']);
    expect(printed(jobOf(result, 'two'))).toContain('42 success "a\\nb=c"');
    expect(result.conclusion).toBe('success');
  });

  it('gives every token the least that is asked for', async () => {
    const script = `const { GITHUB_API_URL: api, GITHUB_REPOSITORY: at, GITHUB_SHA: sha, TOKEN } = process.env;
      const request = { method: 'POST', headers: { authorization: 'token ' + TOKEN }, body: '{"state":"success"}' };
      fetch(api + '/repos/' + at + '/statuses/' + sha, request).then(({ status }) => console.log(status));`;
    const steps = `steps: [{ run: ${JSON.stringify(script)}, shell: 'node {0}', env: { TOKEN: '\${{ github.token }}' } }]`;
    const result = await runOnce(`
on: push
jobs:
  unsaid: { runs-on: x, ${steps} }
  write: { runs-on: x, permissions: { statuses: write }, ${steps} }
  all: { runs-on: x, permissions: write-all, ${steps} }
  reading: { runs-on: x, permissions: read-all, ${steps} }
  nothing: { runs-on: x, permissions: {}, ${steps} }
`);
    expect(Object.fromEntries(result.jobs.map((job) => [job.name, printed(job).trim()]))).toEqual({
      ...{ unsaid: '403', write: '201', all: '201', reading: '403', nothing: '403' },
    });
    expect(jobOf(result, 'unsaid').permissions).toMatchObject({ contents: 'read', packages: 'read', issues: 'none' });
    expect(jobOf(result, 'write').permissions).toMatchObject({ contents: 'none', statuses: 'write' });
  });

  it('tells what happens while it happens', async () => {
    const bench = await openWorkbench({
      '.github/workflows/ci.yml':
        'name: CI\non: push\njobs: { a: { runs-on: x, steps: [{ name: Say, run: echo hello }] }, b: { if: false, runs-on: x, steps: [{ run: echo }] } }',
    });
    try {
      const [result] = await bench.push();
      const run = result!.run.id;
      expect(bench.updates.filter(({ kind }) => kind !== 'log')).toMatchObject([
        { kind: 'run-started', run, number: 1, workflow: 'CI', event: 'push', title: 'push to main' },
        { kind: 'job-started', run, name: 'a' },
        { kind: 'job-finished', run, job: -1, name: 'b', conclusion: 'skipped' },
        { kind: 'step-started', run, step: 1, name: 'Say' },
        { kind: 'step-finished', run, step: 1, name: 'Say', conclusion: 'success' },
        { kind: 'job-finished', run, name: 'a', conclusion: 'success', annotations: [] },
        { kind: 'run-finished', run, workflow: 'CI', conclusion: 'success' },
      ]);
      const lines = bench.updates.flatMap((update) => (update.kind === 'log' ? [update.line] : []));
      expect(lines.at(-1)).toBe('hello');
    } finally {
      await bench.close();
    }
  });

  it('runs one workflow on its own, whether or not the event starts it, without a trace in the repository', async () => {
    const bench = await openWorkbench({ 'a.txt': 'a' });
    const folder = `${bench.root}/repository`;
    const before =
      gitIn(folder, 'count-objects', '-v') + gitIn(folder, 'for-each-ref') + gitIn(folder, 'status', '--porcelain');
    const { github, repository, project, root } = bench;
    const sha = gitIn(folder, 'rev-parse', 'HEAD').trim();
    const session = await openSession({
      github,
      repository,
      project,
      temp: root,
      event: { name: 'push', ref: 'refs/heads/main', sha },
    });
    try {
      const text =
        "on: { schedule: [{ cron: '0 0 * * *' }] }\njobs: { a: { runs-on: x, steps: [{ uses: actions/checkout@v4 }, { run: cat a.txt }] } }";
      const result = await runWorkflow(session, parseWorkflow('.github/workflows/nightly.yml', text));
      expect(printed(jobOf(result, 'a'))).toMatch(/\na$/);
    } finally {
      session.close();
    }
    expect(gitIn(folder, 'count-objects', '-v') + gitIn(folder, 'for-each-ref') + gitIn(folder, 'status', '--porcelain')).toBe(
      before,
    );
    await bench.close();
  });
});
