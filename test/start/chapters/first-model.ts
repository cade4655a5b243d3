import { plainHeadline } from '../../../shared/report/comparison.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, jobOf, outputOf, runOf } from '../story/expectation.js';
import { scoreText } from './words.js';

/** The first push: the data is explored, and the first model becomes a version. */
export const firstModel: Chapter = {
  title: 'A push to main',
  why:
    'profile.yml looks into the data. release.yml trains the first model and judges it; its gates pass, so it becomes a ' +
    'version and gets the first stage. There is nothing to compare it with yet.',
  async tell(story) {
    const { git } = story.session;
    await story.project.fillMain(git);
    await story.project.story.addWorkflows(git);
    const runs = await story.push('Data, mlops.yaml and workflows');
    const release = runOf(runs, 'release');
    const profile = runOf(runs, 'profile');

    const tag = outputOf(release, 'register', 'Register', 'tag');
    const comparison = await story.judged(release, 'the first push', tag);
    expectThat(comparison.verdict === 'first model', 'the verdict first model', comparison.verdict);
    const { name } = await story.spec();
    expectThat(tag === `${name}@v1.0.0`, `the version ${name}@v1.0.0`, tag);
    const stage = outputOf(release, 'register', 'Promote', 'tag');
    expectThat((await story.tags()).includes(stage), `the tag ${stage}`, (await story.tags()).join(', '));

    const report = story.evidence.artifact(profile, `${name}-profile`)?.get('profile.html');
    expectThat(report !== undefined, 'profile.html among the artifacts of profile.yml', 'none');
    const page = await story.evidence.file('profile.html', report);
    const findings = /\d[\d,]* rows, .*/.exec(
      jobOf(profile, 'profile')
        .steps.map(({ log }) => log)
        .join('\n'),
    )?.[0];
    return {
      tone: 'good',
      outcome: `${tag} is registered and has the stage staging. ${scoreText(comparison)}; ${plainHeadline(comparison)}.`,
      links: [{ label: 'Profile', note: findings ?? 'of the data', href: page }, ...(await story.version(tag))],
      state: { latest: tag },
    };
  },
};
