import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison } from '../../../shared/evaluation/comparison.js';
import { createClient, repositoryName } from '../../../shared/github/client.js';
import { type RegistryHistory, readHistory } from '../../../shared/registry/history.js';
import { Registry } from '../../../shared/registry/registry.js';
import { parseResult } from '../../../shared/report/result.js';
import { loadSpec } from '../../../shared/spec/load.js';
import type { Spec } from '../../../shared/spec/schema.js';
import type { PullRequest } from '../../github/types.js';
import { createLiveView, type LiveStream } from '../../runner/live.js';
import type { RunnerUpdate, RunResult } from '../../runner/result.js';
import type { Project, ProjectStory } from '../project.js';
import type { ModelServer } from '../service/model-server.js';
import { Session } from '../session.js';
import type { StoryState } from './chapter.js';
import { Evidence } from './evidence.js';
import { expectThat } from './expectation.js';
import type { LinkRecord, RunRecord, ScoreRecord } from './record.js';

/** What started a run, and how long it took, by its id. */
type RunTitles = ReadonlyMap<number, { readonly title: string; readonly seconds: number }>;

/** A user's repository and everything that happens in it, kept while it happens: what chapters work with. */
export class Story {
  readonly project: Project & { readonly story: ProjectStory };
  readonly session: Session;
  readonly evidence: Evidence;
  readonly #server: ModelServer | undefined;
  /** Every candidate that was judged. */
  readonly scores: ScoreRecord[] = [];
  readonly versionPages: Record<string, readonly LinkRecord[]> = {};
  #state: Partial<StoryState> = {};
  #chapter = 0;
  #runs: RunRecord[] = [];
  readonly #titles: RunTitles;

  private constructor(
    project: Story['project'],
    session: Session,
    evidence: Evidence,
    titles: RunTitles,
    server: ModelServer | undefined,
  ) {
    this.#server = server;
    this.project = project;
    this.session = session;
    this.evidence = evidence;
    this.#titles = titles;
  }

  static async open(project: Story['project'], output: string, stream: LiveStream, server?: ModelServer): Promise<Story> {
    const view = createLiveView(stream, { detail: 'jobs' });
    const titles = new Map<number, { title: string; seconds: number }>();
    const onProgress = (update: RunnerUpdate): void => {
      if (update.kind === 'run-started') titles.set(update.run, { title: update.title, seconds: 0 });
      if (update.kind === 'run-finished') titles.set(update.run, { ...titles.get(update.run)!, seconds: update.seconds });
      view(update);
    };
    const session = await Session.start({ directory: join(output, 'repository'), name: project.name, onProgress });
    if (server) {
      const secrets = { SERVICE_TOKEN: server.token };
      session.github.setEnvironment(session.repository, { name: 'production', secrets });
    }
    return new Story(project, session, await Evidence.open(output, session), titles, server);
  }

  /** The model server that the story's team runs. */
  get server(): ModelServer {
    if (!this.#server) throw new Error('this chapter is of a story with a model server');
    return this.#server;
  }

  /** What an earlier chapter has handed on. */
  need<Key extends keyof StoryState>(key: Key): StoryState[Key] {
    const value = this.#state[key];
    if (value === undefined) throw new Error(`this chapter stands before the one that gives ${key}`);
    return value;
  }

  has(key: keyof StoryState): boolean {
    return this.#state[key] !== undefined;
  }

  handOn(state: Partial<StoryState>): void {
    this.#state = { ...this.#state, ...state };
  }

  /** @returns takes the runs of the chapter */
  beginChapter(number: number): () => readonly RunRecord[] {
    this.#chapter = number;
    this.#runs = [];
    return () => this.#runs;
  }

  /** The spec of main, as it stands in the work tree. */
  async spec(): Promise<Spec> {
    return (await loadSpec(join(this.session.git.directory, 'mlops.yaml'), { displayName: 'mlops.yaml' })).spec;
  }

  readFile(name: string): Promise<string> {
    return readFile(join(this.session.git.directory, name), 'utf8');
  }

  async push(message: string): Promise<readonly RunResult[]> {
    return this.#keep((await this.session.push(message)).runs);
  }

  /** Commits the work tree to a branch of its own and opens a pull request. */
  async propose(title: string, branch: string): Promise<{ pullRequest: PullRequest; runs: readonly RunResult[] }> {
    const sha = await this.session.git.commit(title);
    const { pullRequest, runs } = await this.session.openPullRequest(title, branch, sha);
    return { pullRequest, runs: await this.#keep(runs) };
  }

  async merge(pullRequest: PullRequest): Promise<readonly RunResult[]> {
    return this.#keep((await this.session.merge(pullRequest)).runs);
  }

  async dispatch(workflow: string, inputs: Readonly<Record<string, string>> = {}): Promise<readonly RunResult[]> {
    return this.#keep(await this.session.dispatch(workflow, inputs));
  }

  /** The time of a workflow's schedule has come. */
  async schedule(cron: string): Promise<readonly RunResult[]> {
    return this.#keep(await this.session.schedule(cron));
  }

  /**
   * The comparison that a run has left, which goes into the story's scores.
   * @param tag of the version that the candidate became
   */
  async judged(run: RunResult, label: string, tag?: string): Promise<Comparison> {
    const { name } = await this.spec();
    const text = this.evidence.artifact(run, `${name}-comparison-`)?.get('comparison.json');
    expectThat(text !== undefined, `a comparison among the artifacts of ${run.workflow}`, 'none');
    const comparison = parseResult(text.toString('utf8'));
    if (comparison.kind !== 'comparison') throw new Error('a validation under the name of a comparison');
    const metric = comparison.metrics.find((candidate) => candidate.name === comparison.primary);
    if (typeof metric?.candidate === 'number') {
      const { name: metricName, better, candidate: value, candidateInterval: interval } = metric;
      const { verdict, blocked, rows } = comparison;
      this.scores.push({
        ...{ label, chapter: this.#chapter, metric: metricName, better, value, verdict, blocked, rows: rows.used },
        ...(interval && { low: interval.low, high: interval.high }),
        ...(tag !== undefined && { version: versionOf(tag) }),
      });
    }
    return comparison;
  }

  /** The pages of a version. */
  async version(tag: string): Promise<readonly LinkRecord[]> {
    const links = await this.evidence.version(tag);
    this.versionPages[versionOf(tag)] = links;
    return links;
  }

  /** What the registry says now, read over the API as anybody would. */
  async history(): Promise<RegistryHistory> {
    const { github, repository } = this.session;
    const client = await createClient({
      ...{ token: github.personToken(repository.owner), apiUrl: github.apiUrl, log: () => undefined },
    });
    const place = { client, repository: repositoryName(repository.fullName), log: () => undefined };
    return readHistory(new Registry(place, (await this.spec()).name));
  }

  /** The names of the tags that there are. */
  async tags(): Promise<readonly string[]> {
    const refs = await this.session.github.refs(this.session.repository);
    return refs.flatMap(({ name }) => (name.startsWith('refs/tags/') ? [name.slice('refs/tags/'.length)] : []));
  }

  close(): Promise<void> {
    return this.session.close();
  }

  async #keep(runs: readonly RunResult[]): Promise<readonly RunResult[]> {
    for (const result of runs) {
      const { title = result.run.event, seconds = 0 } = this.#titles.get(result.run.id) ?? {};
      this.#runs.push(await this.evidence.run(result, title, seconds));
    }
    return runs;
  }
}

/** `v1.2.0` of `flight-delay@v1.2.0`. */
function versionOf(tag: string): string {
  return tag.slice(tag.indexOf('@') + 1);
}
