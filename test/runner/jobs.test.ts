import { describe, expect, it } from 'vitest';
import { jobOf, openWorkbench, printed, runOnce } from './workbench.js';

const conclusions = (result: Awaited<ReturnType<typeof runOnce>>): Record<string, string> => {
  return Object.fromEntries(result.jobs.map((job) => [job.name, job.conclusion]));
};

describe('jobs', () => {
  it('hands failures and skips on as GitHub does, over all ancestors', async () => {
    const result = await runOnce(`
on: push
jobs:
  bad: { runs-on: x, steps: [{ run: exit 3 }] }
  after: { needs: bad, runs-on: x, steps: [{ run: echo }] }
  always: { needs: after, if: always(), runs-on: x, steps: [{ run: 'echo \${{ needs.after.result }}' }] }
  below: { needs: always, runs-on: x, steps: [{ run: echo }] }
  onfail: { needs: always, if: failure(), runs-on: x, steps: [{ run: echo }] }
  free: { runs-on: x, steps: [{ run: echo }] }
  lenient: { continue-on-error: true, runs-on: x, steps: [{ run: exit 1 }] }
  afterlenient: { needs: lenient, runs-on: x, steps: [{ run: 'echo \${{ needs.lenient.result }}' }] }
  never: { if: "github.event_name == 'schedule'", runs-on: x, steps: [{ run: echo }] }
`);
    expect(conclusions(result)).toEqual({
      bad: 'failure',
      after: 'skipped',
      always: 'success',
      below: 'skipped',
      onfail: 'success',
      free: 'success',
      lenient: 'failure',
      afterlenient: 'success',
      never: 'skipped',
    });
    expect(printed(jobOf(result, 'always'))).toBe('skipped');
    expect(jobOf(result, 'bad').steps[0]?.annotations).toEqual([
      { level: 'error', message: 'Process completed with exit code 3.' },
    ]);
    expect(result.conclusion).toBe('failure');
  });

  it('runs jobs that need not wait at the same time, within the limit', async () => {
    const both = `
on: push
jobs:
  one: { runs-on: x, steps: [{ run: 'touch "$MARKS/one"; for i in $(seq 100); do [ -e "$MARKS/two" ] && exit 0; sleep 0.05; done; exit 1' }] }
  two: { runs-on: x, steps: [{ run: 'touch "$MARKS/two"; for i in $(seq 100); do [ -e "$MARKS/one" ] && exit 0; sleep 0.05; done; exit 1' }] }
`;
    const bench = await openWorkbench({
      '.github/workflows/ci.yml': both.replace('jobs:', 'env: { MARKS: "${{ vars.MARKS }}" }\njobs:'),
    });
    try {
      const [parallel] = await bench.push({ vars: { MARKS: bench.root }, parallel: 2 });
      expect(parallel?.conclusion).toBe('success');
      const started = bench.updates
        .filter(({ kind }) => kind === 'job-started' || kind === 'job-finished')
        .map(({ kind }) => kind);
      expect(started).toEqual(['job-started', 'job-started', 'job-finished', 'job-finished']);
    } finally {
      await bench.close();
    }
  });

  it('makes a matrix of an output, with its own names, outputs and fail-fast', async () => {
    const result = await runOnce(`
on: push
jobs:
  plan:
    runs-on: x
    outputs: { packs: '\${{ steps.p.outputs.packs }}' }
    steps: [{ id: p, run: 'echo "packs=[{\\"id\\":1,\\"lr\\":0.1},{\\"id\\":2,\\"lr\\":0.5}]" >> "$GITHUB_OUTPUT"' }]
  trial:
    needs: plan
    runs-on: x
    strategy: { max-parallel: 1, matrix: { pack: '\${{ fromJSON(needs.plan.outputs.packs) }}' } }
    outputs: { last: '\${{ steps.t.outputs.lr }}' }
    steps:
      - id: t
        run: echo "lr=\${{ matrix.pack.lr }}" >> "$GITHUB_OUTPUT"; echo "\${{ strategy.job-index }}/\${{ strategy.job-total }}"
  best:
    needs: trial
    runs-on: x
    steps: [{ run: 'echo \${{ needs.trial.outputs.last }}' }]
  fast:
    name: fast \${{ matrix.n }}
    runs-on: x
    strategy: { max-parallel: 1, matrix: { n: [1, 2] } }
    steps: [{ run: exit 1 }]
`);
    expect(conclusions(result)).toEqual({
      plan: 'success',
      'trial (1, 0.1)': 'success',
      'trial (2, 0.5)': 'success',
      best: 'success',
      'fast 1': 'failure',
      'fast 2': 'cancelled',
    });
    expect(printed(jobOf(result, 'trial (2, 0.5)'))).toBe('1/2');
    expect(printed(jobOf(result, 'best'))).toBe('0.5');
  });

  it('fails a job whose matrix is empty, unless its condition skips it first', async () => {
    const job = `{ needs: plan, runs-on: x, strategy: { matrix: { a: '\${{ fromJSON(needs.plan.outputs.list) }}' } }, steps: [{ run: echo }]`;
    const result = await runOnce(`
on: push
jobs:
  plan: { runs-on: x, outputs: { list: '[]' }, steps: [{ run: echo }] }
  empty: ${job} }
  guarded: ${job}, if: "needs.plan.outputs.list != '[]'" }
`);
    expect(conclusions(result)).toEqual({ plan: 'success', empty: 'failure', guarded: 'skipped' });
    expect(jobOf(result, 'empty').error).toMatch(/Matrix vector 'a' does not contain any values/);
  });

  it('stops steps and jobs that take too long, with everything they started', async () => {
    const started = performance.now();
    const result = await runOnce(`
on: push
jobs:
  step:
    runs-on: x
    steps:
      - run: sleep 60 & sleep 60
        timeout-minutes: 1
      - run: echo never
      - run: echo cleaned
        if: always()
  job:
    runs-on: x
    timeout-minutes: 1
    steps:
      - run: sleep 60
      - run: echo never
      - run: echo cancelled
        if: cancelled()
`);
    expect(performance.now() - started).toBeLessThan(15_000);
    const step = jobOf(result, 'step');
    expect(step.steps.map(({ conclusion }) => conclusion)).toEqual(['failure', 'skipped', 'success']);
    expect(step.steps[0]?.annotations.at(-1)?.message).toMatch(/has timed out after 1 minutes/);
    const job = jobOf(result, 'job');
    expect(job.conclusion).toBe('cancelled');
    expect(job.error).toMatch(/maximum execution time of 1 minutes/);
    expect(job.steps.map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'skipped', 'success']);
  });

  it('refuses outputs over 1 MB, leaves out those with secrets, and masks logs', async () => {
    const result = await runOnce(
      `
on: push
jobs:
  big:
    runs-on: x
    outputs: { text: '\${{ steps.s.outputs.text }}' }
    steps: [{ id: s, run: 'printf "text=%0600000d\\n" 1 >> "$GITHUB_OUTPUT"' }]
  secret:
    runs-on: x
    outputs: { leak: 'x\${{ secrets.KEY }}', fine: ok }
    steps: [{ run: 'echo "key=$KEY token=\${{ github.token }}" | tee -a "$GITHUB_STEP_SUMMARY"', env: { KEY: '\${{ secrets.KEY }}' } }]
`,
      { secrets: { KEY: 'hunter2' } },
    );
    expect(jobOf(result, 'big').error).toMatch(/outputs of the job have 1,200,008 bytes/);
    const secret = jobOf(result, 'secret');
    expect(secret.outputs).toEqual({ fine: 'ok' });
    expect(printed(secret)).toBe('key=*** token=***');
    expect(secret.summaries).toEqual(['key=*** token=***\n']);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('knows shells, defaults, working directories, continue-on-error and hashFiles', async () => {
    const result = await runOnce(
      `
on: push
defaults: { run: { working-directory: sub } }
jobs:
  shells:
    runs-on: x
    steps:
      - uses: actions/checkout@v4
      - run: pwd; false | true
        shell: bash
        continue-on-error: true
        id: pipe
      - run: basename "$PWD"; echo "\${{ steps.pipe.outcome }} \${{ steps.pipe.conclusion }}"
      - run: print("python", 1 + 1)
        shell: python
      - run: console.log('node', 6 * 7)
        shell: node {0}
        working-directory: .
      - run: echo "\${{ hashFiles('sub/*.txt') }}"
        shell: sh
      - run: echo
        shell: fish
`,
      { files: { 'sub/a.txt': 'a' } },
    );
    const job = jobOf(result, 'shells');
    expect(printed(job)).toMatch(/sub\nfailure success\npython 2\nnode 42\n[0-9a-f]{64}\n##\[error\]shell 'fish' is not known/);
  });

  it('is cancelled from outside', async () => {
    const stop = new AbortController();
    const onProgress = (update: { kind: string }): void => {
      if (update.kind === 'step-started') stop.abort();
    };
    const workflow =
      'on: push\njobs: { a: { runs-on: x, steps: [{ run: sleep 60 }] }, b: { needs: a, runs-on: x, steps: [{ run: echo }] } }';
    const result = await runOnce(workflow, { signal: stop.signal, onProgress });
    expect(conclusions(result)).toEqual({ a: 'cancelled', b: 'cancelled' });
    expect(result.conclusion).toBe('cancelled');
  });
});
