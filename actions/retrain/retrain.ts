import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { artifactsOfRun } from '../../shared/github/artifact.js';
import { requiresReview } from '../../shared/github/environment.js';
import { readHiddenBlock } from '../../shared/github/hidden-block.js';
import { findIssues, type IssueIdentity, rememberInIssue } from '../../shared/github/issue.js';
import { getRun } from '../../shared/github/run.js';
import type { Health } from '../../shared/monitoring/health.js';
import { HEALTH_BLOCKS, HEALTH_LABEL, healthMarker } from '../../shared/monitoring/health-issue.js';
import { readHealth } from '../../shared/monitoring/health-reader.js';
import { decideRetraining, type RetrainingDecision, retrainingPlan } from '../../shared/monitoring/retraining.js';
import { type RetrainingBlock, readBlock } from '../../shared/monitoring/retraining-block.js';
import { decisionArtifact } from '../../shared/monitoring/retraining-memory.js';
import { type CandidateSource, distrust } from '../../shared/registry/candidate.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { DEFAULT_STAGES } from '../../shared/registry/promote.js';
import { versionTag } from '../../shared/registry/tag-name.js';
import { renderRetraining } from '../../shared/report/retraining.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { ask } from './ask.js';
import { gatherFacts } from './facts.js';

export interface RetrainInputs {
  readonly ask: string | undefined;
  readonly author: string;
  readonly data: readonly string[];
  readonly environment: string;
  readonly force: boolean;
  readonly 'github-token': string | undefined;
  readonly health: string | undefined;
  readonly spec: string;
  readonly 'working-directory': string;
}

/** The longest that a job of GitHub's runners may take. */
const MOST_MINUTES = 360;

/** Decides whether the live model is trained again. Reads only; what it decides is for the jobs behind it to do. */
export async function run(inputs: RetrainInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, artifacts, log, progress } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const { spec } = loaded;
  const plan = retrainingPlan(spec);
  const source = await connectCandidates(services, inputs['github-token'], directory);
  if (!source)
    throw new UserError(
      'What retraining remembers is kept on GitHub (tags and runs): "retrain" needs a job of GitHub Actions and its "github-token".',
    );
  const stage = (spec.registry?.stages ?? DEFAULT_STAGES).at(-1)!;
  if (inputs.ask !== undefined)
    return ask({ reference: inputs.ask, model: spec.name, stage, author: inputs.author, source, services });
  const branch = environment.baseBranch;
  if (branch === undefined)
    throw new UserError(
      'This run is of no branch, and "retrain" remembers by branch: use it on schedule, workflow_dispatch or repository_dispatch.',
    );
  const identity: IssueIdentity = {
    ...{ repository: source.repository, marker: healthMarker(spec.name), author: inputs.author, label: HEALTH_LABEL },
  };
  const health = inputs.health === undefined ? undefined : await healthOf(inputs.health, source, branch, directory, spec.name);
  const dataset = await openDataset({
    ...{ spec, directory, workspace: environment.workspace, locate: (path) => loaded.locate(path), progress },
    ...(inputs.data.length > 0 && { data: inputs.data }),
  });
  const { fingerprint } = dataset;
  dataset.close();
  const block = await rememberedBlock(identity, source);
  const facts = await gatherFacts({
    ...{ source, model: spec.name, stage, branch, plan, forced: inputs.force, fingerprint, health, block },
    now: new Date().toISOString(),
  });
  const decision = decideRetraining(plan, facts);
  log(decision.retrain ? 'Training again:' : 'Not training again:');
  for (const reason of decision.reasons) log(`- ${reason}`);

  const file = join(workDirectory(directory), 'retraining.json');
  await mkdir(workDirectory(directory), { recursive: true });
  await writeFile(file, `${JSON.stringify(decision, null, 2)}\n`);
  const artifact = decision.retrain && artifacts.available ? decisionArtifact(spec.name) : '';
  // Later runs take it for the beginning of a training, so a decision not to train leaves none.
  if (artifact !== '') await artifacts.upload(artifact, [file], workDirectory(directory));

  if (decision.retrain) await remember(identity, source, decision);
  const asks = decision.retrain && plan.promote === 'ask';
  const approval = !asks
    ? ''
    : (await requiresReview(source.client, source.repository, inputs.environment))
      ? 'environment'
      : 'issue';
  const live = decision.live?.version ?? '';
  return {
    outputs: {
      retrain: String(decision.retrain),
      reasons: JSON.stringify(decision.reasons),
      live,
      champion: live === '' ? 'auto' : versionTag(spec.name, live),
      window: plan.window,
      tune: String(plan.tune),
      promote: plan.promote,
      approval,
      minutes: String(minutesLeft(decision)),
      'result-path': file,
      artifact,
      'issue-number': '',
      'issue-url': '',
    },
    annotations: noticesOf(loaded),
    summary: renderRetraining(decision, { stage, plan }),
  };
}

/** What the health issue remembers. Tags and runs tell the same while they are there, so a token that may not read it is no failure. */
async function rememberedBlock(
  identity: IssueIdentity,
  { client, log }: CandidateSource,
): Promise<RetrainingBlock | undefined> {
  try {
    const [issue] = await findIssues(client, identity);
    return readBlock(issue && readHiddenBlock(issue.body, HEALTH_BLOCKS.retrain));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log(`The health issue is not asked: ${error.message}`);
    return undefined;
  }
}

async function remember(
  identity: IssueIdentity,
  { client, ownRunId, log }: CandidateSource,
  { at, data }: RetrainingDecision,
): Promise<void> {
  if (ownRunId === undefined) return;
  const block: RetrainingBlock = { run: ownRunId, at, data: data.digest };
  try {
    await rememberInIssue(client, identity, HEALTH_BLOCKS.retrain, block);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log(`The health issue does not remember this: ${error.message}`);
  }
}

/** The notices of the section alone: the other actions of the run say the rest. */
function noticesOf({ notices, spec, file }: LoadedSpec): Annotation[] {
  const own = notices.filter(({ message }) => message.startsWith('retrain.'));
  const absent = spec.retrain
    ? []
    : [
        {
          message: 'the spec has no section retrain, so the defaults hold: every 30d, and a version waits for a yes',
          location: { file },
        },
      ];
  return [...own, ...absent].map((notice): Annotation => ({ ...notice, level: 'notice' }));
}

function minutesLeft({ minutes: { budget, used } }: RetrainingDecision): number {
  return budget === undefined ? MOST_MINUTES : Math.max(1, Math.min(MOST_MINUTES, Math.floor(budget - used)));
}

async function healthOf(
  text: string,
  source: CandidateSource,
  branch: string,
  directory: string,
  model: string,
): Promise<Health> {
  if (!text.startsWith('run:')) return readHealth(resolve(directory, text), text, model);
  const match = /^run:(\d{1,15})\/([^/\\:*?"<>|\r\n]{1,255})$/.exec(text);
  if (!match)
    throw new UserError(
      `Input "health" is ${JSON.stringify(text)}; accepted: the path of a health.json, or run:<run-id>/<artifact>, where monitor left it.`,
    );
  const [, run, name] = match;
  const origin = await getRun(source.client, source.repository, Number(run));
  const reason = origin.id === source.ownRunId ? undefined : distrust(origin, branch);
  if (reason) throw new UserError(`The health of run ${run} is not used: ${reason}.`);
  const listed = await artifactsOfRun(source.client, source.repository, origin.id);
  const artifact = listed.find((candidate) => candidate.name === name);
  if (!artifact)
    throw new UserError(
      `Run ${run} has no artifact ${JSON.stringify(name)}; it has: ${listed.map((item) => item.name).join(', ') || 'none'}.`,
    );
  if (artifact.expired) throw new UserError(`The health of run ${run} has expired: run monitor again.`);
  await mkdir(source.directory, { recursive: true });
  const folder = await mkdtemp(join(source.directory, 'health-'));
  try {
    await source.artifacts.download(artifact, folder, source.token);
    const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
    if (files.length !== 1)
      throw new UserError(`Artifact ${JSON.stringify(name)} holds ${files.length} JSON files; a health is one.`);
    return await readHealth(join(folder, files[0]!), `${text} (${files[0]})`, model);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
