import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitIn, jobOf, openWorkbench, printed } from './workbench.js';

const CI = 'name: CI\non: [push, pull_request]\njobs: { a: { runs-on: x, steps: [{ run: "exit ${{ vars.CODE || 0 }}" }] } }\n';
const REPORT = `
name: Report
on: { workflow_run: { workflows: [CI], types: [completed] } }
permissions: { contents: read, pull-requests: write }
jobs:
  report:
    runs-on: x
    steps:
      - uses: actions/checkout@v4
      - run: cat which.txt
      - run: |
          const { workflow_run: run } = require(process.env.GITHUB_EVENT_PATH);
          const { event, conclusion, status, head_branch, pull_requests } = run;
          console.log(process.env.GITHUB_REF, process.env.GITHUB_SHA);
          console.log(event, status, conclusion, head_branch, pull_requests.length, run.head_repository.full_name, run.head_sha);
          console.log('key', process.env.KEY.length);
          const request = { method: 'POST', headers: { authorization: 'token ' + process.env.TOKEN }, body: '{"body":"x"}' };
          fetch(process.env.GITHUB_API_URL + '/repos/acme/models/issues/1/comments', request).then(({ status }) => console.log(status));
        shell: node {0}
        env: { TOKEN: '\${{ github.token }}', KEY: '\${{ secrets.KEY }}' }
`;

const files = {
  '.github/workflows/ci.yml': CI,
  '.github/workflows/report.yml': REPORT,
  'which.txt': 'main\n',
};

describe('workflow_run', () => {
  it("of a fork's run: the default branch's file and code, the base's token and secrets, and no pull request", async () => {
    const bench = await openWorkbench(files);
    try {
      const folder = join(bench.root, 'repository');
      const base = gitIn(folder, 'rev-parse', 'main').trim();
      const mine = { 'which.txt': 'fork\n', '.github/workflows/report.yml': REPORT.replace('cat which.txt', 'echo evil') };
      const head = bench.commit(mine, 'patch-1');
      const fork = bench.github.createRepository({
        ...{ owner: 'mallory', name: 'models', forkOf: bench.repository, gitDirectory: folder },
      });
      const pullRequest = bench.github.openPullRequest({
        ...{ title: 'Patch', user: 'mallory', head: { ref: 'patch-1', sha: head, repository: fork } },
        base: { ref: 'main', sha: base, repository: bench.repository },
      });
      const results = await bench.pullRequest(pullRequest, { secrets: { KEY: 'hunter2' } });
      expect(results.map(({ workflow, run }) => [workflow, run.event])).toEqual([
        ['CI', 'pull_request'],
        ['Report', 'workflow_run'],
      ]);
      const { run } = results[1]!;
      expect(run).toMatchObject({ headBranch: 'main', headSha: base, headRepository: { owner: 'acme' }, actor: 'mallory' });
      const text = printed(jobOf(results[1]!, 'report'));
      expect(text).toContain(`main\nrefs/heads/main ${base}\n`);
      expect(text).toContain(`pull_request completed success patch-1 0 mallory/models ${head}\nkey 7\n201`);
    } finally {
      await bench.close();
    }
  });

  it('of an own run that failed; filters by name, type and branch; chains three levels deep', async () => {
    const job = 'jobs: { a: { runs-on: x, steps: [{ run: echo }] } }';
    const following = (name: string, workflows: string, more = 'types: [completed]') =>
      `name: ${name}\non: { workflow_run: { workflows: [${workflows}], ${more} } }\n${job}\n`;
    const bench = await openWorkbench({
      '.github/workflows/ci.yml': CI,
      '.github/workflows/b.yml': following('B', 'CI'),
      '.github/workflows/c.yml': following('C', 'B'),
      '.github/workflows/d.yml': following('D', 'C'),
      '.github/workflows/e.yml': following('E', 'D'),
      '.github/workflows/other.yml': following('Other', 'Nightly'),
      '.github/workflows/requested.yml': following('Requested', 'CI', 'types: [requested]'),
      '.github/workflows/branch.yml': following('Branch', 'CI', 'branches: ["rel/**"]'),
      '.github/workflows/broken.yml': 'on: workflow_run\njobs: 3\n',
    });
    try {
      const results = await bench.push({ vars: { CODE: '1' } });
      const names = (all: typeof results) => all.map(({ workflow }) => workflow).sort();
      expect(results.slice(0, 2).map(({ conclusion }) => conclusion)).toEqual(['failure', 'failure']);
      expect(names(results)).toEqual(['.github/workflows/broken.yml', 'B', 'C', 'CI', 'D', 'Requested']);
      bench.commit({ 'x.txt': 'x' }, 'rel/1');
      // Without types, the request, the begin and the end of a run start one each.
      expect(names(await bench.push({}, 'refs/heads/rel/1')).filter((name) => name === 'Branch')).toHaveLength(3);
    } finally {
      await bench.close();
    }
  });
});
