import type { Chapter } from '../story/chapter.js';
import { expectAnswerBy, expectDeployed } from './live.js';
import { rollback } from './rollback.js';

/** Production goes back to the version before, and the server with it. */
export const goingBack: Chapter = {
  title: 'Going back',
  why:
    'Somebody does not trust the new version and starts rollback.yml: the stage goes back to the version that had it before, ' +
    'by one more tag, and the next job brings that version back to the server.',
  async tell(story) {
    const end = await rollback.tell(story);
    story.handOn(end.state ?? {});
    const tag = story.need('production').at(-1)!;
    const deployed = await expectDeployed(story, story.need('promotion'), 'deploy', tag);
    const answer = await expectAnswerBy(story, tag);
    return {
      ...end,
      outcome: `${end.outcome} The server answers with ${answer.version} again.`,
      look: `${answer.look}\n\n${end.look}`,
      links: [...end.links, ...deployed.links],
    };
  },
};
