import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProject } from './project.js';
import { STORIES } from './stories.js';
import type { StoryRecord } from './story/record.js';
import { tellStory } from './story/tell.js';

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
    const entries = await readdir(output, { recursive: true });
    const pages = entries.filter((file) => file.endsWith('.html') && !file.startsWith('repository'));
    const broken: string[] = [];
    const reached = new Set<string>();
    for (const page of pages) {
      const html = await readFile(join(output, page), 'utf8');
      for (const [, href] of html.matchAll(/<(?:a|script)[^>]* (?:href|src)="([^"]*)"/g)) {
        if (/^https?:/.test(href!)) continue;
        const [path = '', anchor] = href!.split('#');
        const file = path === '' ? page : relative(output, join(output, dirname(page), decodeURIComponent(path)));
        if (page === 'index.html') reached.add(file);
        const target = join(output, file);
        if (file.startsWith('..') || !existsSync(target)) broken.push(`${page}: ${href}`);
        else if (anchor && !(await readFile(target, 'utf8')).includes(`id="${anchor}"`)) broken.push(`${page}: ${href}`);
      }
      // The repository is on no real GitHub.
      expect(html, page).not.toContain('href="https://github.com/you/');
    }
    expect(broken).toEqual([]);
    const unreached = pages.filter((page) => page !== 'index.html' && !reached.has(page));
    expect(unreached).toEqual([]);
    expect(pages.length).toBeGreaterThan(20);
  });
});
