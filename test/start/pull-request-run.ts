import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { formatDuration } from '../../shared/core/format.js';
import { renderCommentHtml } from '../render/html.js';
import { createLiveView } from '../runner/live.js';
import type { RunResult } from '../runner/result.js';
import type { Project } from './project.js';
import { Session } from './session.js';
import { unzip } from './story/zip.js';
import { plainLines } from './terminal-text.js';

/**
 * The short run: a push to main and a pull request, on a local GitHub, through the real workflow files and the real
 * actions; then the comment that a reviewer would read.
 */
export async function runPullRequest(project: Project, output: string): Promise<boolean> {
  const started = performance.now();
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const session = await Session.start({
    directory: join(output, 'repository'),
    name: project.name,
    onProgress: createLiveView(process.stdout),
  });
  try {
    await project.fillMain(session.git);
    const pushed = await session.push('The champion');
    await session.git.branch(project.branch);
    await project.change(session.git);
    const sha = await session.git.commit(project.title);
    const { pullRequest, runs } = await session.openPullRequest(project.title, project.branch, sha);

    const [comment] = session.github.comments(session.repository, pullRequest.number);
    const [check] = session.github.checkRuns(session.repository, sha);
    const files = await writeResults(output, project, comment?.body, [...pushed.runs, ...runs]);
    const page = runs
      .flatMap(({ run }) => session.github.artifacts(session.repository, run.id))
      .map(({ bytes }) => unzip(bytes).get('comparison.html'))
      .findLast((found) => found !== undefined);
    if (page) {
      files.push(join(output, 'comparison.html'));
      await writeFile(join(output, 'comparison.html'), page);
    }
    const lines = [
      '',
      comment ? plainLines(comment.body).join('\n') : 'No comment was posted: see the failed step above.',
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
