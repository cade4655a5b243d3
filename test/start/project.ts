import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../shared/core/errors.js';
import { ROOT } from '../docs/action-files.js';
import { type DataPart, type Sample, type SampleStory, sampleDirectory } from '../projects/sample.js';
import { ownProject } from './own-project.js';
import type { GitRepository } from './repository.js';

/** What is shown: the files of main, and what the pull request changes in them. */
export interface Project {
  readonly name: string;
  readonly title: string;
  readonly branch: string;
  /** Only samples have one. */
  readonly story?: ProjectStory;
  /** Fills a repository with the files of main. */
  fillMain(git: GitRepository, part?: DataPart): Promise<void>;
  /** Changes the files as the pull request does. */
  change(git: GitRepository): Promise<void>;
}

/** What a long story needs of a project beside its pull request. */
export interface ProjectStory extends SampleStory {
  /** Puts the workflows of a whole life cycle into the place of those of the quick start. */
  addWorkflows(git: GitRepository): Promise<void>;
  /** Makes the data anew, as it is at another time. */
  makeData(git: GitRepository, part: DataPart): Promise<void>;
  /** Changes the files for the worse. */
  worsen(git: GitRepository): Promise<void>;
}

/** @throws UserError when there is neither a sample nor a folder of that name */
export async function findProject(argument: string): Promise<Project> {
  const directory = sampleDirectory(argument);
  if (directory) return sampleProject(directory);
  const path = resolve(process.cwd(), argument);
  if (!existsSync(path))
    throw new UserError(
      `There is no sample and no folder ${JSON.stringify(argument)}. Try: npm start, npm start -- seattle-weather, npm start -- path/to/project`,
    );
  return ownProject(path);
}

async function sampleProject(directory: string): Promise<Project> {
  const { sample } = (await import(pathToFileURL(join(directory, 'sample.ts')).href)) as { sample: Sample };
  return {
    name: basename(directory),
    title: sample.title,
    branch: sample.branch,
    ...(sample.story && {
      story: {
        ...sample.story,
        addWorkflows: (git) => git.add(join(ROOT, 'test/projects/lifecycle')),
        makeData: (git, part) => sample.prepare(git.directory, part),
        worsen: (git) => git.add(join(directory, 'worse')),
      },
    }),
    async fillMain(git, part) {
      await git.add(join(directory, 'main'));
      await sample.prepare(git.directory, part);
    },
    change: (git) => git.add(join(directory, 'pull-request')),
  };
}
