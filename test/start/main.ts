import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatDuration } from '../../shared/core/format.js';
import { ROOT } from '../docs/action-files.js';
import { type Sample, sampleDirectory } from '../projects/sample.js';
import { renderCommentHtml } from '../render/html.js';
import { createLiveView } from '../runner/live.js';
import type { RunResult } from '../runner/result.js';
import { ownProject } from './own-project.js';
import { Session } from './session.js';

/** What is shown: the files of main, and what the pull request changes in them. */
export interface Project {
  readonly name: string;
  readonly title: string;
  readonly branch: string;
  /** Fills a repository with the files of main. */
  fillMain(session: Session): Promise<void>;
  /** Changes the files as the pull request does. */
  change(session: Session): Promise<void>;
}

/**
 * `npm start`: a push to main and a pull request, on a local GitHub, through the real workflow files and the real
 * actions; then the comment that a reviewer would read.
 */
async function main(argument = 'flights'): Promise<boolean> {
  const started = performance.now();
  const project = await projectOf(argument);
  const output = join(ROOT, '.mlops-actions', 'start', project.name);
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const session = await Session.start({
    directory: join(output, 'repository'),
    name: project.name,
    onProgress: createLiveView(process.stdout),
  });
  try {
    await project.fillMain(session);
    const pushed = await session.push('The champion');
    await session.git.branch(project.branch);
    await project.change(session);
    const sha = await session.git.commit(project.title);
    const { pullRequest, runs } = await session.openPullRequest(project.title, project.branch, sha);

    const [comment] = session.github.comments(session.repository, pullRequest.number);
    const [check] = session.github.checkRuns(session.repository, sha);
    const files = await writeResults(output, project, comment?.body, [...pushed.runs, ...runs]);
    const lines = [
      '',
      comment ? stripHidden(comment.body) : 'No comment was posted: see the failed step above.',
      '',
      check ? `Check "${check.name}": ${check.conclusion} (${check.title})` : 'No check was written.',
      ...files.map((file) => `  ${relative(process.cwd(), file)}`),
      `Done in ${formatDuration((performance.now() - started) / 1000)}.`,
    ];
    console.log(lines.join('\n'));
    return comment !== undefined && check !== undefined;
  } finally {
    await session.close();
  }
}

async function projectOf(argument: string): Promise<Project> {
  const directory = sampleDirectory(argument);
  if (!directory) {
    const path = resolve(process.cwd(), argument);
    if (!existsSync(path))
      throw new UserError(
        `There is no sample and no folder ${JSON.stringify(argument)}. Try: npm start, npm start -- seattle-weather, npm start -- path/to/project`,
      );
    return ownProject(path);
  }
  const { sample } = (await import(pathToFileURL(join(directory, 'sample.ts')).href)) as { sample: Sample };
  return {
    name: basename(directory),
    title: sample.title,
    branch: sample.branch,
    async fillMain({ git }) {
      await git.add(join(directory, 'main'));
      await sample.prepare(git.directory);
    },
    change: ({ git }) => git.add(join(directory, 'pull-request')),
  };
}

async function writeResults(
  output: string,
  project: Project,
  comment: string | undefined,
  runs: readonly RunResult[],
): Promise<string[]> {
  const files: string[] = [];
  const write = async (name: string, title: string, markdown: string): Promise<void> => {
    for (const [file, text] of [
      [`${name}.md`, markdown],
      [`${name}.html`, await renderCommentHtml(markdown, { title })],
    ] as const) {
      await writeFile(join(output, file), text);
      files.push(join(output, file));
    }
  };
  if (comment) await write('comment', `${project.title}: the comment`, comment);
  const summaries = runs.flatMap(({ run, jobs }) =>
    jobs
      .filter(({ summaries }) => summaries.length > 0)
      .map((job) => `# ${run.event}: ${job.name}\n\n${job.summaries.join('\n\n')}`),
  );
  if (summaries.length > 0) await write('summaries', `${project.title}: the job summaries`, summaries.join('\n\n---\n\n'));
  return files;
}

/** The comment as a terminal shows it best: without hidden lines, tags and pictures. */
function stripHidden(markdown: string): string {
  return markdown
    .replace(/<!--.*?-->\n?/gs, '')
    .replace(/```mermaid.*?```\n*/gs, '')
    .replace(/<\/?(details|summary|sub|b|code|a|br)[^>]*>/g, '')
    .trim();
}

try {
  process.exitCode = (await main(process.argv[2])) ? 0 : 1;
} catch (error) {
  console.error(error instanceof UserError ? messageOf(error) : error);
  process.exitCode = 1;
}
