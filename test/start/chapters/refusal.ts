import { plainHeadline } from '../../../shared/report/comparison.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, jobOf, runOf } from '../story/expectation.js';
import { expectInProduction } from './production.js';
import { scoreText } from './words.js';

/** A change for the worse that reaches main does not become a version. */
export const refusal: Chapter = {
  title: 'A worse candidate is refused',
  why:
    'Somebody pushes a change for the worse straight to main, past the pull request. release.yml judges it against ' +
    'production; a gate fails, so the job that could register it never starts.',
  async tell(story) {
    const { project, session } = story;
    await session.git.checkout('main');
    const before = await story.tags();
    await project.story.worsen(session.git);
    const run = runOf(await story.push(project.story.worse), 'release', 'failure');
    const comparison = await story.judged(run, `a push: ${project.story.worse}`);
    expectThat(comparison.verdict === 'worse', 'the verdict worse', comparison.verdict);
    expectThat(
      jobOf(run, 'register').conclusion === 'skipped',
      'the job register to be skipped',
      jobOf(run, 'register').conclusion,
    );
    const tags = await story.tags();
    expectThat(tags.join() === before.join(), `the same ${before.length} tags as before`, tags.join(', '));
    await expectInProduction(story, story.need('production').at(-1)!);
    const judge = run.jobs.findIndex(({ name }) => name.endsWith('judge'));
    return {
      tone: 'bad',
      outcome: `Refused: ${plainHeadline(comparison)}. ${scoreText(comparison)}. Nothing was registered, and production is what it was.`,
      links: [{ label: 'Summary', note: 'why it was refused', href: `runs/${run.run.id}.html#job-${judge + 1}` }],
    };
  },
};
