import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../../shared/core/errors.js';
import type { Story } from '../story/story.js';
import type { Stage } from '../story/tell.js';
import { ModelServer } from './model-server.js';
import { servedProject } from './served-project.js';

/** A model server outside of every workflow, and the project whose mlops.yaml names it. */
export async function withModelServer(project: Story['project'], output: string): Promise<Stage> {
  if (!project.story.service)
    throw new UserError(`${project.name} has no data that arrives month by month, so no story --all; flights has one.`);
  const server = await ModelServer.start(join(output, 'server'));
  return {
    project: servedProject(project, server.url),
    server,
    async close() {
      await server.close();
      await writeFile(join(output, 'server/server.log'), server.log);
    },
  };
}
