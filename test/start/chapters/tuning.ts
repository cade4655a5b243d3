import { formatNumber } from '../../../shared/core/format.js';
import { plainHeadline } from '../../../shared/report/comparison.js';
import { metricTitle } from '../../../shared/report/wording.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat, jobOf, outputOf, runOf } from '../story/expectation.js';
import { expectImprovement } from './improvement.js';
import { firstTable, scoreText } from './words.js';

/** A search over parallel jobs, in rounds; the winner is judged on rows that no trial has seen. */
export const tuning: Chapter = {
  title: 'Better parameters',
  why:
    'Somebody starts tune.yml. It plans a round of trials, runs them as a job matrix, and plans the next round from what it ' +
    'has learned. Trials see validation rows alone; the winner is trained again and judged on the test rows.',
  async tell(story) {
    const { name, tune, evaluate } = await story.spec();
    const run = runOf(await story.dispatch('tune.yml'), 'tune');
    const legs = run.jobs.filter((job) => /trials-\d \(\d+\)$/.test(job.name) && job.conclusion === 'success');
    const rounds = new Set(legs.map((job) => /trials-(\d)/.exec(job.name)![1]));
    const wanted = tune?.rounds ?? 1;
    expectThat(rounds.size === wanted, `${wanted} rounds of trials`, `${rounds.size}`);
    expectThat(legs.length >= 2 * wanted, 'two jobs or more a round', `${legs.length} jobs in all`);

    const params = JSON.parse(outputOf(run, 'select', 'Select', 'params')) as Record<string, string | number | boolean>;
    const value = Number(outputOf(run, 'select', 'Select', 'value'));
    const comparison = await story.judged(run, 'the winner of tuning');
    expectImprovement(story, comparison);

    const study = story.evidence.artifact(run, `${name}-study-default-report`);
    const report = study?.get('study.md')?.toString('utf8');
    expectThat(report !== undefined, 'study.md among the artifacts of tune.yml', 'none');
    const href = await story.evidence.report('study.html', `${name}: the study`, report);
    const log = await story.evidence.file('study.jsonl', study!.get('study.jsonl') ?? '');
    const metric = metricTitle(tune?.metric ?? evaluate.primary ?? comparison.primary);
    const trials =
      jobOf(run, 'select')
        .summaries.join('')
        .match(/\d+ trials?/)?.[0] ?? 'the trials';
    return {
      tone: 'good',
      outcome:
        `${trials} in ${wanted} rounds over ${legs.length} jobs: ${metric} ${formatNumber(value)} on the validation rows. ` +
        `On the test rows ${plainHeadline(comparison)}: ${scoreText(comparison)}.`,
      look: firstTable(report),
      links: [
        { label: 'Study report', note: trials, href },
        { label: 'Study log', note: 'a line an event', href: log },
      ],
      state: { tuned: { params, value } },
    };
  },
};
