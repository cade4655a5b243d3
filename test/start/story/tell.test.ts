import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import { spec } from '../../actions/project.js';
import type { Project } from '../project.js';
import type { Chapter } from './chapter.js';
import { expectThat, outputOf, runOf } from './expectation.js';
import type { StoryRecord } from './record.js';
import { tellStory } from './tell.js';

const WORKFLOW = `name: greet
on: push
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - name: Greet
        id: greet
        run: |
          echo "word=hello" >> "$GITHUB_OUTPUT"
          echo "### Hello <script>x</script>" >> "$GITHUB_STEP_SUMMARY"
          test ! -f broken || exit 1
`;

const project: Project = {
  ...{ name: 'small', title: 'A change', branch: 'change' },
  async fillMain({ directory }) {
    await writeFile(join(directory, 'mlops.yaml'), spec());
  },
  change: () => Promise.resolve(),
  story: {
    ...{ worse: 'Worse', decisive: false },
    async addWorkflows(git) {
      await mkdir(join(git.directory, '.github/workflows'), { recursive: true });
      await writeFile(join(git.directory, '.github/workflows/greet.yml'), WORKFLOW);
    },
    makeData: () => Promise.resolve(),
    worsen: ({ directory }) => writeFile(join(directory, 'broken'), ''),
  },
};

const greeting: Chapter = {
  title: 'A greeting',
  why: 'Somebody pushes.',
  async tell(story) {
    await story.project.fillMain(story.session.git);
    await story.project.story.addWorkflows(story.session.git);
    const run = runOf(await story.push('All'), 'greet');
    const word = outputOf(run, 'greet', 'Greet', 'word');
    return { tone: 'good', outcome: `It said ${word}.`, look: 'a look', links: [], state: { latest: word } };
  },
};

const breaking: Chapter = {
  title: 'A break',
  why: 'Somebody breaks it.',
  async tell(story) {
    await story.project.story.worsen(story.session.git);
    const run = runOf(await story.push('Broken'), 'greet');
    return { tone: 'good', outcome: run.workflow, links: [] };
  },
};

let output: string;
beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'telling-'));
});
afterAll(() => rm(output, { recursive: true, force: true }));

async function tell(chapters: readonly Chapter[], told: Project = project) {
  let text = '';
  const write = (part: string | Uint8Array): boolean => {
    text += String(part);
    return true;
  };
  const stream = { write };
  const plan = { title: 'a story', about: 'What it is about.', chapters };
  const end = await tellStory({ project: told, story: plan, output, stream });
  const record = JSON.parse(await readFile(join(output, 'story.json'), 'utf8')) as StoryRecord;
  return { end, text, record, page: await readFile(join(output, 'index.html'), 'utf8') };
}

test('a story to its end: a readable transcript, a record, and pages', async () => {
  const { end, text, record, page } = await tell([greeting]);
  expect(end).toBe(true);
  const lines = text.replace(/\(?\d[\d.]* m?s\)?/g, 'TIME').split('\n');
  expect(lines.slice(0, 13)).toEqual([
    'small: a story',
    'What it is about.',
    '',
    `1  A greeting ${'─'.repeat(86)}`,
    'Somebody pushes.',
    '',
    'greet: push to main',
    '  ✓ greet: success TIME',
    '✓ greet: success TIME',
    '',
    '  a look',
    '',
    '→ It said hello.',
  ]);
  expect(text).toContain('index.html');
  expect(record.chapters[0]).toMatchObject({ title: 'A greeting', outcome: { tone: 'good', text: 'It said hello.' } });
  const [run] = record.chapters[0]!.runs;
  expect(run).toMatchObject({ workflow: 'greet', event: 'push to main', conclusion: 'success' });
  expect(page).toContain(`href="${run!.jobs[0]!.href}"`);
  const runPage = await readFile(join(output, run!.href), 'utf8');
  expect(runPage).toContain('id="job-1"');
  expect(runPage).toContain('<h3>Hello </h3>');
  expect(existsSync(join(output, 'repository/mlops.yaml'))).toBe(true);
});

test('a story ends where something is not as it was told, says what, and leaves its page', async () => {
  const { end, text, record, page } = await tell([greeting, breaking, greeting]);
  expect(end).toBe(false);
  expect(text).toContain('Expected: the workflow greet to end with success');
  expect(text).toContain('Found: failure in greet / Greet');
  expect(record.chapters).toHaveLength(2);
  expect(record.chapters[1]!.failure?.expected).toBe('the workflow greet to end with success');
  expect(page).toContain('The story ended in chapter <a href="#chapter-2">2</a>');
});

test('chapters hand on; what is missing or unexpected is told apart from a bug', async () => {
  const reading: Chapter = {
    ...{ title: 'Reading', why: 'It goes on.' },
    tell: async (story) => {
      expectThat(story.need('latest') === 'bye', 'the word bye', story.need('latest'));
      return { tone: 'neutral', outcome: '', links: [] };
    },
  };
  expect((await tell([greeting, reading])).text).toMatch(/Expected: the word bye\n\s*Found: hello/);
  const wrong = tell([greeting, { ...reading, tell: (story) => Promise.reject(new Error(`no ${story.need('tuned').value}`)) }]);
  await expect(wrong).rejects.toThrow('this chapter stands before the one that gives tuned');
});

test('a project without a long story says which have one', async () => {
  const { story: _, ...short } = project;
  const told = tell([greeting], short);
  await expect(told).rejects.toThrow(UserError);
  await expect(told).rejects.toThrow('flights, seattle-weather');
});
