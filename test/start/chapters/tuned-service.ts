import type { Chapter } from '../story/chapter.js';
import { expectAnswerBy, expectDeployed } from './live.js';
import { tunedVersion } from './tuned-version.js';

/** What tuning has found becomes a version, and replaces the one that is live. */
export const tunedService: Chapter = {
  title: 'What tuning found goes live',
  why:
    'The parameters are written into mlops.yaml as a pull request. It is judged, now against production, and merged; the merge ' +
    'becomes a version, which gets the stages staging, then production. On the server it takes 10 % of the traffic first, then all.',
  async tell(story) {
    const end = await tunedVersion.tell(story);
    story.handOn(end.state ?? {});
    const tag = story.need('latest');
    const deployed = await expectDeployed(story, story.need('promotion'), 'deploy', tag);
    const answer = await expectAnswerBy(story, tag);
    return { ...end, look: `${deployed.look}\n\n${answer.look}`, links: [...end.links, ...deployed.links] };
  },
};
