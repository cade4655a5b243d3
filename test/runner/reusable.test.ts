import { describe, expect, it } from 'vitest';
import { jobOf, printed, runOnce } from './workbench.js';

const SLUG = 'mlops-actions/mlops-actions';
const CALLED = `
name: Called
on:
  workflow_call:
    inputs:
      text: { type: string, required: true }
      count: { type: number, default: 2 }
      flag: { type: boolean }
    secrets: { key: { required: false } }
    outputs: { said: { value: '\${{ jobs.say.outputs.said }}' } }
env: { LEVEL: called }
jobs:
  say:
    runs-on: x
    permissions: { contents: read }
    outputs: { said: '\${{ steps.s.outputs.said }}' }
    steps:
      - id: s
        env: { KEY: '\${{ secrets.key }}' }
        run: |
          echo "said=\${{ inputs.text }} \${{ inputs.count + 0 == 2 }}" >> "$GITHUB_OUTPUT"
          echo "\${{ toJSON(inputs) }}" "key=\${KEY:-none}" "level=$LEVEL outer=$OUTER."
          echo "\${{ job.workflow_repository }} \${{ job.workflow_file_path }} $GITHUB_WORKFLOW $GITHUB_WORKFLOW_REF"
  tool: { runs-on: x, permissions: {}, steps: [{ uses: $/actions/tool }] }
`.replace('inputs.count + 0 == 2', 'inputs.count == 2');
const PROJECT = {
  '.github/workflows/called.yml': CALLED,
  'actions/tool/action.yml':
    'name: Tool\ndescription: A tool.\nruns: { using: composite, steps: [{ run: echo the tool of the project, shell: sh }] }',
};

const caller = (job: string, permissions = ''): string =>
  `name: Outer\non: push\nenv: { OUTER: outer }\n${permissions}\njobs:\n  ${job}\n`;

describe('reusable workflows', () => {
  it('take typed inputs and secrets, give outputs, and know where they are from', async () => {
    const uses = `${SLUG}/.github/workflows/called.yml@v1`;
    const result = await runOnce(
      caller(`call: { uses: '${uses}', with: { text: hi, flag: true }, secrets: { key: '\${{ secrets.MINE }}' } }
  inherit: { uses: '${uses}', with: { text: '\${{ github.ref_name }}', count: '3' }, secrets: inherit }
  after: { needs: call, runs-on: x, steps: [{ run: 'echo "\${{ needs.call.outputs.said }}"' }] }`),
      { project: PROJECT, secrets: { MINE: 'opensesame', key: 'other' } },
    );
    expect(result.error).toBeUndefined();
    expect(result.jobs.map(({ name }) => name)).toEqual([
      'call / say',
      'call / tool',
      'inherit / say',
      'inherit / tool',
      'after',
    ]);
    const say = printed(jobOf(result, 'call / say'));
    expect(say).toMatch(/\{\s+text: hi,\s+count: 2,\s+flag: true\s+\} key=\*\*\* level=called outer=\./);
    expect(say).toContain(`${SLUG} .github/workflows/called.yml Outer acme/models/.github/workflows/ci.yml@refs/heads/main`);
    expect(printed(jobOf(result, 'inherit / say'))).toMatch(/text: main,\s+count: 3,\s+flag: false/);
    expect(printed(jobOf(result, 'call / tool'))).toBe('the tool of the project');
    expect(printed(jobOf(result, 'after'))).toBe('hi true');
    expect(jobOf(result, 'call / say').permissions).toMatchObject({ contents: 'read', packages: 'none' });
  });

  it('cannot ask for more than their caller grants: then nothing starts', async () => {
    const called = CALLED.replace('permissions: { contents: read }', 'permissions: { pull-requests: write, contents: read }');
    const project = { ...PROJECT, '.github/workflows/called.yml': called };
    const job = `call: { uses: '${SLUG}/.github/workflows/called.yml@v1', with: { text: hi } }`;
    const refused = await runOnce(caller(job, 'permissions: { contents: write }'), { project });
    expect(refused).toMatchObject({ conclusion: 'failure', jobs: [] });
    expect(refused.error).toBe(
      `Error calling workflow '${SLUG}/.github/workflows/called.yml@v1'. The nested job 'say' is requesting 'pull-requests: write', but is only allowed 'pull-requests: none'.`,
    );
    const granted = await runOnce(caller(job, 'permissions: { contents: read, pull-requests: write }'), { project });
    expect(granted.conclusion).toBe('success');
    const unsaid = await runOnce(caller(job), { project });
    expect(unsaid.error).toMatch(/only allowed 'pull-requests: none'/);
  });

  it.each([
    ['an unknown input', 'text: a, bogus: 1', /Invalid input, bogus is not defined in the referenced workflow/],
    ['a missing input', 'flag: true', /Input text is required, but not provided/],
    ['a wrong type', "text: a, count: 'many'", /input 'count' must be a number, not 'many'/],
    ['a text for a flag', "text: a, flag: 'true'", /input 'flag' must be a boolean, not 'true'/],
  ])('refuse %s', async (_, given, message) => {
    const result = await runOnce(caller(`call: { uses: './.github/workflows/called.yml', with: { ${given} } }`), {
      files: { '.github/workflows/called.yml': CALLED, 'actions/tool/action.yml': PROJECT['actions/tool/action.yml'] },
    });
    expect(result.conclusion).toBe('failure');
    expect(result.error ?? result.jobs.map(({ error }) => error).join()).toMatch(message);
  });

  it('nest ten levels deep at most', async () => {
    const file = (uses: string): string => `on: workflow_call\njobs: { n: { uses: $/.github/workflows/${uses}.yml } }`;
    const last = 'on: workflow_call\njobs: { n: { runs-on: x, steps: [{ run: echo deep }] } }';
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, index) => [
          `.github/workflows/l${index}.yml`,
          index === length - 1 ? last : file(`l${index + 1}`),
        ]),
      );
    const job = `n: { uses: ${SLUG}/.github/workflows/l0.yml@v1 }`;
    const fine = await runOnce(caller(job), { project: chain(9) });
    expect(fine.jobs.map(({ name }) => name)).toEqual([Array(10).fill('n').join(' / ')]);
    const deep = await runOnce(caller(job), { project: chain(10) });
    expect(deep.error).toMatch(/nested 10 levels deep at most/);
    const circle = await runOnce(caller(job), { project: { '.github/workflows/l0.yml': file('l0') } });
    expect(circle.error).toMatch(/nested 10 levels deep at most/);
  });
});
