import type { RunResult } from '../../runner/result.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, outputOf, runOf } from '../story/expectation.js';
import type { Story } from '../story/story.js';

/** The newest version gets the stage production. */
export const production: Chapter = {
  title: 'To production',
  why:
    'Somebody starts promote.yml. A job that can only read judges the version once more; the next one verifies it from the tag ' +
    'down, asks the gates by what the first has found, and gives it the stage production, since it had the one before.',
  async tell(story) {
    const { tag, assignment } = await promoteToProduction(story, 'Two days in staging without a complaint');
    return {
      tone: 'good',
      outcome: `${tag} is in production (tag ${assignment}). From now on it is the champion of every pull request.`,
      links: [await story.evidence.history(await story.history())],
      state: { production: [...producedBefore(story), tag] },
    };
  },
};

/** Gives the newest version the stage production. */
export async function promoteToProduction(
  story: Story,
  reason: string,
): Promise<{ tag: string; assignment: string; run: RunResult }> {
  const tag = story.need('latest');
  const run = runOf(await story.dispatch('promote.yml', { model: tag, stage: 'production', reason }), 'promote');
  const assignment = outputOf(run, 'promote', 'Promote', 'tag');
  await expectInProduction(story, tag);
  return { tag, assignment, run };
}

/** @throws Unexpected unless the registry says so, read over the API */
export async function expectInProduction(story: Story, tag: string): Promise<void> {
  const { versions } = await story.history();
  const live = versions.filter(({ stages }) => stages.includes('production')).map((version) => version.tag);
  expectThat(live.join() === tag, `${tag} in production`, live.join(', ') || 'nothing');
}

/** The versions that have had production, oldest first. */
export function producedBefore(story: Story): readonly string[] {
  return story.has('production') ? story.need('production') : [];
}
