import { resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { artifactsOfRun, type ListedArtifact } from '../../shared/github/artifact.js';
import { postCheck } from '../../shared/github/check.js';
import { createClient, type GitHubClient, type RepositoryName, repositoryName } from '../../shared/github/client.js';
import { postStickyComment } from '../../shared/github/comment.js';
import { postCommitStatus } from '../../shared/github/commit-status.js';
import { headOfPullRequest } from '../../shared/github/pull-request.js';
import { getRun } from '../../shared/github/run.js';
import { renderCheck } from '../../shared/report/check.js';
import { type CommentContext, commentMarker } from '../../shared/report/comment.js';
import { renderComparison } from '../../shared/report/comparison.js';
import { plainLine } from '../../shared/report/escape.js';
import {
  listedNames,
  parseResultReference,
  type ResultReference,
  readResultArtifact,
  readResultFile,
  resultArtifacts,
} from '../../shared/report/read-result.js';
import type { Result } from '../../shared/report/result.js';
import { renderValidationComment } from '../../shared/report/validation.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { type Target, targetOfEvent, targetOfRun } from './target.js';

export interface ReportInputs {
  readonly author: string;
  readonly check: boolean;
  readonly comment: boolean;
  readonly 'github-token': string | undefined;
  readonly result: string;
  readonly status: boolean;
}

/** Where the project explains how its comments are read. */
const HELP_URL = 'https://github.com/mlops-actions/mlops-actions#how-to-read-the-comment';

/** A run has a result a model; who uploads hundreds wants hundreds of comments. */
const MOST_RESULTS = 10;

/**
 * Posts finished results. A result is hostile until its shape has been checked, and even then it is only text: it chooses
 * neither the pull request nor the commit, which come from the event, or from what GitHub says of the result's run.
 */
export async function run(inputs: ReportInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, log } = services;
  const token = inputs['github-token'];
  if (!environment.repository || !token)
    throw new UserError('Input "github-token" is empty: report posts to GitHub and needs the token of the job.');
  const repository = repositoryName(environment.repository);
  const client = await createClient({ token, apiUrl: environment.apiUrl, log });
  const reference = parseResultReference(inputs.result, 'result');
  const place: Place = { client, repository, token, services };
  const { target, results, bundle } =
    reference.kind === 'path' ? await fromPath(reference.path, services) : await fromRun(reference, place);
  const posted = { comments: [] as string[], checks: [] as string[] };
  const bodies: string[] = [];
  const failures: string[] = [];
  const superseded = new Set<string>();
  for (const { result, artifact } of results) {
    const context: CommentContext = {
      workflow: target.workflow,
      links: {
        ...(artifact && { report: artifact }),
        ...(bundle && { bundle }),
        ...(target.runUrl && { run: target.runUrl }),
        help: HELP_URL,
      },
      ...(target.fork !== undefined && { fork: target.fork }),
    };
    const body = result.kind === 'comparison' ? renderComparison(result, context) : renderValidationComment(result, context);
    bodies.push(body);
    // All are independent: a permission that one of them lacks does not keep the others from being posted.
    const post = async (what: () => Promise<void>): Promise<void> => {
      try {
        await what();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        failures.push(error.message);
      }
    };
    const { pullRequest, headSha } = target;
    if (inputs.comment && pullRequest !== undefined)
      await post(async () => {
        // A run that is run again, or that took longer than the next one, knows less than the comment says.
        if (
          !target.readOnly &&
          headSha !== undefined &&
          (await headOfPullRequest(client, repository, pullRequest)) !== headSha
        ) {
          superseded.add(
            `Pull request #${pullRequest} has another commit than ${headSha.slice(0, 7)} by now: its comment is left as it is.`,
          );
          return;
        }
        const { url, created } = await postStickyComment(client, {
          ...{ repository, pullRequest, body, author: inputs.author, fromFork: target.readOnly },
          marker: commentMarker(result.model, target.workflow),
        });
        posted.comments.push(url);
        log(`${created ? 'Posted' : 'Updated'} the comment: ${url}`);
      });
    const check = renderCheck(result, { ...context, ...(result.spec !== undefined && { spec: result.spec }) });
    // Jobs are check runs as well, named "workflow / job": a colon keeps ours apart from them.
    const name = plainLine(`${target.workflow}: ${result.model}`, 200);
    if (inputs.check && headSha !== undefined)
      await post(async () => {
        const url = await postCheck(client, {
          repository,
          name,
          headSha,
          conclusion: check.conclusion,
          title: check.title,
          summary: check.summary,
          annotations: (check.annotations ?? []).map(({ path, line, level, message }) => ({ path, line, level, message })),
          ...(target.runUrl && { detailsUrl: target.runUrl }),
          fromFork: target.readOnly,
        });
        posted.checks.push(url);
        log(`Wrote the check run: ${check.title}`);
      });
    if (inputs.status && headSha !== undefined)
      await post(async () => {
        await postCommitStatus(client, {
          ...{ repository, sha: headSha, context: name, description: check.title, fromFork: target.readOnly },
          // A status knows no neutral: what does not block is no failure.
          state: check.conclusion === 'failure' ? 'failure' : 'success',
          ...(target.runUrl && { targetUrl: target.runUrl }),
        });
        log(`Set the commit status: ${check.title}`);
      });
  }
  const notices = [...target.notices, ...superseded].map((message): Annotation => ({ level: 'notice', message }));
  return {
    outputs: { 'comment-url': posted.comments.join('\n'), 'check-url': posted.checks.join('\n') },
    annotations: notices,
    summary: bodies.join('\n\n'),
    // Of several results, the same permission is missing for each.
    ...(failures.length > 0 && { failure: [...new Set(failures)].join(' ') }),
  };
}

interface Place {
  readonly client: GitHubClient;
  readonly repository: RepositoryName;
  readonly token: string;
  readonly services: RunnerServices;
}

interface Found {
  readonly target: Target;
  readonly results: readonly FoundResult[];
  /** The page of the candidate's artifact. */
  readonly bundle?: string;
}

interface FoundResult {
  readonly result: Result;
  /** The page of the artifact, where it holds more than the result. Not of a fork: nobody knows what else is in it. */
  readonly artifact?: string;
}

async function fromPath(path: string, { environment }: RunnerServices): Promise<Found> {
  const result = await readResultFile(resolve(environment.workspace, path), path, 'result');
  return { target: targetOfEvent(environment), results: [{ result }] };
}

async function fromRun(
  reference: Extract<ResultReference, { kind: 'run' }>,
  { client, repository, token, services }: Place,
): Promise<Found> {
  const { environment, artifacts } = services;
  const isOwn = reference.runId === environment.runId;
  const run = isOwn ? undefined : await getRun(client, repository, reference.runId);
  if (run && environment.pullRequest && run.headRepositoryId !== run.repositoryId)
    throw new UserError(
      `Run ${run.id} belongs to a fork: anybody may have written its results, so they are not posted to this pull request. ` +
        'model-report.yml posts them to their own.',
    );
  const target = run && !environment.pullRequest ? await targetOfRun(client, repository, run) : targetOfEvent(environment);
  const listed = await artifactsOfRun(client, repository, reference.runId);
  const found = resultArtifacts(reference, listed);
  if (found.length === 0) {
    // A spec that cannot be read leaves none, and has said so in its own run.
    const notice = `Run ${reference.runId} has left no result of compare or validate; its artifacts are: ${listedNames(listed)}. Nothing is posted.`;
    return { target: { ...target, notices: [...target.notices, notice] }, results: [] };
  }
  if (found.length > MOST_RESULTS)
    throw new UserError(
      `Run ${reference.runId} has ${found.length} results; at most ${MOST_RESULTS} are posted. Name one as run:<run-id>/<artifact>.`,
    );
  const page = `${environment.serverUrl}/${environment.repository}/actions/runs/${reference.runId}/artifacts`;
  const results: FoundResult[] = [];
  for (const artifact of found) {
    const result = await readResultArtifact(artifact, { artifacts, token, folder: environment.temp });
    const hasPage = target.fork === undefined && result.kind === 'comparison';
    results.push({ result, ...(hasPage && { artifact: `${page}/${artifact.id}` }) });
  }
  const candidate = target.fork === undefined ? candidateOf(listed) : undefined;
  return { target, results, ...(candidate && found.length === 1 && { bundle: `${page}/${candidate.id}` }) };
}

function candidateOf(listed: readonly ListedArtifact[]): ListedArtifact | undefined {
  return listed.find(({ name, expired }) => name.endsWith('-candidate') && !expired);
}
