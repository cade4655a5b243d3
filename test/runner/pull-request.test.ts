import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PullRequest } from '../github/types.js';
import { gitIn, jobOf, openWorkbench, printed, type Workbench } from './workbench.js';

const WORKFLOW = `
name: CI
on:
  pull_request: { branches: [main], paths: ['src/**'] }
permissions: { contents: read, pull-requests: write }
jobs:
  check:
    runs-on: x
    steps:
      - uses: actions/checkout@v4
      - run: |
          cat src/a.txt base.txt
          git rev-parse HEAD
          git log --format=%s -1
          git rev-list --count HEAD
          echo "$GITHUB_REF $GITHUB_HEAD_REF $GITHUB_BASE_REF $GITHUB_SHA"
          echo "\${{ github.event.pull_request.head.sha }} key=\${{ secrets.KEY }}."
      - env: { TITLE: '\${{ github.event.pull_request.title }}' }
        run: printf '%s\\n' "$TITLE" "\${{ github.event.action }}"
      - uses: actions/checkout@v4
        with: { ref: '\${{ github.event.pull_request.head.sha }}', fetch-depth: 0, path: deep }
      - run: cd deep; git rev-list --count HEAD; git rev-parse origin/main HEAD
      - run: |
          const { GITHUB_API_URL, GITHUB_REPOSITORY, TOKEN } = process.env;
          const request = { method: 'POST', headers: { authorization: 'token ' + TOKEN }, body: '{"body":"x"}' };
          fetch(GITHUB_API_URL + '/repos/' + GITHUB_REPOSITORY + '/issues/1/comments', request).then(({ status }) => console.log(status));
        shell: node {0}
        env: { TOKEN: '\${{ github.token }}' }
`;

async function open(title: string, fork: boolean, files: Record<string, string> = { 'src/a.txt': 'new\n' }) {
  const bench = await openWorkbench({ '.github/workflows/ci.yml': WORKFLOW, 'src/a.txt': 'old\n', 'base.txt': 'base\n' });
  const base = gitIn(join(bench.root, 'repository'), 'rev-parse', 'main').trim();
  const head = bench.commit(files, 'feature');
  const repository = fork
    ? bench.github.createRepository({
        owner: 'mallory',
        name: 'models',
        forkOf: bench.repository,
        gitDirectory: bench.repository.gitDirectory!,
      })
    : bench.repository;
  const advanced = bench.commit({ 'base.txt': 'newer base\n' }, 'main');
  const pullRequest = bench.github.openPullRequest({
    title,
    user: repository.owner,
    head: { ref: 'feature', sha: head, repository },
    base: { ref: 'main', sha: advanced, repository: bench.repository },
  });
  return { bench, pullRequest, head, base: advanced, older: base };
}

const runs = (bench: Workbench, pullRequest: PullRequest) => bench.pullRequest(pullRequest, { secrets: { KEY: 'hunter2' } });

describe('pull requests', () => {
  it('run on the merge commit, with the head in the payload', async () => {
    const { bench, pullRequest, head, base } = await open('Deeper trees', false);
    try {
      const [result] = await runs(bench, pullRequest);
      const [again] = await runs(bench, pullRequest);
      const text = printed(jobOf(result!, 'check'));
      const [, sha] = /refs\/pull\/1\/merge feature main ([0-9a-f]{40})/.exec(text)!;
      expect(text).toContain(`new\nnewer base\n${sha}\nMerge ${head} into ${base}\n1\n`);
      expect(sha).not.toBe(head);
      expect(text).toContain(`${head} key=***.`);
      expect(text).toContain(`2\n${base}\n${head}\n201`);
      expect(printed(jobOf(again!, 'check'))).toContain(sha);
      expect(result!.run).toMatchObject({ headSha: head, headBranch: 'feature', event: 'pull_request', number: 1 });
      expect(again!.run.number).toBe(2);
    } finally {
      await bench.close();
    }
  });

  it('of forks get no secrets and a token that can only read, and a hostile title is only text', async () => {
    const marker = `hacked-${process.pid}`;
    const title = `$(touch /tmp/${marker}) \`touch /tmp/${marker}\` "; touch /tmp/${marker}; ' \${{ secrets.KEY }}`;
    const { bench, pullRequest } = await open(title, true);
    try {
      const [result] = await runs(bench, pullRequest);
      const job = jobOf(result!, 'check');
      expect(printed(job)).toContain(`${title}\nopened`);
      expect(printed(job)).toContain('key=.');
      expect(printed(job)).toMatch(/403$/);
      expect(job.conclusion).toBe('success');
      expect(existsSync(`/tmp/${marker}`)).toBe(false);
      expect(result!.run.headRepository.owner).toBe('mallory');
    } finally {
      await bench.close();
    }
  });

  it('start nothing when no path fits, and are an error when they conflict', async () => {
    const elsewhere = await open('Docs', false, { 'docs/a.md': 'x' });
    expect(await runs(elsewhere.bench, elsewhere.pullRequest)).toEqual([]);
    await elsewhere.bench.close();
    const conflict = await open('Conflict', false, { 'base.txt': 'mine\n' });
    await expect(runs(conflict.bench, conflict.pullRequest)).rejects.toThrow(/pull request #1 conflicts with its base/);
    await conflict.bench.close();
  });
});

describe('pushes', () => {
  it('start what their branch, tag or paths fit, and wrong files are failed runs', async () => {
    const job = 'jobs: { a: { runs-on: x, steps: [{ run: echo }] } }';
    const bench = await openWorkbench({
      '.github/workflows/branch.yml': `name: Branch\non: { push: { branches: ['rel/**'] } }\n${job}`,
      '.github/workflows/tag.yml': `name: Tag\non: { push: { tags: ['v*'] } }\n${job}`,
      '.github/workflows/any.yaml': `name: Any\non: [push]\n${job}`,
      '.github/workflows/note.txt': 'no workflow',
    });
    try {
      const names = async (ref: string) => (await bench.push({}, ref)).map(({ workflow }) => workflow);
      expect(await names('refs/heads/main')).toEqual(['Any']);
      gitIn(join(bench.root, 'repository'), 'tag', 'v1');
      expect(await names('refs/tags/v1')).toEqual(['Any', 'Tag']);
      bench.commit({ '.github/workflows/any.yaml': 'on: push\njobs: 3' }, 'rel/1');
      const broken = await bench.push({}, 'refs/heads/rel/1');
      expect(broken.map(({ conclusion, error }) => [conclusion, error?.split('\n')[0]])).toEqual([
        ['failure', '.github/workflows/any.yaml:2:7: jobs must be a mapping of keys to values'],
        ['success', undefined],
      ]);
    } finally {
      await bench.close();
    }
  });
});
