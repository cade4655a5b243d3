import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProject } from './project.js';
import { STORIES } from './stories.js';
import type { StoryRecord } from './story/record.js';
import { tellStory } from './story/tell.js';
import { checkPages } from './story-links.js';

/** The whole story of a small sample, with the bundles in dist/. */
describe('npm start -- seattle-weather --release', () => {
  let output: string;
  let transcript = '';
  let ended = false;
  let record: StoryRecord;

  beforeAll(async () => {
    output = await mkdtemp(join(tmpdir(), 'release-story-'));
    const write = (part: string | Uint8Array): boolean => {
      transcript += String(part);
      return true;
    };
    const project = await findProject('seattle-weather');
    ended = await tellStory({ project, story: STORIES.release!, output, stream: { write } });
    record = JSON.parse(await readFile(join(output, 'story.json'), 'utf8')) as StoryRecord;
  }, 300_000);
  afterAll(() => rm(output, { recursive: true, force: true }));

  test('comes to its end', () => {
    expect(ended, transcript).toBe(true);
    expect(record.chapters.map(({ outcome }) => outcome?.tone)).toEqual([...Array(6).fill('good'), 'bad', 'neutral']);
    expect(transcript.match(/^\d {2}.* ─+$/gm)).toHaveLength(8);
  });

  test('leaves three versions, of which the second is in production again', () => {
    const { versions, assignments } = record.history!;
    expect(versions.map(({ version, stages }) => [version, stages])).toEqual([
      ['v2.1.0', ['staging']],
      ['v2.0.0', ['production']],
      ['v1.0.0', []],
    ]);
    expect(assignments[0]).toMatchObject({ stage: 'production', version: 'v2.0.0', rollback: true });
    expect(assignments).toHaveLength(6);
  });

  test('every candidate was judged on the same held-out rows, and the worse one was refused', () => {
    expect(record.scores.map(({ label }) => label)).toEqual([
      'the first push',
      'pull request #1',
      'merge of #1',
      'the winner of tuning',
      'pull request #2',
      'merge of #2',
      'a push: A constant would do',
    ]);
    expect(new Set(record.scores.map(({ rows }) => rows)).size).toBe(1);
    expect(record.scores.map(({ blocked }) => blocked)).toEqual([...Array(6).fill(false), true]);
  });

  test('the page and every page behind it lead to files and places that are there', async () => {
    const { pages, broken, unreached, outside } = await checkPages(output);
    expect(broken).toEqual([]);
    expect(unreached).toEqual([]);
    expect(outside).toEqual([]);
    expect(pages.length).toBeGreaterThan(20);
  });
});
