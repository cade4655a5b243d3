import { describe, expect, it } from 'vitest';
import { UserError } from '../../shared/core/errors.js';
import { parseWorkflow } from './workflow.js';

const PATH = '.github/workflows/ci.yml';

function problemsOf(text: string): string[] {
  try {
    parseWorkflow(PATH, text);
  } catch (error) {
    if (error instanceof UserError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('parseWorkflow', () => {
  it('reads triggers, jobs and calls', () => {
    const workflow = parseWorkflow(
      PATH,
      `
name: CI
on:
  push: { branches: [main], paths-ignore: ['**.md'] }
  schedule: [{ cron: '0 5 * * 1', timezone: Europe/Berlin }]
  workflow_dispatch: { inputs: { level: { type: choice, options: [a, b] } } }
  workflow_call:
    inputs: { spec: { type: string, default: mlops.yaml } }
    outputs: { verdict: { value: '\${{ jobs.judge.outputs.verdict }}' } }
permissions: {}
concurrency: { group: '\${{ github.ref }}', cancel-in-progress: true }
cache-mode: read
jobs:
  judge:
    runs-on: [self-hosted, '\${{ inputs.spec }}']
    environment: { name: production, url: 'https://x', deployment: false }
    permissions: read-all
    steps:
      - &step
        run: echo
      - *step
  call:
    needs: judge
    uses: $/.github/workflows/other.yml
    secrets: inherit
`,
    );
    expect([...workflow.triggers.keys()]).toEqual(['push', 'schedule', 'workflow_dispatch', 'workflow_call']);
    expect(workflow.triggers.get('push')).toEqual({ branches: ['main'], pathsIgnore: ['**.md'] });
    expect(workflow.jobs.get('judge')?.steps).toHaveLength(2);
    expect(workflow.jobs.get('judge')?.permissions).toMatchObject({ contents: 'read', 'id-token': 'none' });
    expect(workflow.permissions).toMatchObject({ contents: 'none', metadata: 'read' });
    expect(workflow.jobs.get('call')).toMatchObject({ needs: ['judge'], secrets: 'inherit' });
  });

  it('tells every mistake at once, with line and column', () => {
    const problems = problemsOf(`on: [push, pusch]
permissons: read-all
jobs:
  one:
    runs-on: ubuntu-latest
    if: env.X == '1'
    needs: [nobody]
    steps:
      - run: echo \${{ secrets.KEY
      - uses: ./a
        run: echo
      - name: \${{ foo.bar }}
        rum: echo
      - if: secrets.KEY != ''
        run: echo
  two:
    steps: [{ run: echo }]
    permissions: { content: read }
`);
    const expected = [
      /^\.github\/workflows\/ci\.yml:2:1: unknown key 'permissons' in a workflow; did you mean 'permissions'\?/,
      /:1:12: an event of on must be .* not 'pusch'/,
      /:6:9: if of job 'one': .*Unrecognized named-value: 'env'/,
      /:9:14: \$\{\{ is not closed/,
      /:10:9: a step needs either run or uses/,
      /:12:15: .*Unrecognized named-value: 'foo'/,
      /:13:9: unknown key 'rum' in a step; did you mean 'run'\?/,
      /:14:13: if: .*Unrecognized named-value: 'secrets'/,
      /:16:3: job 'two' needs runs-on/,
      /:18:20: unknown key 'content' in permissions; did you mean 'contents'\?/,
      /:4:3: job 'one' needs 'nobody', which is not a job/,
    ];
    for (const pattern of expected)
      expect(
        problems.filter((problem) => pattern.test(problem)),
        String(pattern),
      ).toHaveLength(1);
  });

  it('refuses circles, syntax errors, containers and repeated ids', () => {
    const job = (needs: string): string => `{ needs: ${needs}, runs-on: x, steps: [{ run: echo }] }`;
    expect(problemsOf(`on: push\njobs:\n  a: ${job('b')}\n  b: ${job('a')}\n`)[0]).toMatch(/waits for itself: a -> b -> a/);
    expect(problemsOf('on: push\njobs:\n  a: {{')[0]).toMatch(/^\.github\/workflows\/ci\.yml:3:\d+: /);
    expect(problemsOf('on: push\njobs: { a: { runs-on: x, container: node, steps: [{ run: echo }] } }')[0]).toMatch(
      /needs Docker/,
    );
    expect(problemsOf('on: push\njobs: { a: { runs-on: x, steps: [{ id: x, run: a }, { id: X, run: a }] } }')[0]).toMatch(
      /used by another/,
    );
    expect(problemsOf('on: push\non: pull_request')[0]).toMatch(/unique/);
    expect(problemsOf('')).toHaveLength(2);
    expect(problemsOf("on: { push: { branches: ['!x'] } }\njobs: { a: { runs-on: x, steps: [{ run: a }] } }")[0]).toMatch(
      /without '!'/,
    );
  });
});
