import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RunningServer, startServer } from '../../shared/serving/server.js';
import { readSettings } from '../../shared/serving/settings.js';
import type { Fields } from './apply.js';
import type { ClusterServer } from './cluster-server.js';

const run = promisify(execFile);

interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { secretKeyRef: { name: string; key: string } };
  }[];
}

/**
 * Runs the pods of a cluster on this machine: the init container's own command with its own environment, then the model
 * server with what its container is told. `/models` is a folder of the pod's.
 */
export class Kubelet {
  readonly #cluster: ClusterServer;
  /** `name/key` of Secrets. */
  readonly secrets = new Map<string, string>();
  /** What init containers printed. */
  readonly log: string[] = [];
  readonly #folders: string[] = [];
  #server: RunningServer | undefined;

  constructor(cluster: ClusterServer) {
    this.#cluster = cluster;
    cluster.onApply = (object) => this.#onApply(object);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }

  async #onApply(object: Fields): Promise<void> {
    const metadata = object.metadata as Fields;
    const name = String(metadata.name);
    if (object.kind === 'Deployment') {
      const template = (object.spec as Fields).template as Fields;
      await this.#rollOut(
        'Deployment',
        name,
        `${metadata.namespace}/${name}`,
        template.spec as Fields,
        template.metadata as Fields,
      );
    }
    if (object.kind === 'InferenceService') {
      const predictor = (object.spec as Fields).predictor as Fields;
      const runtime = this.#cluster.object('ServingRuntime', String((predictor.model as Fields).runtime))!;
      const pod = { ...(runtime.spec as Fields), initContainers: predictor.initContainers! };
      await this.#rollOut('InferenceService', name, `${metadata.namespace}/${name}-predictor`, pod, metadata);
    }
  }

  async #rollOut(kind: string, name: string, service: string, pod: Fields, metadata: Fields): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'pod-'));
    this.#folders.push(folder);
    const waiting = (reason: string, message = ''): Fields => ({ state: { waiting: { reason, message } } });
    const labels = { ...(metadata.labels as Fields), 'serving.kserve.io/inferenceservice': name };
    const pods = (status: Fields): void => {
      this.#cluster.pods = [{ metadata: { name: `${name}-1`, labels }, status }];
    };
    const unfinished = (): void => {
      const status = kind === 'Deployment' ? { replicas: 2, updatedReplicas: 1, availableReplicas: 1 } : { conditions: [] };
      this.#cluster.setStatus(kind, name, status);
    };
    const [server] = pod.containers as unknown as readonly (Container & { image: string })[];
    if (server!.image.includes('missing')) {
      pods({
        initContainerStatuses: [
          { name: 'bundle', ...waiting('ImagePullBackOff', `Back-off pulling image "${server!.image}"`) },
        ],
      });
      return unfinished();
    }
    try {
      for (const container of pod.initContainers as unknown as readonly Container[]) await this.#runInit(container, folder);
    } catch (error) {
      this.log.push((error as { stderr?: string }).stderr ?? String(error));
      const crashed = {
        ...waiting('CrashLoopBackOff'),
        lastState: { terminated: { exitCode: (error as { code?: number }).code ?? 1 } },
      };
      pods({ initContainerStatuses: [{ name: 'bundle', ...crashed }] });
      return unfinished();
    }
    await this.#server?.close();
    const settings = readSettings({
      ...this.#environment(server!, folder),
      MLOPS_SERVER_PORT: '0',
      MLOPS_SERVER_HOST: '127.0.0.1',
    });
    this.#server = await startServer(settings, (line) => this.log.push(line));
    this.#cluster.services.set(service, this.#server.url);
    pods({ containerStatuses: [{ name: server!.name, state: { running: {} } }] });
    this.#cluster.setStatus(
      kind,
      name,
      kind === 'Deployment'
        ? { replicas: 1, updatedReplicas: 1, availableReplicas: 1 }
        : {
            url: `http://${name}.models.example.org`,
            conditions: [{ type: 'Ready', status: 'True' }],
            modelStatus: { transitionStatus: 'UpToDate' },
          },
    );
  }

  async #runInit(container: Container, folder: string): Promise<void> {
    const [command = ''] = container.command ?? [];
    if (command !== 'node') throw new Error(`this kubelet has no ${command}`);
    const env = { ...this.#environment(container, folder), PATH: process.env.PATH ?? '' };
    const { stdout } = await run(process.execPath, [...(container.args ?? [])], { env, timeout: 60_000 });
    this.log.push(stdout);
  }

  #environment(container: Container, folder: string): Record<string, string> {
    return Object.fromEntries(
      container.env.flatMap(({ name, value, valueFrom }): [string, string][] => {
        const secret = valueFrom && this.secrets.get(`${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`);
        const text = value ?? secret;
        return text === undefined ? [] : [[name, text.replace(/(^|=)\/models\//, `$1${folder}/`)]];
      }),
    );
  }
}
