import { describe, expect, it } from 'vitest';
import { rerun } from './runner.js';
import { jobOf, openWorkbench, printed } from './workbench.js';

describe('a further attempt of a run', () => {
  const FLAKY = `
on: push
jobs:
  sure: { runs-on: x, outputs: { at: '\${{ steps.s.outputs.at }}' }, steps: [{ id: s, run: 'echo "at=\${{ github.run_attempt }}" >> "$GITHUB_OUTPUT"' }] }
  flaky: { needs: sure, runs-on: x, steps: [{ run: 'echo "\${{ needs.sure.outputs.at }} of \${{ github.run_attempt }}"; [ "\${{ github.run_attempt }}" != 1 ]' }] }
`;
  it('runs all jobs again, or only those that did not succeed', async () => {
    const bench = await openWorkbench({ '.github/workflows/ci.yml': FLAKY });
    try {
      const [first] = await bench.push();
      expect(first?.conclusion).toBe('failure');
      const { github, repository, project, root: temp } = bench;
      const sha = first!.run.headSha;
      const options = { github, repository, project, temp, event: { name: 'push', ref: 'refs/heads/main', sha } } as const;
      const second = await rerun(options, first!, 'failed');
      expect(second).toMatchObject({ conclusion: 'success', run: { id: first!.run.id, attempt: 2 } });
      expect(printed(jobOf(second, 'flaky'))).toBe('1 of 2');
      const third = await rerun(options, second);
      expect(printed(jobOf(third, 'flaky'))).toBe('3 of 3');
    } finally {
      await bench.close();
    }
  });
});
