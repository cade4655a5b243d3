import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../shared/bundle/manifest.js';
import { createArtifactStore } from '../../shared/runner/artifacts.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { readActions } from '../docs/action-files.js';
import type { Permissions, Repository, Run } from '../github/types.js';
import { complaint } from '../shared/github/scene.js';
import { makeBundle, type RegistryScene, WRITE } from '../shared/registry/scene.js';
import { spec } from './project.js';

export interface JobOptions {
  readonly run?: Run;
  readonly event?: string;
  readonly branch?: string;
  readonly head?: Repository;
  readonly permissions?: Permissions;
  readonly environment?: Partial<RunEnvironment>;
  /** Changes of the spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A job of a run on the local GitHub, in a workspace of its own that holds the spec, and its actions without a runner. */
export class RegistryJob {
  readonly run: Run;
  readonly workspace: string;
  readonly log: string[] = [];
  readonly #model: string;
  readonly #head: string;
  readonly #token: string;
  readonly #services: RunnerServices;

  private constructor(scene: RegistryScene, model: string, run: Run, workspace: string, options: JobOptions) {
    this.run = run;
    this.workspace = workspace;
    this.#model = model;
    this.#head = scene.head;
    const job = scene.github.startJob(run, { name: `job in ${workspace}`, permissions: options.permissions ?? WRITE });
    this.#token = job.token;
    const environment: RunEnvironment = {
      ...{ repository: 'acme/models', repositoryId: scene.repository.id, runId: run.id, runAttempt: run.attempt },
      ...{ runUrl: `https://github.com/acme/models/actions/runs/${run.id}`, workflow: 'CD', event: run.event, actor: 'ann' },
      ...{ headSha: scene.head, baseBranch: 'main', onDefaultBranch: true, apiUrl: scene.github.apiUrl },
      ...{ serverUrl: 'https://github.com', hasArtifacts: true, workspace },
      ...options.environment,
    };
    const store = createArtifactStore(environment);
    this.#services = {
      environment,
      progress: (line) => this.log.push(line),
      log: (line) => this.log.push(line),
      artifacts: {
        ...store,
        upload(name, files, root) {
          // What the runner gives to a step; the artifact client reads it from there.
          process.env.ACTIONS_RUNTIME_TOKEN = job.runtimeToken;
          process.env.ACTIONS_RESULTS_URL = scene.github.resultsUrl;
          return store.upload(name, files, root);
        },
      },
    };
  }

  static async open(scene: RegistryScene, model: string, options: JobOptions = {}): Promise<RegistryJob> {
    const workspace = await mkdtemp(join(scene.directory, 'workspace-'));
    await writeFile(join(workspace, 'mlops.yaml'), spec({ name: model, ...options.spec }));
    return new RegistryJob(scene, model, options.run ?? scene.startRun(options), workspace, options);
  }

  /** Runs an action with the defaults of its action.yml. */
  async step(action: string, inputs: Readonly<Record<string, string>> = {}): Promise<ActionOutcome> {
    const { main } = (await import(`../../actions/${action}/main.ts`)) as {
      main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome>;
    };
    return this.use(action, inputs, main);
  }

  /** Calls something with the inputs of an action and what a step of this job has. */
  async use<T>(
    action: string,
    inputs: Readonly<Record<string, string>>,
    call: (inputs: InputReader, services: RunnerServices) => Promise<T>,
  ): Promise<T> {
    const declared = (await readActions()).get(action)!.inputs;
    const reader = new InputReader(
      (name) => inputs[name] ?? (name === 'github-token' ? this.#token : (declared[name]?.default ?? '')),
    );
    return call(reader, this.#services);
  }

  /** The one line that an action says of a mistake. */
  complaint(action: string, inputs: Readonly<Record<string, string>> = {}): Promise<string> {
    return complaint(this.step(action, inputs));
  }

  /** Leaves a bundle where `train` does. */
  bundle(graph: string, changes: Partial<Manifest> = {}, metrics?: Readonly<Record<string, number | null>>): Promise<Manifest> {
    return makeBundle(this.#bundle, graph, { name: this.#model, commit: this.#head, ...changes }, metrics);
  }

  /** Uploads that bundle as a candidate of the run. */
  async upload(): Promise<void> {
    const files = (await readdir(this.#bundle)).map((file) => join(this.#bundle, file));
    await this.#services.artifacts.upload(`${this.#model}-candidate`, files, this.#bundle);
  }

  /** Uploads a file of its own as an artifact of the run. */
  async uploadFile(artifact: string, file: string, text: string): Promise<void> {
    await writeFile(join(this.workspace, file), text);
    await this.#services.artifacts.upload(artifact, [join(this.workspace, file)], this.workspace);
  }

  get #bundle(): string {
    return join(this.workspace, '.mlops-actions/bundle');
  }
}
