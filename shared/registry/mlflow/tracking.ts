import { z } from 'zod';
import type { Bundle } from '../../bundle/read.js';
import { type MlflowClient, MlflowError } from './client.js';
import { type MlflowModel, MODEL_FOLDER, mlflowModel } from './model-directory.js';

/** Where the version stands on GitHub. */
export interface VersionFacts {
  /** Such as `v1.2.0`. */
  readonly version: string;
  readonly tag: string;
  /** The page of the release, or of the run whose artifact holds the bundle. */
  readonly url: string;
  /** The commit that the model was trained at. */
  readonly commit: string;
  readonly actor: string;
  /** The page of the run that made the model, where that is known. */
  readonly runUrl?: string;
  /** The page of the repository. */
  readonly repositoryUrl: string;
}

/** The tag by which a run and a version are found again. */
export const DIGEST_TAG = 'mlops.digest';

const answered = z.unknown();
const experimentSchema = z.object({
  experiment: z.object({ experiment_id: z.string(), lifecycle_stage: z.string().optional() }),
});
const runSchema = z.object({
  info: z.object({ run_id: z.string(), artifact_uri: z.string(), status: z.string().optional() }),
  data: z.object({ tags: z.array(z.object({ key: z.string() })).default([]) }).default({ tags: [] }),
});
type TrackedRun = z.output<typeof runSchema>;

/** What one request may hold. */
const PARAMS_A_REQUEST = 100;
const METRICS_A_REQUEST = 1000;
/** What every version of MLflow takes; newer ones take more. */
const LONGEST_PARAM = 500;
/** Set by `runs/log-model`, which would add the same model again. */
const MODELS_TAG = 'mlflow.log-model.history';

/**
 * The run of a version, in the experiment of the model's name, with params, metrics, tags and the model itself. What an
 * interrupted job has left of it is completed.
 * @returns the run and the address of its model
 */
export async function trackRun(
  client: MlflowClient,
  bundle: Bundle,
  facts: VersionFacts,
): Promise<{ id: string; model: string }> {
  const experiment = await experimentOf(client, bundle.manifest.name);
  const run =
    (await findRun(client, experiment, bundle.manifest.digest)) ?? (await createRun(client, experiment, bundle, facts));
  const { run_id: id, artifact_uri: artifacts } = run.info;
  const place = artifactPath(artifacts, client.address);
  await logBatches(client, id, bundle);
  const model = await mlflowModel(bundle, id, facts);
  for (const { path, content } of model.files) await client.upload(`${place}/${MODEL_FOLDER}/${path}`, content);
  if (!run.data.tags.some(({ key }) => key === MODELS_TAG)) await logModel(client, id, model);
  const end = Date.parse(bundle.manifest.training.finishedAt);
  await client.post('runs/update', { run_id: id, status: 'FINISHED', end_time: end }, answered);
  return { id, model: `${artifacts}/${MODEL_FOLDER}` };
}

async function experimentOf(client: MlflowClient, name: string): Promise<string> {
  const find = () => client.get('experiments/get-by-name', { experiment_name: name }, experimentSchema);
  const found = await unless('RESOURCE_DOES_NOT_EXIST', find());
  if (found === undefined) {
    const created = client.post('experiments/create', { name }, z.object({ experiment_id: z.string() }));
    const id = (await unless('RESOURCE_ALREADY_EXISTS', created))?.experiment_id;
    // Another job may have been first.
    return id ?? (await find()).experiment.experiment_id;
  }
  if (found.experiment.lifecycle_stage === 'deleted')
    throw new MlflowError(`${client.address} has an experiment ${JSON.stringify(name)} that was deleted`, {
      advice: 'restore it there, or delete it for good',
    });
  return found.experiment.experiment_id;
}

async function findRun(client: MlflowClient, experiment: string, digest: string): Promise<TrackedRun | undefined> {
  const query = {
    experiment_ids: [experiment],
    filter: `tags.\`${DIGEST_TAG}\` = '${digest}'`,
    run_view_type: 'ACTIVE_ONLY',
    order_by: ['attributes.start_time ASC'],
    max_results: 1,
  };
  return (await client.post('runs/search', query, z.object({ runs: z.array(runSchema).default([]) }))).runs[0];
}

async function createRun(
  client: MlflowClient,
  experiment: string,
  { manifest }: Bundle,
  facts: VersionFacts,
): Promise<TrackedRun> {
  const tags: Readonly<Record<string, string | undefined>> = {
    'mlflow.runName': facts.tag,
    'mlflow.user': facts.actor,
    'mlflow.source.type': 'PROJECT',
    'mlflow.source.name': facts.runUrl ?? facts.repositoryUrl,
    'mlflow.source.git.commit': facts.commit,
    'mlflow.source.git.repoURL': facts.repositoryUrl,
    [DIGEST_TAG]: manifest.digest,
    'mlops.version': facts.version,
    'mlops.tag': facts.tag,
    'mlops.url': facts.url,
    'mlops.run': facts.runUrl,
    'mlops.commit': facts.commit,
    'mlops.data': manifest.data.digest,
    'mlops.task': manifest.task,
    'mlops.tool': `${manifest.tool.name} ${manifest.tool.version}`,
  };
  const end = Date.parse(manifest.training.finishedAt);
  const wanted = {
    experiment_id: experiment,
    run_name: facts.tag,
    user_id: facts.actor,
    start_time: Math.round(end - 1000 * manifest.training.seconds),
    tags: tagList(tags),
  };
  return (await client.post('runs/create', wanted, z.object({ run: runSchema }))).run;
}

/** Params and metrics; the same ones again change nothing. */
async function logBatches(client: MlflowClient, id: string, { manifest, metrics }: Bundle): Promise<void> {
  const facts = { algorithm: manifest.algorithm, seed: manifest.seed, iterations: manifest.training.iterations };
  const params = Object.entries({ ...facts, ...manifest.params }).map(([name, value]) => ({
    key: plainName(name),
    value: String(value).slice(0, LONGEST_PARAM),
  }));
  const timestamp = Date.parse(manifest.training.finishedAt);
  const values = Object.entries(metrics).map(([name, value]) => ({ key: plainName(name), value, timestamp, step: 0 }));
  const log = (part: object) => client.post('runs/log-batch', { run_id: id, ...part }, answered);
  for (let start = 0; start < params.length; start += PARAMS_A_REQUEST)
    await log({ params: params.slice(start, start + PARAMS_A_REQUEST) });
  for (let start = 0; start < values.length; start += METRICS_A_REQUEST)
    await log({ metrics: values.slice(start, start + METRICS_A_REQUEST) });
}

function logModel(client: MlflowClient, id: string, { description }: MlflowModel): Promise<unknown> {
  return client.post('runs/log-model', { run_id: id, model_json: JSON.stringify(description) }, answered);
}

/** What names of params and metrics may be made of. */
function plainName(name: string): string {
  return name.replace(/[^\w\-. :/]/g, '_').slice(0, 250);
}

/** Tags as MLflow takes them; those without a value are left out. */
export function tagList(tags: Readonly<Record<string, string | undefined>>): { key: string; value: string }[] {
  return Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: value.slice(0, 500) }]));
}

/**
 * Where a run's artifacts are, for the server's own proxy.
 * @throws MlflowError when the server leaves artifacts to the storage behind it, which needs that storage's own client
 */
function artifactPath(uri: string, address: string): string {
  const [, host, path] = /^mlflow-artifacts:(?:\/\/([^/]*))?\/(.+?)\/*$/.exec(uri) ?? [];
  const isOwn = host === undefined || host === '' || host === new URL(address).host;
  if (path !== undefined && isOwn && !path.split('/').includes('..')) return path;
  const [scheme] = uri.split(':');
  throw new MlflowError(`${address} keeps artifacts at ${JSON.stringify(`${scheme}:...`)}, which only its own clients reach`, {
    advice: 'start the server with --serve-artifacts (and --artifacts-destination), so that it takes artifacts itself',
  });
}

/** What a request gives; undefined when it fails with that code of MLflow's. */
export async function unless<Answer>(code: string, request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof MlflowError && error.code === code) return undefined;
    throw error;
  }
}
