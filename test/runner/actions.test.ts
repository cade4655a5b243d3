import { describe, expect, it } from 'vitest';
import { jobOf, openWorkbench, printed, runOnce } from './workbench.js';

/** A node action that prints what of its environment a test asks for, and says which stage it is. */
const SHOW = `
import { appendFileSync } from 'node:fs';
const stage = process.argv[1].split('/').pop().replace('.mjs', '');
console.log('stage ' + stage + ' ' + (process.env.INPUT_NAME ?? ''));
if (stage === 'main') console.log(JSON.stringify(process.env));
if (stage !== 'post') appendFileSync(process.env.GITHUB_STATE, 'from-' + stage + '=yes\\n');
if (stage === 'post') console.log(Object.keys(process.env).filter((key) => key.startsWith('STATE_')).sort().join());
appendFileSync(process.env.GITHUB_OUTPUT, 'greeting=hi\\n');
if (process.env.INPUT_FAIL === stage) process.exit(1);
`;
const SHOW_ACTION = `
name: Show
description: Shows its environment.
inputs:
  name: { description: A name, default: nobody }
  fail: { description: The stage that fails }
  github-token: { description: A token, default: '\${{ github.token }}' }
  two words: { description: With a space, default: '\${{ github.repository }}' }
  must: { description: Required, required: true }
outputs: { greeting: { description: A greeting } }
runs: { using: node24, pre: ../../dist/pre.mjs, main: ../../dist/main.mjs, post: ../../dist/post.mjs }
`;
const PROJECT = {
  'dist/pre.mjs': SHOW,
  'dist/main.mjs': SHOW,
  'dist/post.mjs': SHOW,
  'actions/show/action.yml': SHOW_ACTION,
  'actions/wrap/action.yml': `
name: Wrap
description: A composite action around another one.
inputs: { who: { description: A name, required: true } }
outputs: { said: { description: What was said, value: '\${{ steps.show.outputs.greeting }} \${{ inputs.who }}' } }
runs:
  using: composite
  steps:
    - id: show
      uses: $/actions/show
      with: { name: 'inner \${{ inputs.who }}', must: x }
    - run: echo "in $(basename "$GITHUB_ACTION_PATH") ENV=$OUTER token=$ACTIONS_RUNTIME_TOKEN"; echo 'part' >> "$GITHUB_STEP_SUMMARY"
      shell: bash
    - uses: $/actions/deeper
`,
  'actions/deeper/action.yml': `
name: Deeper
description: A composite action in a composite action.
runs: { using: composite, steps: [{ run: 'echo "deep $OUTER \${{ github.action_path }}"', shell: sh }, { if: always(), run: 'echo SET=by-deeper >> "$GITHUB_ENV"', shell: sh }] }
`,
};
const SLUG = 'mlops-actions/mlops-actions';

describe('actions', () => {
  it('run in a process with the environment of a real runner, pre first and post last', async () => {
    process.env.LEAK_OF_THE_RUNNER = 'x';
    const result = await runOnce(
      `
on: push
jobs:
  a:
    runs-on: x
    env: { FROM_JOB: job }
    steps:
      - uses: ${SLUG}/actions/show@v1
        id: one
        with: { name: one, Must: given, bogus: 1 }
      - uses: ${SLUG}/actions/show@main
        with: { name: two }
      - run: echo "\${{ steps.one.outputs.greeting }}"; env
`,
      { project: PROJECT },
    );
    delete process.env.LEAK_OF_THE_RUNNER;
    const job = jobOf(result, 'a');
    expect(job.steps.map(({ name }) => name)).toEqual([
      `Pre Run ${SLUG}/actions/show@v1`,
      `Pre Run ${SLUG}/actions/show@main`,
      `Run ${SLUG}/actions/show@v1`,
      `Run ${SLUG}/actions/show@main`,
      'Run echo "hi"; env',
      `Post Run ${SLUG}/actions/show@main`,
      `Post Run ${SLUG}/actions/show@v1`,
    ]);
    expect(job.conclusion).toBe('success');
    const stages = printed(job).match(/^stage .*/gm);
    expect(stages).toEqual([
      'stage pre one',
      'stage pre two',
      'stage main one',
      'stage main two',
      'stage post two',
      'stage post one',
    ]);
    expect(printed(job)).toContain('STATE_from-main,STATE_from-pre');
    const environment = JSON.parse(printed(job).match(/^\{.*\}$/m)![0]) as Record<string, string>;
    expect(environment).toMatchObject({
      CI: 'true',
      FROM_JOB: 'job',
      INPUT_NAME: 'one',
      INPUT_MUST: 'given',
      'INPUT_GITHUB-TOKEN': '***',
      INPUT_TWO_WORDS: 'acme/models',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION: 'one',
      GITHUB_ACTION_REPOSITORY: SLUG,
      GITHUB_ACTION_REF: 'v1',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF_NAME: 'main',
      GITHUB_HEAD_REF: '',
      GITHUB_WORKFLOW_REF: 'acme/models/.github/workflows/ci.yml@refs/heads/main',
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ACTIONS_RUNTIME_TOKEN: '***',
    });
    expect(environment.ACTIONS_RESULTS_URL).toMatch(/^http:\/\/.*\/$/);
    expect(environment.LEAK_OF_THE_RUNNER).toBeUndefined();
    const [script] = job.steps.filter(({ name }) => name.startsWith('Run echo'));
    expect(script?.log).not.toContain('ACTIONS_RUNTIME_TOKEN');
    expect(script?.log).not.toContain('GITHUB_TOKEN');
    const warnings = job.steps[2]?.annotations.map(({ message }) => message);
    expect(warnings?.[0]).toMatch(/^Unexpected input\(s\) 'bogus', valid inputs are \['name', /);
    expect(job.steps[3]?.annotations[0]?.message).toBe("Input 'must' is required, but was not supplied");
  });

  it('run their post also when they, or the job, have failed', async () => {
    const result = await runOnce(
      `
on: push
jobs:
  a:
    runs-on: x
    steps:
      - uses: ${SLUG}/actions/show@v1
        with: { name: one, fail: main, must: x }
      - uses: ${SLUG}/actions/show@v1
        with: { name: two, must: x }
`,
      { project: PROJECT },
    );
    const job = jobOf(result, 'a');
    expect(printed(job).match(/^stage .*/gm)).toEqual([
      ...['stage pre one', 'stage pre two', 'stage main one', 'stage post two', 'stage post one'],
    ]);
    expect(job.conclusion).toBe('failure');
  });

  it('nest: composite in composite, with outputs, environment, summaries and no services for scripts', async () => {
    const result = await runOnce(
      `
on: push
jobs:
  a:
    runs-on: x
    steps:
      - uses: ${SLUG}/actions/wrap@v1
        id: wrap
        env: { OUTER: outer }
        with: { who: Ann }
      - run: echo "\${{ steps.wrap.outputs.said }} $SET [$OUTER]"
`,
      { project: PROJECT },
    );
    const job = jobOf(result, 'a');
    expect(job.steps.flatMap(({ annotations }) => annotations)).toEqual([]);
    expect(printed(job)).toContain('in wrap ENV=outer token=\n');
    expect(printed(job)).toMatch(/deep outer .*\/actions\/deeper/);
    expect(printed(job)).toContain('hi Ann by-deeper []');
    expect(job.summaries).toEqual(['part\n']);
    expect(printed(job).match(/^stage .*/gm)).toEqual(['stage pre inner ', 'stage main inner Ann', 'stage post inner Ann']);
  });

  it('are found locally after a checkout, and by $/ without one', async () => {
    const local = SHOW_ACTION.replaceAll('../../dist/', '').replace('pre: pre.mjs,', '');
    const files = { 'tools/show/action.yml': local, 'tools/show/main.mjs': SHOW, 'tools/show/post.mjs': SHOW };
    const result = await runOnce(
      `
on: push
jobs:
  self: { runs-on: x, steps: [{ uses: $/tools/show, with: { name: self, must: x } }, { run: ls }] }
  local: { runs-on: x, steps: [{ uses: actions/checkout@v4 }, { uses: ./tools/show, with: { name: local, must: x } }] }
  early: { runs-on: x, steps: [{ uses: ./tools/show }] }
  foreign: { runs-on: x, steps: [{ run: echo ran }, { uses: other/action@v1 }] }
  blind: { runs-on: x, permissions: {}, steps: [{ uses: actions/checkout@v4 }] }
`,
      { files },
    );
    expect(printed(jobOf(result, 'self'))).toMatch(/^stage main self/);
    expect(printed(jobOf(result, 'self'))).not.toContain('tools\n');
    expect(printed(jobOf(result, 'local'))).toContain('stage main local');
    expect(printed(jobOf(result, 'early'))).toMatch(/Did you forget to run actions\/checkout/);
    const foreign = jobOf(result, 'foreign');
    expect(foreign.error).toMatch(/other\/action@v1: not available offline/);
    expect(foreign.steps.map(({ name }) => name)).toEqual(['Set up job']);
    expect(printed(jobOf(result, 'blind'))).toMatch(/add 'contents: read'/);
  });

  it('get a node of the caller’s choice', async () => {
    const bench = await openWorkbench(
      {
        '.github/workflows/ci.yml': `on: push\njobs: { a: { runs-on: x, steps: [{ uses: ${SLUG}/actions/show@v1, with: { must: x } }] } }`,
      },
      PROJECT,
    );
    const fake = `${bench.root}/fake-node`;
    const { writeFileSync } = await import('node:fs');
    writeFileSync(fake, '#!/bin/sh\necho "fake node"\n', { mode: 0o755 });
    process.env.RUNNER_NODE = fake;
    try {
      const [result] = await bench.push();
      expect(printed(jobOf(result!, 'a'))).toContain('fake node');
    } finally {
      delete process.env.RUNNER_NODE;
      await bench.close();
    }
  });
});
