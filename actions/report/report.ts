import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { artifactsOfRun } from '../../shared/github/artifact.js';
import { postCheck } from '../../shared/github/check.js';
import { createClient, type GitHubClient, type RepositoryName, repositoryName } from '../../shared/github/client.js';
import { postStickyComment } from '../../shared/github/comment.js';
import { renderCheck } from '../../shared/report/check.js';
import { type CommentContext, commentMarker } from '../../shared/report/comment.js';
import { renderComparison } from '../../shared/report/comparison.js';
import { LARGEST_RESULT_BYTES, parseResult, type Result } from '../../shared/report/result.js';
import { renderValidationComment } from '../../shared/report/validation.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';

export interface ReportInputs {
  readonly author: string;
  readonly check: boolean;
  readonly comment: boolean;
  readonly 'github-token': string | undefined;
  readonly result: string;
}

/** Where the project explains how its comments are read. */
const HELP_URL = 'https://github.com/mlops-actions/mlops-actions#how-to-read-the-comment';

/**
 * Posts a finished result. The result is hostile until its shape has been checked, and even then it is only text: it
 * chooses neither the pull request nor the commit, which come from the event.
 */
export async function run(inputs: ReportInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, log } = services;
  if (!environment.repository || !inputs['github-token'])
    throw new UserError('Input "github-token" is empty: report posts to GitHub and needs the token of the job.');
  const repository = repositoryName(environment.repository);
  const client = await createClient({ token: inputs['github-token'], apiUrl: environment.apiUrl, log });
  const { result, links } = await readResult(inputs, services, client, repository);
  const context: CommentContext = {
    workflow: environment.workflow,
    links: { ...links, ...(environment.runUrl && { run: environment.runUrl }), help: HELP_URL },
  };
  const { pullRequest, headSha } = environment;
  const fromFork = pullRequest?.fromFork ?? false;
  const outputs = { 'comment-url': '', 'check-url': '' };
  const body = result.kind === 'comparison' ? renderComparison(result, context) : renderValidationComment(result, context);
  const failures: string[] = [];

  // The two are independent: a permission that one of them lacks does not keep the other from being posted.
  const post = async (what: () => Promise<void>): Promise<void> => {
    try {
      await what();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(error.message);
    }
  };
  if (inputs.comment && pullRequest)
    await post(async () => {
      const { url, created } = await postStickyComment(client, {
        repository,
        pullRequest: pullRequest.number,
        marker: commentMarker(result.model, environment.workflow),
        body,
        author: inputs.author,
        fromFork,
      });
      outputs['comment-url'] = url;
      log(`${created ? 'Posted' : 'Updated'} the comment: ${url}`);
    });
  if (inputs.check && headSha)
    await post(async () => {
      const check = renderCheck(result, { ...context, ...(result.spec !== undefined && { spec: result.spec }) });
      outputs['check-url'] = await postCheck(client, {
        repository,
        // Jobs are check runs as well, named "workflow / job": a colon keeps ours apart from them.
        name: `${environment.workflow}: ${result.model}`,
        headSha,
        conclusion: check.conclusion,
        title: check.title,
        summary: check.summary,
        annotations: (check.annotations ?? []).map(({ path, line, level, message }) => ({ path, line, level, message })),
        ...(environment.runUrl && { detailsUrl: environment.runUrl }),
        fromFork,
      });
      log(`Wrote the check run: ${check.title}`);
    });
  return { outputs, summary: body, ...(failures.length > 0 && { failure: failures.join(' ') }) };
}

async function readResult(
  inputs: ReportInputs,
  { environment, artifacts }: RunnerServices,
  client: GitHubClient,
  repository: RepositoryName,
): Promise<{ result: Result; links: { bundle?: string } }> {
  const { result: reference } = inputs;
  if (!reference.startsWith('run:'))
    return { result: await readFileOf(resolve(environment.workspace, reference), reference), links: {} };
  const match = /^run:(\d{1,15})\/([^/\\:*?"<>|\r\n]{1,255})$/.exec(reference);
  if (!match)
    throw new UserError(
      `Input "result" is ${JSON.stringify(reference)}; accepted: the path of a result, or run:<run-id>/<artifact>, where the ` +
        'artifact is the output "artifact" of compare or validate.',
    );
  const [, run, name] = match;
  const listed = await artifactsOfRun(client, repository, Number(run));
  const artifact = listed.find((candidate) => candidate.name === name);
  if (!artifact)
    throw new UserError(
      `Run ${run} has no artifact ${JSON.stringify(name)}; it has: ${listed.map((item) => item.name).join(', ') || 'none'}.`,
    );
  if (artifact.headRepositoryId !== artifact.repositoryId)
    throw new UserError(
      `Run ${run} belongs to a fork: anybody may have written its results, so they are not posted from here.`,
    );
  if (artifact.bytes > LARGEST_RESULT_BYTES)
    throw new UserError(
      `Artifact ${JSON.stringify(name)} has ${artifact.bytes} bytes; a result has at most ${LARGEST_RESULT_BYTES}.`,
    );
  const directory = await mkdtemp(join(environment.temp ?? tmpdir(), 'mlops-actions-result-'));
  try {
    await mkdir(directory, { recursive: true });
    await artifacts.download(artifact, directory, inputs['github-token']!);
    const files = (await readdir(directory)).filter((file) => file.endsWith('.json'));
    if (files.length !== 1)
      throw new UserError(`Artifact ${JSON.stringify(name)} holds ${files.length} JSON files; a result is one.`);
    const candidate = listed.find((item) => item.name.endsWith('-candidate') && !item.expired);
    const runUrl = `${environment.serverUrl}/${environment.repository}/actions/runs/${run}`;
    return {
      result: await readFileOf(join(directory, files[0]!), `${reference} (${files[0]})`),
      links: candidate ? { bundle: `${runUrl}/artifacts/${candidate.id}` } : {},
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readFileOf(file: string, shown: string): Promise<Result> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new UserError(`Input "result": there is no file ${JSON.stringify(shown)}.`);
  if (found.size > LARGEST_RESULT_BYTES)
    throw new UserError(
      `Input "result": ${JSON.stringify(shown)} has ${found.size} bytes; a result has at most ${LARGEST_RESULT_BYTES}.`,
    );
  return parseResult(await readFile(file, 'utf8'));
}
