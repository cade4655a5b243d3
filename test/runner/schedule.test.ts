import { describe, expect, it } from 'vitest';
import { runEvent } from './runner.js';
import { jobOf, openWorkbench, printed, runOnce } from './workbench.js';

describe('schedule', () => {
  const NIGHTLY = `
on: { schedule: [{ cron: '17 4 * * *' }, { cron: '0 6 * * MON', timezone: Europe/Berlin }] }
jobs: { tell: { runs-on: x, steps: [{ run: 'echo "$GITHUB_EVENT_NAME $GITHUB_REF \${{ github.event.schedule }} $GITHUB_ACTOR"' }] } }
`;
  it("starts the default branch's workflows that have the expression", async () => {
    const bench = await openWorkbench({
      '.github/workflows/nightly.yml': NIGHTLY,
      '.github/workflows/other.yml': NIGHTLY.replace('17', '18'),
    });
    try {
      bench.commit({ '.github/workflows/topic.yml': NIGHTLY }, 'topic');
      const { github, repository, project, root: temp } = bench;
      const at = (cron: string) => runEvent({ github, repository, project, temp, event: { name: 'schedule', cron } });
      const results = await at('17 4 * * *');
      expect(results.map(({ run }) => run.path)).toEqual(['.github/workflows/nightly.yml']);
      expect(printed(jobOf(results[0]!, 'tell'))).toBe('schedule refs/heads/main 17 4 * * * acme');
      expect((await at('0 6 * * MON')).length).toBe(2);
      expect(await at('1 1 1 1 1')).toEqual([]);
    } finally {
      await bench.close();
    }
  });

  it('with an expression that is none starts nothing', async () => {
    const result = await runOnce(
      NIGHTLY.replace('17 4', '77 4').replace('on: {', 'on: { push: {},').replace('Europe/Berlin', 'Berlin'),
    );
    expect(result.error).toContain("'77' is no minute");
    expect(result.error).toContain("timezone 'Berlin'");
  });
});
