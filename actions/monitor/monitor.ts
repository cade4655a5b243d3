import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Bundle } from '../../shared/bundle/read.js';
import { durationMs } from '../../shared/core/duration.js';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { toolVersion } from '../../shared/core/version.js';
import { watchedInputs } from '../../shared/features/watched.js';
import { createClient, repositoryName } from '../../shared/github/client.js';
import { type KeptIssue, keepIssue } from '../../shared/github/issue.js';
import type { Health } from '../../shared/monitoring/health.js';
import {
  HEALTH_BLOCKS,
  HEALTH_LABEL,
  healthMarker,
  isSilenced,
  readMemory,
  wantedState,
} from '../../shared/monitoring/health-issue.js';
import { lookAtHealth, windowsAt } from '../../shared/monitoring/look.js';
import { fetchMetrics, parseMetrics, type Sample } from '../../shared/monitoring/service-metrics.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { resolveModel } from '../../shared/registry/resolve.js';
import { type HealthContext, renderHealth } from '../../shared/report/health/health.js';
import { renderHealthIssue } from '../../shared/report/health/issue.js';
import { healthTitle } from '../../shared/report/health/words.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { labelFiles, trafficFiles } from './files.js';
import { referenceOf } from './reference.js';

export interface MonitorInputs {
  readonly at: string | undefined;
  readonly author: string;
  readonly data: readonly string[];
  readonly 'fail-on': 'alarm' | 'never';
  readonly 'github-token': string | undefined;
  readonly issue: boolean;
  readonly labels: readonly string[];
  readonly model: string | undefined;
  readonly spec: string;
  readonly traffic: readonly string[];
  readonly 'working-directory': string;
}

/** Looks at the live model's traffic and labels, and keeps the issue of its health. */
export async function run(inputs: MonitorInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, artifacts, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const at = momentOf(inputs.at);
  const { bundle, version, shown } = await liveModel(inputs, services, loaded, directory);
  log(`Looking at ${shown} as of ${at.toISOString()}`);
  const { health, annotations } = await look({ bundle, version, shown, at, directory }, inputs, services, loaded);

  const folder = workDirectory(directory);
  const file = join(folder, 'health.json');
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(health, null, 2)}\n`);
  if (artifacts.available) await artifacts.upload(`${loaded.spec.name}-health`, [file], folder);
  log(healthTitle(health));

  const context: HealthContext = {
    ...(environment.runUrl !== undefined && { runUrl: environment.runUrl }),
    ...(environment.headSha !== undefined && { commit: environment.headSha }),
    tool: `mlops-actions ${toolVersion()}`,
  };
  const failures: string[] = [];
  const kept = await keepHealthIssue(health, context, inputs, services).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    failures.push(error.message);
    return undefined;
  });
  if (kept) log(`Issue #${kept.number} (${kept.done}): ${kept.url}`);
  const alarms = health.checks.filter(({ state }) => state === 'alarm');
  if (!health.healthy && inputs['fail-on'] === 'alarm') {
    failures.push(
      `${healthTitle(health)} (${formatCount(alarms.length)} of ${formatCount(health.checks.length)} checks in alarm).`,
    );
  }
  return {
    outputs: {
      healthy: String(health.healthy),
      drifted: String(health.drifted.length),
      'result-path': file,
      'issue-number': kept ? String(kept.number) : '',
    },
    annotations: [
      ...annotations,
      ...alarms.map(
        ({ kind, subject, detail }): Annotation => ({ level: 'warning', message: `${kind} ${subject}: ${detail}` }),
      ),
    ],
    summary: renderHealth(health, context),
    ...(failures.length > 0 && { failure: failures.join(' ') }),
  };
}

function momentOf(text: string | undefined): Date {
  if (text === undefined) return new Date();
  const isMoment = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const at = new Date(isMoment ? text : Number.NaN);
  if (!Number.isNaN(at.getTime())) return at;
  throw new UserError(
    `Input "at" is ${JSON.stringify(text)}; accepted: a date such as 2026-03-02 (midnight in UTC), or a moment with its time zone such as 2026-03-02T06:00:00Z.`,
  );
}

interface LiveModel {
  readonly bundle: Bundle;
  readonly version: string;
  readonly shown: string;
}

async function liveModel(
  inputs: MonitorInputs,
  services: RunnerServices,
  { spec }: LoadedSpec,
  directory: string,
): Promise<LiveModel> {
  const model = await resolveModel(inputs.model ?? `${spec.name}#production`, {
    input: 'model',
    model: spec.name,
    directory,
    branch: services.environment.baseBranch,
    connect: () => connectCandidates(services, inputs['github-token'], directory),
  });
  if (model.kind !== 'bundle') {
    throw new UserError(
      `Input "model" is ${JSON.stringify(model.shown)}: nothing says what an .onnx file by itself has learned from; name a version or a bundle that "train" wrote.`,
    );
  }
  const { name } = model.bundle.manifest;
  if (name !== spec.name) {
    throw new UserError(
      `Input "model" is ${JSON.stringify(model.shown)}, a bundle of ${name}, and the spec is of ${spec.name}: its monitoring is not that of ${name}.`,
    );
  }
  return { bundle: model.bundle, version: model.version ?? '', shown: model.shown };
}

async function look(
  live: LiveModel & { readonly at: Date; readonly directory: string },
  inputs: MonitorInputs,
  services: RunnerServices,
  loaded: LoadedSpec,
): Promise<{ health: Health; annotations: Annotation[] }> {
  const { spec, locate } = loaded;
  const { bundle, at, directory } = live;
  const { manifest } = bundle;
  const place = { directory, workspace: services.environment.workspace, locate };
  const traffic = trafficFiles(inputs.traffic, spec, place);
  const labels = labelFiles(inputs.labels, spec, place);
  const time = manifest.context?.time ?? spec.data.time;
  const { watched, left } = watchedInputs(manifest.signature, manifest.features, time);
  const windows = windowsAt(spec, at);
  const reference = await referenceOf({ ...live, watched, time, windows, data: inputs.data, place, loaded, services });
  const service = await readService(spec.monitor?.metrics_url);
  const problems = [labels?.problem, service?.problem].filter((problem) => problem !== undefined);
  const notices = [
    ...(left.length > 0 ? [`Not watched, since time changes them by itself: ${left.join(', ')}.`] : []),
    ...reference.notices,
    ...problems,
  ];
  const health = await lookAtHealth({
    ...{ spec, locate, manifest, recorded: bundle.metrics, version: live.version, at, windows, inputs: watched, time },
    ...{ unit: reference.unit, reference: reference.reference, traffic, service: service?.samples, notices },
    ...(labels && {
      labels: { files: labels.files, key: labels.key, delayMs: durationMs(spec.monitor?.labels?.delay ?? '0s') },
    }),
    progress: services.progress,
  });
  const annotations: Annotation[] = [
    ...loaded.notices.map((notice): Annotation => ({ ...notice, level: 'notice' })),
    ...problems.map((message): Annotation => ({ level: 'warning', message })),
    ...(health.windows.length === 0
      ? [
          {
            level: 'warning',
            message: health.notices.find((notice) => notice.includes('traffic')) ?? 'Nothing can be said yet.',
          } as const,
        ]
      : []),
  ];
  return { health, annotations };
}

/** A service that does not answer leaves its checks out, and says so: the runner may just not reach it. */
async function readService(url: string | undefined): Promise<{ samples?: Sample[]; problem?: string } | undefined> {
  if (url === undefined) return undefined;
  try {
    return { samples: parseMetrics(await fetchMetrics(url)) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: messageOf(error) };
  }
}

async function keepHealthIssue(
  health: Health,
  context: HealthContext,
  inputs: MonitorInputs,
  { environment, log }: RunnerServices,
): Promise<KeptIssue | undefined> {
  if (!inputs.issue) return undefined;
  if (!environment.repository || !inputs['github-token']) {
    log('No issue is kept: there is no repository, or no "github-token".');
    return undefined;
  }
  if (environment.pullRequest) {
    log('No issue is kept from the run of a pull request.');
    return undefined;
  }
  const client = await createClient({ token: inputs['github-token'], apiUrl: environment.apiUrl, log });
  const identity = {
    ...{ repository: repositoryName(environment.repository), marker: healthMarker(health.model), author: inputs.author },
    label: HEALTH_LABEL,
  };
  return keepIssue(client, {
    ...identity,
    wanted: (issue) => wantedState(health, readMemory(issue?.body)),
    content: (issue) => renderHealthIssue(health, context, readMemory(issue?.body)),
    keep: [HEALTH_BLOCKS.retrain],
    staysClosed: isSilenced,
  });
}
