import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { Random } from '../../shared/core/random.js';
import { InputReader } from '../../shared/runner/inputs.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { readActions } from '../docs/action-files.js';

/** A model's folder in a temporary directory, and its actions without a runner. */
export class Project {
  readonly directory: string;
  readonly log: string[] = [];
  readonly uploads: { readonly name: string; readonly files: readonly string[] }[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'project-')));
    for (const [name, content] of Object.entries(files)) await project.write(name, content);
    return project;
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const file = join(this.directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  /** Runs an action with the defaults of its action.yml. */
  async run(action: string, inputs: Readonly<Record<string, string>> = {}): Promise<ActionOutcome> {
    const declared = (await readActions()).get(action)!.inputs;
    const reader = new InputReader((name) => {
      const fallback = declared[name]?.default ?? '';
      return inputs[name] ?? (fallback.startsWith('${{') ? '' : fallback);
    });
    const { main } = (await import(`../../actions/${action}/main.ts`)) as {
      main(inputs: InputReader, services: RunnerServices): Promise<ActionOutcome>;
    };
    return main(reader, this.services());
  }

  /** The one line that an action says of a mistake; anything else that it throws fails the test. */
  async complaint(action: string, inputs: Readonly<Record<string, string>> = {}): Promise<string> {
    const error: unknown = await this.run(action, inputs).then(
      (outcome) => new Error(`no complaint, but ${JSON.stringify(outcome.outputs)} and ${outcome.failure}`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof Error) || error.name !== 'UserError') throw error;
    return error.message;
  }

  services(): RunnerServices {
    return {
      environment: {
        runAttempt: 1,
        workflow: 'test',
        onDefaultBranch: false,
        apiUrl: 'http://127.0.0.1:9',
        serverUrl: 'https://github.com',
        hasArtifacts: false,
        workspace: this.directory,
      },
      progress: (line) => this.log.push(line),
      log: (line) => this.log.push(line),
      artifacts: {
        available: true,
        upload: async (name, files) => {
          this.uploads.push({ name, files });
          return { id: this.uploads.length, digest: 'sha256:0' };
        },
        download: () => Promise.reject(new Error('nothing to download')),
      },
    };
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}

/** A spec with some sections replaced. */
export function spec(changes: Readonly<Record<string, unknown>> = {}): string {
  return stringify({
    name: 'churn',
    purpose: 'Tell who is about to leave.',
    task: 'binary',
    data: { path: 'data.csv', key: 'id' },
    target: { column: 'churned' },
    split: { by: 'hash', validation: 0.2, test: 0.3 },
    train: { algorithm: 'linear' },
    evaluate: { bootstrap: 200 },
    ...changes,
  });
}

export interface CustomerOptions {
  readonly rows?: number;
  readonly header?: string;
  /** The cells of a row, from a seeded source. */
  readonly row?: (id: number, random: Random) => readonly (string | number)[];
}

/** A table of made-up customers: who uses less is likelier to leave. */
export function customers({ rows = 600, header = 'id,usage,plan,churned', row = customer }: CustomerOptions = {}): string {
  const random = new Random(1);
  const lines = Array.from({ length: rows }, (_, id) => row(id, random).join(','));
  return `${[header, ...lines].join('\n')}\n`;
}

function customer(id: number, random: Random): (string | number)[] {
  const usage = Math.round(random.normal() * 1000) / 100;
  const plan = ['basic', 'plus', 'pro'][random.integer(3)]!;
  const churned = random.uniform() < 1 / (1 + Math.exp(0.3 * usage + (plan === 'pro' ? 1 : 0))) ? 'yes' : 'no';
  return [id, usage, plan, churned];
}
