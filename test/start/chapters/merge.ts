import type { Chapter } from '../story/chapter.js';
import { expectThat, jobOf, outputOf, runOf } from '../story/expectation.js';
import type { Story } from '../story/story.js';
import { scoreText } from './words.js';

/** The merged pull request becomes a version. */
export const merge: Chapter = {
  title: 'The merge becomes a version',
  why:
    'The pull request is merged, which is a push to main. release.yml judges what main is now, writes an annotated tag and a ' +
    'release with model, card and bill of materials, and gives the version the stage staging.',
  async tell(story) {
    const { tag, why, score, links } = await mergeAndRegister(story);
    return {
      tone: 'good',
      outcome: `${tag} is registered${why} and has the stage staging. ${score}.`,
      links,
      state: { latest: tag },
    };
  },
};

/** Merges the open pull request; what main is then has to become a new version with the first stage. */
export async function mergeAndRegister(story: Story) {
  const opened = story.need('pullRequest');
  const run = runOf(await story.merge(opened), 'release');
  const tag = outputOf(run, 'register', 'Register', 'tag');
  const comparison = await story.judged(run, `merge of #${opened.number}`, tag);
  const created = outputOf(run, 'register', 'Register', 'created');
  expectThat(created === 'true' && tag !== story.need('latest'), 'a new version', tag);
  const stage = outputOf(run, 'register', 'Promote', 'tag');
  expectThat((await story.tags()).includes(stage), `the tag ${stage}`, 'none of that name');
  const said = /Registered \S+ \((.*)\)/.exec(
    jobOf(run, 'register')
      .steps.map(({ log }) => log)
      .join('\n'),
  )?.[1];
  return {
    ...{ tag, comparison, score: scoreText(comparison), links: await story.version(tag) },
    why: said === undefined ? '' : ` (${said})`,
  };
}
