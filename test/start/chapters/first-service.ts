import type { Chapter } from '../story/chapter.js';
import { expectAnswerBy, expectDeployed } from './live.js';
import { producedBefore, promoteToProduction } from './production.js';

/** The first version goes live on a server. */
export const firstService: Chapter = {
  title: 'Live on a server',
  why:
    'The team runs a model server (dist/server.js), which knows no model yet. Somebody starts promote.yml: the version gets the ' +
    'stage production, and the next job rolls it out. That job serves the very bundle itself, asks it for held-out rows, then ' +
    'brings it to the server by its admin API, with a token that is a secret of the environment production.',
  async tell(story) {
    const { tag, run, assignment } = await promoteToProduction(story, 'The first model');
    const deployed = await expectDeployed(story, run, 'deploy', tag);
    const answer = await expectAnswerBy(story, tag);
    return {
      tone: 'good',
      outcome: `${tag} is in production (tag ${assignment}), and answers at ${story.server.url}.`,
      look: `${deployed.look}\n\n${answer.look}`,
      links: [...deployed.links, await story.evidence.history(await story.history())],
      state: { production: [...producedBefore(story), tag] },
    };
  },
};
