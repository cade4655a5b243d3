import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { plainHeadline } from '../../../shared/report/comparison.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, runOf } from '../story/expectation.js';
import { mergeAndRegister } from './merge.js';
import { producedBefore, promoteToProduction } from './production.js';

/** What tuning has found goes the way of every change: pull request, merge, version, stages. */
export const tunedVersion: Chapter = {
  title: 'What tuning found goes the same way',
  why:
    'The parameters are written into mlops.yaml as a pull request. It is judged, now against production, and merged; the ' +
    'merge becomes a version, which is promoted to staging, then to production.',
  async tell(story) {
    const { git } = story.session;
    const { params } = story.need('tuned');
    const branch = 'tuned';
    await git.checkout('main');
    await git.branch(branch);
    const spec = parseDocument(await story.readFile('mlops.yaml'));
    for (const [name, value] of Object.entries(params)) spec.setIn(['train', 'params', name], value);
    await writeFile(join(git.directory, 'mlops.yaml'), spec.toString({ lineWidth: 0, flowCollectionPadding: true }));

    const { pullRequest, runs } = await story.propose('The parameters that tuning found', branch);
    const comparison = await story.judged(runOf(runs, 'model'), `pull request #${pullRequest.number}`);
    expectThat(!comparison.blocked, 'no gate that blocks', plainHeadline(comparison));
    const reference = comparison.champion?.reference ?? 'none';
    expectThat(reference.endsWith('#production'), 'production as the champion', reference);
    const links = await story.evidence.pullRequest(pullRequest);

    story.handOn({ pullRequest });
    const merged = await mergeAndRegister(story);
    story.handOn({ latest: merged.tag });
    const { assignment, run } = await promoteToProduction(story, 'Better on the held-out rows');
    return {
      tone: 'good',
      outcome: `${merged.tag} is registered${merged.why} and in production (tag ${assignment}). ${merged.score}.`,
      links: [...links, ...merged.links],
      state: { latest: merged.tag, production: [...producedBefore(story), merged.tag], promotion: run },
    };
  },
};
