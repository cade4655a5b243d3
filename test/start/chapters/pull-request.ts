import { plainHeadline } from '../../../shared/report/comparison.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, runOf } from '../story/expectation.js';
import { expectImprovement } from './improvement.js';
import { scoreText, topOfComment } from './words.js';

/** A change of features and parameters is judged, and its verdict posted as a comment and a check. */
export const pullRequest: Chapter = {
  title: 'A pull request',
  why:
    'Somebody changes features and parameters. model.yml trains the candidate and judges it against the version on main, ' +
    'both on the same held-out rows, and comments.',
  async tell(story) {
    const { project, session } = story;
    await session.git.branch(project.branch);
    await project.change(session.git);
    const { pullRequest: opened, runs } = await story.propose(project.title, project.branch);
    const run = runOf(runs, 'model');
    const comparison = await story.judged(run, `pull request #${opened.number}`);
    expectImprovement(story, comparison);
    const [comment, ...others] = session.github.comments(session.repository, opened.number);
    expectThat(comment !== undefined && others.length === 0, 'one comment', `${others.length + (comment ? 1 : 0)} comments`);
    const checks = session.github.checkRuns(session.repository, opened.head.sha).map(({ conclusion }) => conclusion);
    expectThat(checks.join() === 'success', 'a check that passes', checks.join(', ') || 'no check');
    const page = story.evidence.artifact(run, `${comparison.model}-comparison-`)?.get('comparison.html');
    expectThat(page !== undefined, 'comparison.html among the artifacts of model.yml', 'none');
    const report = await story.evidence.file('comparison.html', page);
    return {
      tone: 'good',
      outcome: `The comment says: ${plainHeadline(comparison)}. ${scoreText(comparison)}.`,
      look: topOfComment(comment.body),
      links: [
        ...(await story.evidence.pullRequest(opened)),
        { label: 'Report', note: 'every interval and curve', href: report },
      ],
      state: { pullRequest: opened },
    };
  },
};
