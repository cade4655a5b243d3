import { z } from 'zod';
import type { Bundle } from '../../bundle/read.js';
import type { MlflowClient } from './client.js';
import { DIGEST_TAG, tagList, trackRun, unless, type VersionFacts } from './tracking.js';

/** A version in MLflow's registry. */
export interface MlflowVersion {
  /** MLflow's own number, as a text. */
  readonly number: string;
  readonly created: boolean;
  readonly page: string;
}

const versionSchema = z.object({
  version: z.coerce.string().regex(/^\d+$/),
  status: z.string().optional(),
  run_id: z.string().optional(),
});
type Version = z.output<typeof versionSchema>;

/**
 * The version of a model in MLflow's registry, with its run; made where it is missing. A version is found again by its
 * digest, so the same call again completes what an interrupted one has left, and changes nothing else.
 */
export async function mirrorVersion(
  client: MlflowClient,
  bundle: Bundle,
  facts: VersionFacts,
  purpose: string | undefined,
): Promise<MlflowVersion> {
  const { name, digest } = bundle.manifest;
  const page = (number: string): string => `${client.address}/#/models/${name}/versions/${number}`;
  const [found] = await versionsOf(client, name, digest);
  if (found) return { number: found.version, created: false, page: page(found.version) };
  const run = await trackRun(client, bundle, facts);
  await registerModel(client, name, facts, purpose);
  const tags = { [DIGEST_TAG]: digest, 'mlops.version': facts.version, 'mlops.tag': facts.tag, 'mlops.url': facts.url };
  const description = `[${name} ${facts.version}](${facts.url}), commit [${facts.commit.slice(0, 7)}](${facts.repositoryUrl}/commit/${facts.commit})`;
  const created = await client.post(
    'model-versions/create',
    { name, source: run.model, run_id: run.id, description, tags: tagList({ ...tags, 'mlops.commit': facts.commit }) },
    z.object({ model_version: versionSchema }),
  );
  const own = created.model_version;
  const [first = own] = await versionsOf(client, name, digest);
  if (first.version === own.version) return { number: own.version, created: true, page: page(own.version) };
  // Another job did the same at the same moment, or this one was not told that it had been done: of two, the later goes.
  await client.delete('model-versions/delete', { name, version: own.version });
  if (first.run_id !== run.id) await client.post('runs/delete', { run_id: run.id }, z.unknown());
  return { number: first.version, created: first.run_id === run.id, page: page(first.version) };
}

/** Gives an alias to a version; whichever had it before has it no more. */
export async function moveAlias(client: MlflowClient, model: string, alias: string, number: string): Promise<void> {
  await client.post('registered-models/alias', { name: model, alias, version: number }, z.unknown());
}

/** The versions that are this very model, first to last; one, unless jobs met. */
async function versionsOf(client: MlflowClient, name: string, digest: string): Promise<Version[]> {
  const query = { filter: `name = '${name}' and tags.\`${DIGEST_TAG}\` = '${digest}'`, max_results: '100' };
  const answer = await client.get(
    'model-versions/search',
    query,
    z.object({ model_versions: z.array(versionSchema).default([]) }),
  );
  return answer.model_versions
    .filter(({ status }) => status !== 'FAILED_REGISTRATION')
    .sort((one, other) => Number(one.version) - Number(other.version));
}

async function registerModel(
  client: MlflowClient,
  name: string,
  facts: VersionFacts,
  purpose: string | undefined,
): Promise<void> {
  const description = purpose === undefined ? {} : { description: purpose.slice(0, 5000) };
  const wanted = { name, ...description, tags: tagList({ 'mlops.repository': facts.repositoryUrl }) };
  await unless('RESOURCE_ALREADY_EXISTS', client.post('registered-models/create', wanted, z.unknown()));
}
