import { expect, test } from 'vitest';
import { renderStoryPage } from './story-page.js';
import { hostileRecord, storyRecord } from './story-records.js';

test('is one page without anything from elsewhere, and the same for the same record', () => {
  const page = renderStoryPage(storyRecord());
  expect(page).toBe(renderStoryPage(storyRecord()));
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(|src=/);
  expect(page.match(/<h1>/g)).toHaveLength(1);
});

test('links whatever the chapters, runs and versions link', () => {
  const record = storyRecord();
  const page = renderStoryPage(record);
  const linked = [
    ...record.chapters.flatMap(({ links, runs }) => [
      ...links.map(({ href }) => href),
      ...runs.flatMap(({ href, jobs }) => [href, ...jobs.flatMap((job) => job.href ?? [])]),
    ]),
    ...Object.values(record.versionPages).flatMap((links) => links.map(({ href }) => href)),
  ];
  expect(linked).toHaveLength(7);
  for (const href of linked) expect(page).toContain(`href="${href}"`);
});

test('shows what went live, and what was replaced', () => {
  const page = renderStoryPage(storyRecord());
  expect(page).toContain('<span class="chip neutral">in_progress → success → inactive</span>');
  expect(page).toContain('<span class="chip good">in_progress → success</span>');
  expect(page).toContain('<a href="runs/3.html">Run</a>');
  const { deployments: _none, ...without } = storyRecord();
  expect(renderStoryPage(without)).not.toContain('What went live');
});

test('shows who has which stage now, and that one was refused', () => {
  const page = renderStoryPage(storyRecord());
  expect(page).toContain('<dt>In production</dt><dd>v1.0.0<small>after a rollback</small>');
  expect(page).toContain('<dt>ROC AUC</dt><dd>0.5685<small>on 60,000 held-out rows</small>');
  expect(page).toContain('<span class="chip bad">worse, refused</span>');
  // v1.0.0 had production, lost it to v1.1.0, and has it again.
  const lanes = [...page.matchAll(/class="held( live)?" style="grid-row:(\d);grid-column:(\d) \/ (-?\d)"[^>]*>([^<]*)</g)];
  expect(lanes.map(([, live, row, from, to, text]) => [row, from, to, text, live !== undefined])).toEqual([
    ['2', '2', '3', 'v1.0.0', false],
    ['2', '3', '4', 'v1.1.0', false],
    ['2', '4', '-1', '↩ v1.0.0', true],
  ]);
});

test('says where a story ended, what was expected and what was found', () => {
  const whole = storyRecord();
  const [first, second] = whole.chapters;
  const { outcome: _, ...ended } = second!;
  const { history: __, ...record } = whole;
  const page = renderStoryPage({
    ...record,
    chapters: [first!, { ...ended, failure: { expected: 'the verdict better', found: 'worse' } }],
  });
  expect(page).toContain('The story ended in chapter <a href="#chapter-2">2</a>');
  expect(page).toContain('Expected: the verdict better. Found: worse.');
  expect(page).not.toContain('<h2>Versions</h2>');
});

test('texts of any kind stay texts', () => {
  const page = renderStoryPage(hostileRecord());
  expect(page).not.toMatch(/<img|<script|" onclick/);
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
});

test('a story without candidates or stages is a page too', () => {
  const { history, ...record } = storyRecord();
  const page = renderStoryPage({
    ...record,
    scores: [],
    chapters: [],
    history: { ...history!, versions: [], assignments: [] },
  });
  expect(page).toContain('No version has had a stage.');
  expect(page).toContain('<dt>In production</dt><dd>nothing');
});
