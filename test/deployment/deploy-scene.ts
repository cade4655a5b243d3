import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LocalServer, run, type StartServer } from '../../actions/deploy/deploy.js';
import { readInputs } from '../../actions/deploy/main.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { customers } from '../actions/project.js';
import { type JobOptions, RegistryJob } from '../actions/registry-job.js';
import type { Permissions } from '../github/types.js';
import { openRegistry, type RegistryScene } from '../shared/registry/scene.js';
import { type Misbehaviour, ModelServer } from './model-server.js';

export const DEPLOY: Permissions = { contents: 'read', actions: 'read', deployments: 'write' };

/** A repository with a model of two versions, `v0.1.0` and `v0.2.0`, and jobs that deploy them. */
export class DeployScene {
  readonly registry: RegistryScene;
  readonly model: string;
  /** What the server of the smoke test does wrong. */
  readonly smoke: Misbehaviour = {};

  private constructor(registry: RegistryScene, model: string) {
    this.registry = registry;
    this.model = model;
  }

  static async open(model = 'churn', options?: Parameters<typeof openRegistry>[0]): Promise<DeployScene> {
    const scene = new DeployScene(await openRegistry(options), model);
    await scene.register('0.1.0', 300);
    await scene.register('0.2.0', 400);
    return scene;
  }

  async register(version: string, rows: number, options: JobOptions = {}): Promise<RegistryJob> {
    const job = await RegistryJob.open(this.registry, this.model, options);
    await writeFile(join(job.workspace, 'data.csv'), customers({ rows }));
    await job.step('train', { champion: 'none' });
    await job.step('register', { version });
    // One hour's requests are not to be used up by all tests together.
    this.registry.github.advanceClock(60 * 60 * 1000);
    return job;
  }

  /** A job that may deploy, with the data in its workspace. */
  async job(options: JobOptions = {}): Promise<RegistryJob> {
    const job = await RegistryJob.open(this.registry, this.model, { permissions: DEPLOY, ...options });
    await writeFile(join(job.workspace, 'data.csv'), customers({ rows: 400 }));
    return job;
  }

  /** Starts the smoke test's server: the stand-in, which may do what it is told to do wrong. */
  startServer: StartServer = async (bundle, version): Promise<LocalServer> => {
    const server = await ModelServer.start();
    Object.assign(server.misbehaviour, this.smoke);
    await server.load(bundle, version);
    return { url: server.url, close: () => server.close() };
  };

  /** A step of a job with this scene's server for its smoke test. */
  step(action: 'deploy', job: RegistryJob, inputs: Readonly<Record<string, string>>): Promise<ActionOutcome> {
    return job.use(action, { 'canary-wait': '0s', ...inputs }, (reader, services) =>
      run(readInputs(reader), services, this.startServer),
    );
  }

  /** The records of the deployments, oldest first: the states that each has had. */
  records(environment = 'production') {
    return this.registry.github
      .deployments(this.registry.repository)
      .filter((deployment) => deployment.environment === environment)
      .map(({ statuses, ...deployment }) => ({
        ...deployment,
        states: statuses.map(({ state }) => state),
        last: statuses.at(-1)!,
      }));
  }

  close(): Promise<void> {
    return this.registry.close();
  }
}
