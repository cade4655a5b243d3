import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { toolVersion } from '../../shared/core/version.js';
import { latencyGates } from '../../shared/deployment/latency.js';
import type { DeploymentOutcome, DeploymentResult, SmokeTest } from '../../shared/deployment/result.js';
import { type Rollout, rollOut } from '../../shared/deployment/rollout.js';
import { httpSender } from '../../shared/deployment/sender.js';
import { smokeTest } from '../../shared/deployment/smoke.js';
import type { Plan, Target, TargetKind } from '../../shared/deployment/target.js';
import { isTrustedEvent } from '../../shared/registry/candidate.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { renderDeployment } from '../../shared/report/deployment.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { loadSpec } from '../../shared/spec/load.js';
import { chooseTarget, planWithoutAccess, type TargetRequest, targetKind } from './choose-target.js';
import { type CheckedRows, drawCheckedRows } from './golden.js';
import { type DeployedModel, resolveDeployed } from './model.js';
import { DeploymentRecord, type RecordRequest } from './record.js';

export interface DeployInputs {
  readonly artifact: string | undefined;
  /** Milliseconds. */
  readonly 'canary-wait': number;
  readonly data: readonly string[];
  readonly 'dry-run': boolean;
  readonly environment: string | undefined;
  readonly 'github-token': string | undefined;
  readonly image: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly model: string | undefined;
  readonly namespace: string | undefined;
  readonly 'service-token': string | undefined;
  readonly spec: string;
  readonly target: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly url: string | undefined;
  readonly 'working-directory': string;
}

/** A model server in this process, for the smoke test. */
export interface LocalServer {
  /** Its address on this machine. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a server of one bundle under the name of a version. */
export type StartServer = (bundle: string, version: string) => Promise<LocalServer>;

const DEFAULT_ENVIRONMENT = 'production';

/** Rolls a version out, and takes it back when it does not answer as it should. */
export async function run(inputs: DeployInputs, services: RunnerServices, startServer: StartServer): Promise<ActionOutcome> {
  const started = performance.now();
  const { environment, log, progress } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), {
    displayName: join(inputs['working-directory'], inputs.spec),
    overrides: Object.entries({
      target: inputs.target,
      environment: inputs.environment,
      url: inputs.url,
      namespace: inputs.namespace,
      image: inputs.image,
    }).flatMap(([key, value]) => (value === undefined ? [] : [{ path: ['deploy', key], value, origin: `input ${key}` }])),
  });
  if (!inputs['dry-run']) assertTrustedRun(environment.event);
  const kind = targetKind(loaded);
  const source = await connectCandidates(services, inputs['github-token'], directory);
  const reference = inputs.model;
  const model = await resolveDeployed({ reference, loaded, kind, directory, branch: environment.baseBranch, source });
  const cancelled = new AbortController();
  let drawn: Promise<CheckedRows> | undefined;
  const draw = (): Promise<CheckedRows> => {
    drawn ??= drawCheckedRows({ bundle: model.bundle, loaded, directory, data: inputs.data, source, services });
    return drawn;
  };
  const wanted: TargetRequest = {
    ...{ inputs, loaded, model, directory, environment, progress, signal: cancelled.signal },
    golden: async () => (await draw()).golden,
  };
  const blind = inputs['dry-run'] ? await planWithoutAccess(kind, wanted) : undefined;
  const target = blind ? undefined : await chooseTarget(kind, wanted);
  const plan = blind ?? (await target!.plan());
  for (const step of plan.steps) log(`- ${step}`);
  const name = loaded.spec.deploy?.environment ?? DEFAULT_ENVIRONMENT;
  const finish = (outcome: DeploymentOutcome, more: Partial<Finished> = {}): Promise<ActionOutcome> =>
    conclude({ outcome, inputs, services, directory, model, kind, target, plan, environmentName: name, started, ...more });

  if (inputs['dry-run'] || !target) {
    for (const text of [plan.manifests, plan.diff]) for (const line of text?.split('\n') ?? []) log(line);
    return finish('planned');
  }
  const request: RecordRequest | undefined = source && {
    ...{ source, candidate: model.candidate, kind, environment: name },
    ref: model.version?.tag ?? environment.headSha ?? '',
    ...(environment.runUrl !== undefined && { runUrl: environment.runUrl }),
  };
  if (plan.unchanged) {
    const live = request && (await DeploymentRecord.live(request));
    if (live !== undefined) {
      log(`${model.candidate.model} ${model.candidate.version} is live already`);
      return finish('unchanged', { recordId: live });
    }
  }
  const record = request && (await DeploymentRecord.open(request));
  const stop = (): void => cancelled.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const rollout = await rollOut(target, {
      ...{ progress, signal: cancelled.signal },
      ...(kind !== 'batch' && { smoke: () => smoke(model, draw, latencyGates(loaded.spec.gates), startServer) }),
    });
    const notices = drawn ? (await drawn.catch(() => undefined))?.notices : undefined;
    const { version } = model.candidate;
    if (rollout.outcome === 'deployed') await record?.succeed(`${model.candidate.model} ${version}`.trim(), target.url());
    else await record?.fail(failureText(rollout));
    const finished = await finish(rollout.outcome, { rollout, ...(record && { record }), ...(notices && { notices }) });
    // A bug of ours is reported as one, after everything has been put back and recorded.
    if (rollout.bug !== undefined) throw rollout.bug;
    return finished;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Who deploys holds keys, so it only does where merged code alone has run. */
function assertTrustedRun(event: string | undefined): void {
  if (event === undefined || isTrustedEvent(event) || event === 'release') return;
  throw new UserError(
    `This run was started by "${event}", which may run code that nobody has merged: "deploy" works on push, schedule, workflow_dispatch, ` +
      'repository_dispatch and release. With "dry-run: true" it shows elsewhere what it would do.',
  );
}

/** Serves the very bundle in this process and asks it for the golden rows. */
async function smoke(
  model: DeployedModel,
  draw: () => Promise<CheckedRows>,
  gates: ReturnType<typeof latencyGates>,
  startServer: StartServer,
): Promise<SmokeTest> {
  const { golden, registered } = await draw();
  const server = await startServer(model.bundle.directory, model.candidate.version);
  try {
    const send = httpSender(server.url);
    return await smokeTest({ send, candidate: model.candidate, golden, gates, ...(registered && { registered }) });
  } finally {
    await server.close();
  }
}

/** One line for the record: that it was rolled back to what, and why. */
function failureText({ outcome, reason = '', rollback }: Rollout): string {
  if (outcome === 'failed') return reason;
  const to = rollback?.to === undefined ? 'rolled back' : `rolled back to ${rollback.to}`;
  return `${rollback?.complete === false ? `not completely ${to}` : to}: ${reason}`;
}

interface Finished {
  readonly outcome: DeploymentOutcome;
  readonly inputs: DeployInputs;
  readonly services: RunnerServices;
  readonly directory: string;
  readonly model: DeployedModel;
  readonly kind: TargetKind;
  readonly target: Target | undefined;
  readonly plan: Plan;
  readonly environmentName: string;
  readonly started: number;
  readonly rollout?: Rollout;
  readonly record?: DeploymentRecord;
  readonly recordId?: number;
  readonly notices?: readonly string[];
}

/** Writes the result and says how it went. */
async function conclude(finished: Finished): Promise<ActionOutcome> {
  const { outcome, inputs, services, directory, model, kind, target, plan, rollout, record } = finished;
  const { environment, artifacts, log } = services;
  const { candidate } = model;
  const url = target ? target.url() : plan.url;
  const id = record?.id ?? finished.recordId;
  const result: DeploymentResult = {
    ...{ format: 1, kind: 'deployment', ...candidate, target: kind, environment: finished.environmentName, outcome },
    ...(rollout?.reason !== undefined && { reason: rollout.reason }),
    ...(url !== undefined && { url }),
    ...(plan.live && { previous: plan.live.version }),
    ...(rollout?.smoke && { smoke: rollout.smoke }),
    ...{ plan: plan.steps, steps: rollout?.steps ?? [] },
    ...(rollout?.rollback && { rollback: rollout.rollback }),
    ...(outcome === 'planned' && plan.manifests !== undefined && { manifests: plan.manifests }),
    ...(outcome === 'planned' && plan.diff !== undefined && { diff: plan.diff }),
    notices: [...plan.notices, ...(finished.notices ?? [])],
    ...(id !== undefined && { deployment: id }),
    ...(environment.runUrl !== undefined && { run: environment.runUrl }),
    seconds: (performance.now() - finished.started) / 1000,
    createdAt: new Date().toISOString(),
    tool: `mlops-actions ${toolVersion()}`,
  };
  const folder = workDirectory(directory);
  const file = join(folder, 'deployment.json');
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  const scores = kind === 'batch' && outcome === 'deployed' ? target?.output?.() : undefined;
  if (scores && inputs.artifact !== undefined && artifacts.available) {
    await artifacts.upload(inputs.artifact, scores.files, scores.folder);
    log(`Scores left as artifact ${inputs.artifact}`);
  }
  const annotations: Annotation[] = [
    ...result.notices.map((message): Annotation => ({ level: 'notice', message })),
    ...(record?.warnings ?? []),
  ];
  return {
    outputs: {
      url: url ?? '',
      'deployment-id': id === undefined ? '' : String(id),
      version: candidate.version,
      'rolled-back': String(outcome === 'rolled back'),
      'result-path': file,
    },
    annotations,
    summary: renderDeployment(result),
    ...failureOf(result),
  };
}

function failureOf(result: DeploymentResult): { failure: string } | undefined {
  const { outcome, target, model, version, environment, reason, rollback } = result;
  if (reason === undefined) return undefined;
  const name = `${model} ${version}`.trim();
  if (target === 'batch')
    return { failure: `${name} has not scored the files: ${reason}. ${capital(rollback?.note ?? 'nothing was written')}.` };
  const failure = `${name} is not deployed to ${environment}: ${reason}.`;
  if (outcome === 'failed') return { failure };
  const back = rollback?.to === undefined ? 'It was rolled back' : `${rollback.to} is live again`;
  return { failure: `${failure} ${rollback?.complete === false ? `The rollback is not complete: ${rollback.note}` : back}.` };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
