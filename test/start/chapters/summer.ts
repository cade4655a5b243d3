import type { Health } from '../../../shared/monitoring/health.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, jobOf, outputOf, runOf } from '../story/expectation.js';
import { jsonOf, stateLines } from './health-words.js';
import { jobHref } from './live.js';
import { trafficUntil } from './traffic.js';

/** The rest of the traffic is the new version's, and the next look at it. */
export const summer: Chapter = {
  title: 'The new version, a month later',
  why:
    'The rest of June is asked for, now at the version that was trained last. The schedule comes again: the monitor looks at the ' +
    'new version by its own training rows, brings the issue up to date, and nothing is trained when nothing asks for it.',
  async tell(story) {
    const { github, repository } = story.session;
    const { name } = await story.spec();
    const [, night] = story.project.story.service!.nights;
    const told = await trafficUntil(story, night, 2);
    const run = runOf(await story.schedule(story.need('cron')), 'retrain');
    const health = jsonOf<Health>(story, run, `${name}-health`, 'health.json');
    expectThat(story.need('latest').endsWith(`@${health.version}`), `a look at ${story.need('latest')}`, health.version);
    expectThat(jobOf(run, 'judge').conclusion === 'skipped', 'no training', jobOf(run, 'judge').conclusion);
    const reasons = JSON.parse(outputOf(run, 'watch', 'Decide', 'reasons')) as string[];
    const [issue, ...others] = github.issues(repository);
    expectThat(issue !== undefined && others.length === 0, 'the one issue', `${others.length + (issue ? 1 : 0)} issues`);
    const state = health.healthy ? 'closed' : 'open';
    expectThat(issue.state === state, `the issue to be ${state}`, issue.state);
    return {
      tone: health.healthy ? 'good' : 'bad',
      outcome: `${told.text} Issue #${issue.number} is ${issue.state}: ${issue.title}. Not trained again: ${reasons.join('; ')}.`,
      look: [told.look, stateLines(health)].join('\n\n'),
      links: [
        ...(await story.evidence.issue(issue, 'a-month-later')),
        { label: 'Monitor report', note: 'and the decision', href: jobHref(run, 'watch') },
        ...told.links,
      ],
    };
  },
};
