import type { Chapter } from '../story/chapter.js';
import { trafficUntil } from './traffic.js';

/** The first part of three more months is asked for, and what became of it is known later. */
export const spring: Chapter = {
  title: 'Traffic',
  why:
    'April and May, and a week of June: every flight is asked for at the live server, with its id, in requests of 500 rows. The ' +
    'server logs them as Parquet. Three days later it is known which were late. A nightly job of the team commits log, labels ' +
    'and the rows that have both; a push with the token of a job starts no workflow. (The flights are of 2001; a variable of the ' +
    'repository tells the monitor which night it is.)',
  async tell(story) {
    const [night] = story.project.story.service!.nights;
    const { text, look, links } = await trafficUntil(story, night, 1);
    return { tone: 'neutral', outcome: text, look, links };
  },
};
