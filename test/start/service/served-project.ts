import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, parse, parseDocument } from 'yaml';
import { ROOT } from '../../docs/action-files.js';
import type { Project } from '../project.js';
import type { GitRepository } from '../repository.js';

/**
 * A sample as a team has it that runs a model server: fewer rows, which arrive month by month; in mlops.yaml the sections of
 * `service.yaml`; and workflows that go on to deploy.
 * @param url where the server answers
 */
export function servedProject<Served extends Project>(
  project: Served & { readonly story: NonNullable<Project['story']> },
  url: string,
) {
  const { story } = project;
  const sections = join(ROOT, 'test/projects', project.name, 'service.yaml');
  return {
    ...project,
    async fillMain(git: GitRepository): Promise<void> {
      await project.fillMain(git, story.service?.before);
      await addSections(git, sections, url);
    },
    async change(git: GitRepository): Promise<void> {
      await project.change(git);
      await addSections(git, sections, url);
    },
    story: {
      ...story,
      async addWorkflows(git: GitRepository): Promise<void> {
        await story.addWorkflows(git);
        await git.add(join(ROOT, 'test/projects/service'));
      },
    },
  };
}

/** Adds sections to mlops.yaml; what it has of a section besides stays, and lists take the place of lists. */
async function addSections(git: GitRepository, file: string, url: string): Promise<void> {
  const path = join(git.directory, 'mlops.yaml');
  const spec = parseDocument(await readFile(path, 'utf8'));
  const sections = parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  for (const [section, keys] of Object.entries(sections)) {
    if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) {
      spec.set(section, spec.createNode(keys));
      continue;
    }
    if (!isMap(spec.get(section))) spec.set(section, spec.createNode({}));
    for (const [key, value] of Object.entries(keys)) spec.setIn([section, key], spec.createNode(value));
  }
  spec.setIn(['deploy', 'url'], url);
  await writeFile(path, spec.toString({ lineWidth: 0, flowCollectionPadding: true }));
}
