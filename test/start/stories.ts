import { firstModel } from './chapters/first-model.js';
import { firstService } from './chapters/first-service.js';
import { goingBack } from './chapters/going-back.js';
import { merge } from './chapters/merge.js';
import { production } from './chapters/production.js';
import { pullRequest } from './chapters/pull-request.js';
import { refusal } from './chapters/refusal.js';
import { retraining } from './chapters/retraining.js';
import { rollback } from './chapters/rollback.js';
import { spring } from './chapters/spring.js';
import { summer } from './chapters/summer.js';
import { tunedService } from './chapters/tuned-service.js';
import { tunedVersion } from './chapters/tuned-version.js';
import { tuning } from './chapters/tuning.js';
import { withModelServer } from './service/stage.js';
import type { StoryPlan } from './story/tell.js';

/** The long stories, by the option that tells them. */
export const STORIES: Readonly<Record<string, StoryPlan>> = {
  release: {
    title: 'from a push to a release that can be taken back',
    about:
      "A user's repository on a GitHub that runs on this machine. Every run below is a real workflow file with the actions " +
      'in dist/, as GitHub would run them; everything that it leaves is linked from index.html.',
    chapters: [firstModel, pullRequest, merge, production, tuning, tunedVersion, refusal, rollback],
  },
  all: {
    title: 'from data to a live service and back',
    about:
      "A user's repository on a GitHub that runs on this machine, and a model server beside it, as a team would run one. Every " +
      'run below is a real workflow file with the actions in dist/; everything that it leaves is linked from index.html.',
    stage: withModelServer,
    chapters: [firstModel, firstService, pullRequest, merge, tuning, tunedService, spring, retraining, summer, goingBack],
  },
};
