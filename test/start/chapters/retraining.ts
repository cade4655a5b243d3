import type { Health } from '../../../shared/monitoring/health.js';
import type { RetrainingDecision } from '../../../shared/monitoring/retraining.js';
import { plainHeadline } from '../../../shared/report/comparison.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, outputOf, runOf } from '../story/expectation.js';
import { jsonOf, stateLines } from './health-words.js';
import { expectAnswerBy, expectDeployed, jobHref } from './live.js';
import { expectInProduction, producedBefore } from './production.js';
import { scoreText } from './words.js';

/** As retrain.yml of the sample writes it. */
const CRON = '17 4 * * *';

/** The schedule comes: the live model is looked at, the issue opened, and another model trained, judged and rolled out. */
export const retraining: Chapter = {
  title: 'The schedule: alarm, training, rollout',
  why:
    'It is night, and the schedule starts retrain.yml. The monitor holds the traffic against the rows that the model learned from, and ' +
    'its answers against what turned out to be true, four weeks at a time; two bad windows in a row are an alarm, and open an issue. ' +
    '(Real flights drift little; this team asks to hear of far smaller moves than the default.) ' +
    'Whether to train again is decided by the rules of mlops.yaml. Then all rows are trained on, the newest judge, and what passes ' +
    'is registered, promoted and rolled out, all in one run.',
  async tell(story) {
    const { github, repository } = story.session;
    const { name } = await story.spec();
    const before = story.need('production').at(-1)!;
    const run = runOf(await story.schedule(CRON), 'retrain');

    const health = jsonOf<Health>(story, run, `${name}-health`, 'health.json');
    const decision = jsonOf<RetrainingDecision>(story, run, `${name}-retraining`, 'retraining.json');
    const [issue, ...others] = github.issues(repository);
    expectThat(issue !== undefined && others.length === 0, 'one issue', `${others.length + (issue ? 1 : 0)} issues`);
    expectThat(!health.healthy && issue.state === 'open', 'an alarm and an open issue', `${health.healthy}, ${issue.state}`);

    const tag = outputOf(run, 'register', 'Register', 'tag');
    const comparison = await story.judged(run, 'the scheduled training', tag);
    expectThat(!comparison.blocked && tag !== before, 'a new version', `${tag}: ${plainHeadline(comparison)}`);
    await expectInProduction(story, tag);
    const deployed = await expectDeployed(story, run, 'release', tag);
    const answer = await expectAnswerBy(story, tag);
    return {
      tone: 'good',
      outcome:
        `Issue #${issue.number} is open: ${issue.title}. Trained again because of ${decision.reasons.join('; ')}: ` +
        `${plainHeadline(comparison)}, ${scoreText(comparison)}. ${tag} is registered, in production and live.`,
      look: [stateLines(health), answer.look].join('\n\n'),
      links: [
        ...(await story.evidence.issue(issue, 'opened')),
        { label: 'Monitor report', note: 'and the decision', href: jobHref(run, 'watch') },
        { label: 'Comparison', href: jobHref(run, 'judge') },
        ...deployed.links,
        ...(await story.version(tag)),
      ],
      state: { cron: CRON, latest: tag, production: [...producedBefore(story), tag] },
    };
  },
};
