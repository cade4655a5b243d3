import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCount } from '../../../shared/core/format.js';
import type { SampleNight } from '../../projects/sample.js';
import { expectThat } from '../story/expectation.js';
import type { LinkRecord } from '../story/record.js';
import type { Story } from '../story/story.js';

/** Rows a request. */
const BULK = 500;

/** What was asked for before a night. */
export interface ToldTraffic {
  /** In one sentence. */
  readonly text: string;
  /** The counters of the server, as lines of text. */
  readonly look: string;
  readonly links: readonly LinkRecord[];
}

/**
 * Asks the live server for the flights up to a night, then does what the team's nightly job does: it commits the traffic log,
 * the labels that have come, and the rows that are complete with them. A push with the token of a job starts no workflow.
 * @param number of the night, from 1
 */
export async function trafficUntil(story: Story, night: SampleNight, number: number): Promise<ToldTraffic> {
  const { session, server, project } = story;
  const service = project.story.service!;
  const rows = await service.requests(night.traffic);
  const live = story.need('production').at(-1)!;
  const started = performance.now();
  const answered = new Set<string>();
  for (let at = 0; at < rows.length; at += BULK) answered.add(await server.predict(rows.slice(at, at + BULK)));
  const seconds = (performance.now() - started) / 1000;
  expectThat([...answered].join() === live.slice(live.indexOf('@') + 1), `answers by ${live}`, [...answered].join(', '));
  const metrics = await server.metrics();
  // A server that is stopped writes what it still has in hand; it comes back with the models that it had.
  await server.restart();

  const { git } = session;
  await git.checkout('main');
  await cp(server.traffic, join(git.directory, 'traffic'), { recursive: true });
  await service.writeLabels(join(git.directory, `labels/${night.at}.parquet`), night.labels);
  await project.story.makeData(git, night.data);
  const sha = await git.commit(`Nightly export of ${night.at}: traffic, labels, and the rows that have both`);
  session.variables = { TODAY: night.at };
  const [first, last] = [rows[0]!, rows.at(-1)!].map(({ values }) => String(values.date).slice(0, 10));
  return {
    text:
      `${formatCount(rows.length)} flights of ${first} to ${last} were answered by ${live} in ${seconds.toFixed(1)} s ` +
      `(${formatCount(Math.round(rows.length / seconds))} rows a second over HTTP); commit ${sha.slice(0, 7)} has the log and the labels.`,
    look: metrics
      .split('\n')
      .filter((line) => /^mlops_(predictions_total|request_duration_seconds_count)\{/.test(line))
      .join('\n'),
    links: [
      {
        label: 'Metrics',
        note: 'Prometheus, before the night',
        href: await story.evidence.file(`server/metrics-${number}.txt`, metrics),
      },
    ],
  };
}
