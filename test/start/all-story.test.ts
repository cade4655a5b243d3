import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProject } from './project.js';
import { STORIES } from './stories.js';
import type { StoryRecord } from './story/record.js';
import { tellStory } from './story/tell.js';
import { checkPages } from './story-links.js';

/** The whole loop on real flights, with the bundles in dist/ and a model server of its own. */
describe('npm start -- flights --all', () => {
  let output: string;
  let transcript = '';
  let ended = false;
  let record: StoryRecord;

  beforeAll(async () => {
    output = await mkdtemp(join(tmpdir(), 'all-story-'));
    const write = (part: string | Uint8Array): boolean => {
      transcript += String(part);
      return true;
    };
    const project = await findProject('flights');
    ended = await tellStory({ project, story: STORIES.all!, output, stream: { write } });
    record = JSON.parse(await readFile(join(output, 'story.json'), 'utf8')) as StoryRecord;
  }, 900_000);
  afterAll(() => rm(output, { recursive: true, force: true }));

  test('comes to its end', () => {
    expect(ended, transcript).toBe(true);
    expect(record.chapters).toHaveLength(10);
  });

  test('a schedule trained a version that is better than the one before', () => {
    const score = record.scores.find(({ label }) => label === 'the scheduled training');
    expect(score).toMatchObject({ verdict: 'better', blocked: false, version: expect.stringMatching(/^v2\./) });
    const said = record.chapters.map(({ outcome }) => outcome?.text).join('\n');
    expect(said).toMatch(
      /Issue #(\d+) is open: flight-delay: date_hour drifted\.[\s\S]*Issue #\1 is closed: flight-delay: healthy/,
    );
  });

  test('what is live follows the stage, and goes back with it', () => {
    const live = record.history!.versions.filter(({ stages }) => stages.includes('production')).map(({ tag }) => tag);
    const records = record.deployments!;
    const retrained = record.scores.find(({ label }) => label === 'the scheduled training')!.version;
    expect(records.map(({ states }) => states.at(-1))).toEqual(['inactive', 'inactive', 'inactive', 'success']);
    expect(records.at(-2)!.ref).toBe(`flight-delay@${retrained}`);
    expect(live).toEqual([records.at(-1)!.ref]);
    expect(records.at(-1)!.ref).toBe(records.at(-3)!.ref);
    const answers = [...transcript.matchAll(/^ *\{"model":"flight-delay","version":"(v[\d.]+)"/gm)].map(
      ([, version]) => version,
    );
    expect(answers.map((version) => `flight-delay@${version}`)).toEqual(records.map(({ ref }) => ref));
  });

  test('the page and every page behind it lead to files and places that are there', async () => {
    const { pages, broken, unreached, outside } = await checkPages(output);
    expect(broken).toEqual([]);
    expect(outside).toEqual([]);
    // The issue as it is at the end is what comments and runs link; index.html has it moment by moment.
    expect(unreached.filter((page) => !/^issues\/\d+\.html$/.test(page))).toEqual([]);
    expect(pages.length).toBeGreaterThan(25);
  });
});
