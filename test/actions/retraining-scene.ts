import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { READ, type RegistryScene, WRITE } from '../shared/registry/scene.js';
import { customers } from './project.js';
import { type JobOptions, RegistryJob } from './registry-job.js';

/** Jobs of a repository around one model: those that look at it on a schedule, and those that make its versions. */
export class RetrainingScene {
  readonly scene: RegistryScene;
  readonly model: string;

  constructor(scene: RegistryScene, model: string) {
    this.scene = scene;
    this.model = model;
  }

  /** A job on the schedule, with data in its workspace. */
  async open(options: JobOptions & { rows?: number } = {}): Promise<RegistryJob> {
    const job = await RegistryJob.open(this.scene, this.model, { event: 'schedule', permissions: READ, ...options });
    await writeFile(join(job.workspace, 'data.csv'), customers({ rows: options.rows ?? 60 }));
    return job;
  }

  /** A version, made by a run of its own, of rows that are these or others. */
  async register(graph: string, data?: { digest: string; rows: number }): Promise<RegistryJob> {
    const job = await this.open({ event: 'push', permissions: WRITE });
    await job.bundle(graph, data ? { data: { ...data, schema: [] } } : {});
    await job.step('register');
    return job;
  }

  /** A version in production. */
  async live(graph: string, data?: { digest: string; rows: number }): Promise<RegistryJob> {
    const job = await this.register(graph, data);
    await job.step('promote', { model: `${this.model}@latest`, through: 'true' });
    this.scene.github.completeRun(job.run, 'success');
    return job;
  }
}
