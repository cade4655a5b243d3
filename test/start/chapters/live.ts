import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '../../../shared/core/errors.js';
import type { RunResult } from '../../runner/result.js';
import { pageOf } from '../story/addresses.js';
import { expectThat, jobOf, outputOf } from '../story/expectation.js';
import { jobAnchor } from '../story/pages.js';
import type { LinkRecord } from '../story/record.js';
import type { Story } from '../story/story.js';
import { topOfComment } from './words.js';

const run = promisify(execFile);

const JSON_TYPE = 'content-type: application/json';

/** A request of somebody, and the server's answer. */
export interface LiveAnswer {
  readonly version: string;
  /** The command and its answer, as lines of text. */
  readonly look: string;
}

/** Asks the server about one row with `curl`, as anybody could; it has to be this version that answers. */
export async function expectAnswerBy(story: Story, tag: string): Promise<LiveAnswer> {
  const { nights, requests } = story.project.story.service!;
  const [row] = await requests(nights[0].traffic);
  const url = `${story.server.url}/predict`;
  const body = JSON.stringify(row!.values);
  const args = ['-sS', url, '-H', JSON_TYPE, '-d', body];
  const { stdout } = await run('curl', args, { timeout: 30_000 }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new UserError('The story shows answers by curl: install curl.', { cause: error }) : error;
  });
  const { version } = JSON.parse(stdout) as { version: string };
  expectThat(tag.endsWith(`@${version}`), `an answer by ${tag}`, stdout.slice(0, 200));
  return { version, look: `$ curl -sS ${url} -H '${JSON_TYPE}' -d '${body}'\n${stdout.trim()}` };
}

/** A rollout that is recorded as a success. */
export interface Deployed {
  /** What its summary begins with, as lines of text. */
  readonly look: string;
  readonly links: readonly LinkRecord[];
}

/** What the rollout of a run has left; it has to be recorded as a success. */
export async function expectDeployed(story: Story, result: RunResult, job: string, tag: string): Promise<Deployed> {
  const { github, repository } = story.session;
  const record = github.deployments(repository).at(-1);
  const state = record?.statuses.at(-1)?.state;
  expectThat(record?.ref === tag && state === 'success', `a record of ${tag} with success`, `${record?.ref} with ${state}`);
  const id = outputOf(result, job, 'Deploy', 'deployment-id');
  expectThat(id === String(record.id), `the record ${record.id} as output`, id);
  const summary = jobOf(result, job).summaries.find((text) => text.includes('is live in')) ?? '';
  return {
    look: topOfComment(summary),
    links: [{ label: 'Smoke test', note: 'and the rollout', href: jobHref(result, job) }, await story.evidence.deployments()],
  };
}

/** The place of a job in the page of its run. */
export function jobHref(result: RunResult, job: string): string {
  return `${pageOf.run(result.run.id)}#${jobAnchor(result.jobs.indexOf(jobOf(result, job)))}`;
}
