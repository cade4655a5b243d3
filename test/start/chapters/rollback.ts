import type { Chapter } from '../story/chapter.js';
import { expectThat, outputOf, runOf } from '../story/expectation.js';
import { expectInProduction } from './production.js';
import { stageLines } from './words.js';

/** Production goes back to the version before; history is not rewritten. */
export const rollback: Chapter = {
  title: 'A rollback',
  why:
    'Something is wrong in production. rollback.yml gives the stage back to the version that had it before: one more tag, ' +
    'and nothing is trained, rewritten or lost.',
  async tell(story) {
    const versions = story.need('production');
    const [target, current] = [versions.at(-2)!, versions.at(-1)!];
    const reason = 'Complaints from two airports since the morning';
    const run = runOf(await story.dispatch('rollback.yml', { stage: 'production', reason }), 'rollback');
    const version = outputOf(run, 'rollback', 'Rollback', 'version');
    expectThat(target.endsWith(`@${version}`), `a rollback to ${target}`, version);
    await expectInProduction(story, target);
    const history = await story.history();
    return {
      tone: 'neutral',
      outcome: `Production went back from ${current} to ${version} (tag ${outputOf(run, 'rollback', 'Rollback', 'tag')}). History is not rewritten.`,
      look: stageLines(history),
      links: [await story.evidence.history(history)],
      state: { production: versions.slice(0, -1), promotion: run },
    };
  },
};
