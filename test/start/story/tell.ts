import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { UserError } from '../../../shared/core/errors.js';
import type { LiveStream } from '../../runner/live.js';
import { renderStoryPage } from '../page/story-page.js';
import type { Project } from '../project.js';
import type { ModelServer } from '../service/model-server.js';
import type { Chapter } from './chapter.js';
import { Unexpected } from './expectation.js';
import { Narrator } from './narrator.js';
import type { ChapterRecord, StoryRecord } from './record.js';
import { Story } from './story.js';

/** A list of chapters, each going on with what those before have made. */
export interface StoryPlan {
  readonly title: string;
  readonly about: string;
  readonly chapters: readonly Chapter[];
  /** Sets up what the story has beside the repository. */
  readonly stage?: (project: Story['project'], output: string) => Promise<Stage>;
}

/** What a story has beside the repository, and the project as it is there. */
export interface Stage {
  readonly project: Story['project'];
  readonly server: ModelServer;
  close(): Promise<void>;
}

export interface TellOptions {
  readonly project: Project;
  readonly story: StoryPlan;
  /** The folder of everything that the story leaves; what stood there is removed. */
  readonly output: string;
  readonly stream: LiveStream;
}

/**
 * Tells a story on a local GitHub, and leaves `index.html` with links to all that it has made. It ends with the first
 * chapter in which something is not as it was told; the page is written all the same.
 * @returns whether it came to its end
 */
export async function tellStory({ project, story: plan, output, stream }: TellOptions): Promise<boolean> {
  const { story: part } = project;
  if (!part) throw new UserError(`${project.name} has no long story; samples that have one: flights, seattle-weather.`);
  const started = performance.now();
  const startedAt = new Date().toISOString();
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const narrator = new Narrator(stream);
  const stage = await plan.stage?.({ ...project, story: part }, output);
  const chapters: ChapterRecord[] = [];
  const folder = relative(process.cwd(), output);
  let story: Story | undefined;
  try {
    story = await Story.open(stage?.project ?? { ...project, story: part }, output, stream, stage?.server);
    narrator.title(`${project.name}: ${plan.title}`, plan.about);
    for (const [index, chapter] of plan.chapters.entries()) {
      narrator.chapter(index + 1, chapter.title, chapter.why);
      const { record, look } = await tellChapter(story, chapter, index + 1);
      chapters.push(record);
      if (record.failure) {
        narrator.failure(record.failure.expected, record.failure.found);
        break;
      }
      narrator.outcome(record.outcome!, look, record.links, folder);
    }
    const failed = chapters.some(({ failure }) => failure !== undefined);
    const spec = await story.spec();
    const deployments = story.evidence.deploymentEntries();
    const record: StoryRecord = {
      title: plan.title,
      ...{ model: spec.name, purpose: spec.purpose ?? '', startedAt, chapters, scores: story.scores },
      ...(!failed && { history: await story.history() }),
      ...(deployments.length > 0 && { deployments }),
      ...{ versionPages: story.versionPages, repository: `${folder}/repository` },
      seconds: (performance.now() - started) / 1000,
    };
    await writeFile(join(output, 'story.json'), `${JSON.stringify(record, null, 2)}\n`);
    await writeFile(join(output, 'index.html'), renderStoryPage(record));
    narrator.end(`${folder}/index.html`, record.seconds);
    return !failed;
  } finally {
    await story?.close();
    await stage?.close();
  }
}

async function tellChapter(story: Story, chapter: Chapter, number: number): Promise<{ record: ChapterRecord; look?: string }> {
  const started = performance.now();
  const { title, why } = chapter;
  const runs = story.beginChapter(number);
  const record = (links: ChapterRecord['links'], end: Pick<ChapterRecord, 'outcome' | 'failure'>): ChapterRecord => {
    return { title, why, runs: runs(), links, seconds: (performance.now() - started) / 1000, ...end };
  };
  try {
    const { tone, outcome, look, links, state = {} } = await chapter.tell(story);
    story.handOn(state);
    return { record: record(links, { outcome: { tone, text: outcome } }), ...(look !== undefined && { look }) };
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    return { record: record([], { failure: { expected: error.expected, found: error.found } }) };
  }
}
