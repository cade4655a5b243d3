import { join } from 'node:path';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { ROOT } from '../docs/action-files.js';
import { readArguments } from './arguments.js';
import { findProject } from './project.js';
import { runPullRequest } from './pull-request-run.js';
import { STORIES } from './stories.js';
import { tellStory } from './story/tell.js';

/**
 * `npm start`: a project's push to main and its pull request. `npm start -- flights --release`: a longer story, through
 * the registry. Both on a local GitHub, through the real workflow files and the real actions.
 */
async function main(words: readonly string[]): Promise<boolean> {
  const { name, story } = readArguments(words, Object.keys(STORIES));
  const project = await findProject(name);
  const output = join(ROOT, '.mlops-actions', 'start', project.name);
  if (story === undefined) return runPullRequest(project, output);
  return tellStory({ project, output, story: STORIES[story]!, stream: process.stdout });
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  console.error(error instanceof UserError ? messageOf(error) : error);
  process.exitCode = 1;
}
