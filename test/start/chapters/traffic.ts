import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCount } from '../../../shared/core/format.js';
import type { Chapter } from '../story/chapter.js';
import { expectThat } from '../story/expectation.js';
import { askedRows } from './live.js';

/** Rows a request. */
const BULK = 500;

/** Three more months are asked for, and what became of them is known later. */
export const traffic: Chapter = {
  title: 'Three months of traffic',
  why:
    'April to June: every flight is asked for at the live server, with its id, in requests of 500 rows. The server logs them as ' +
    'Parquet. Later it is known which flights were late. A nightly job of the team commits log, labels and the new rows; a push ' +
    'with the token of a job starts no workflow.',
  async tell(story) {
    const { session, server, project } = story;
    const rows = await askedRows(story);
    const live = story.need('production').at(-1)!;
    const started = performance.now();
    const answered = new Set<string>();
    for (let at = 0; at < rows.length; at += BULK) answered.add(await server.predict(rows.slice(at, at + BULK)));
    const seconds = (performance.now() - started) / 1000;
    expectThat([...answered].join() === live.slice(live.indexOf('@') + 1), `answers by ${live}`, [...answered].join(', '));
    const metrics = await server.metrics();
    const counters = metrics
      .split('\n')
      .filter((line) => /^mlops_(predictions_total|request_duration_seconds_count)\{/.test(line));
    // A server that is stopped writes what it still has in hand.
    await server.restart();

    const { git } = session;
    await git.checkout('main');
    await cp(server.traffic, join(git.directory, 'traffic'), { recursive: true });
    const service = project.story.service!;
    await service.writeLabels(join(git.directory, 'labels/2001-q2.parquet'));
    await project.story.makeData(git, service.after);
    const sha = await git.commit('Nightly export: traffic, labels and the flights of April to June');
    const [first, last] = [rows[0]!, rows.at(-1)!].map(({ values }) => String(values.date).slice(0, 10));
    return {
      tone: 'neutral',
      outcome:
        `${formatCount(rows.length)} flights from ${first} to ${last} were answered by ${live} in ${seconds.toFixed(1)} s ` +
        `(${formatCount(Math.round(rows.length / seconds))} rows a second); their log and their labels are in commit ${sha.slice(0, 7)}.`,
      look: counters.join('\n'),
      links: [
        { label: 'Server log', href: 'server/server.log' },
        {
          label: 'Metrics',
          note: 'Prometheus, before the restart',
          href: await story.evidence.file('server/metrics.txt', metrics),
        },
      ],
    };
  },
};
