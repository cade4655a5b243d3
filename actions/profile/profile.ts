import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatCount } from '../../shared/core/format.js';
import { toolVersion } from '../../shared/core/version.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { PROFILE_SAMPLE, profileDataset } from '../../shared/data/profile/profile.js';
import type { Finding, Profile, ProfileDocument } from '../../shared/data/profile/result.js';
import { suggestContract } from '../../shared/data/suggest.js';
import { cleanLine } from '../../shared/report/escape.js';
import { renderProfileHtml } from '../../shared/report/profile/html.js';
import { renderProfile } from '../../shared/report/profile/profile.js';
import { renderSuggestedContract } from '../../shared/report/suggested-contract.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { loadSpec } from '../../shared/spec/load.js';
import { type Explored, findProfile, type ProfileReuse } from './reuse.js';
import { mergedProfile, type ProfilePlace, profileShard, refuseInputs } from './shards.js';

export interface ProfileInputs {
  /** Whether the profile of before is taken when nothing that matters has changed; shards and their sum are always made. */
  readonly cache: boolean;
  readonly data: readonly string[];
  readonly 'github-token': string | undefined;
  /** Whether the shards of this run are merged, and the data itself is not looked at. */
  readonly merge: boolean;
  /** `i/n`: only the i-th of n shards of the data is counted. */
  readonly shard: string | undefined;
  readonly spec: string;
  readonly suggest: boolean;
  readonly 'working-directory': string;
}

/** Of many findings only the worst are annotated: the rest is in the summary. */
const MOST_ANNOTATIONS = 10;

/** Explores the data, and leaves the profile as JSON and as a page. It never fails because of what it finds. */
export async function run(inputs: ProfileInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment } = services;
  const started = performance.now();
  refuseInputs(inputs);
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const place = { inputs, services, directory, loaded };
  if (inputs.shard !== undefined) return profileShard(place, inputs.shard);
  if (inputs.merge) return conclude(place, { profile: documentOf(await mergedProfile(place), environment, started) });
  const { data, suggest } = inputs;
  const reuse = inputs.cache ? await findProfile(loaded, { directory, data, suggest, environment }) : undefined;
  if (reuse?.explored) {
    services.log(`The profile is reused. ${reuse.words}`);
    return conclude(place, reuse.explored, reuse);
  }
  const explored = await explore(place, started);
  await reuse?.keep(explored);
  return conclude(place, explored, reuse);
}

async function explore({ inputs, services, directory, loaded }: ProfilePlace, started: number): Promise<Explored> {
  const { spec, locate } = loaded;
  const { environment, progress } = services;
  const dataset = await openDataset({
    spec,
    directory,
    workspace: environment.workspace,
    locate,
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
    sample: PROFILE_SAMPLE,
  });
  try {
    const profile = documentOf(await profileDataset(dataset, spec, { progress }), environment, started);
    return { profile, ...(inputs.suggest && { contract: await contractOf(dataset, profile) }) };
  } finally {
    dataset.close();
  }
}

/** A profile with the facts of the run that made it. */
function documentOf(profile: Profile, { headSha }: RunEnvironment, started: number): ProfileDocument {
  return {
    ...profile,
    ...(headSha !== undefined && { commit: headSha }),
    createdAt: new Date().toISOString(),
    seconds: (performance.now() - started) / 1000,
    tool: `mlops-actions ${toolVersion()}`,
  };
}

/** The profile in all the forms that it has. */
async function conclude(
  { services, directory, loaded }: ProfilePlace,
  { profile, contract }: Explored,
  reuse?: ProfileReuse,
): Promise<ActionOutcome> {
  const { artifacts, log } = services;
  const folder = workDirectory(directory);
  const profilePath = join(folder, 'profile.json');
  const reportPath = join(folder, 'profile.html');
  await mkdir(folder, { recursive: true });
  await writeFile(profilePath, `${JSON.stringify(profile, null, 2)}\n`);
  await writeFile(reportPath, await renderProfileHtml(profile));
  const contractPath = contract === undefined ? '' : join(folder, 'contract.yaml');
  if (contract !== undefined) await writeFile(contractPath, contract);
  const files = [profilePath, reportPath, ...(contractPath === '' ? [] : [contractPath])];
  const artifact = artifacts.available ? `${profile.model}-profile` : '';
  if (artifact) await artifacts.upload(artifact, files, folder);
  log(
    `${formatCount(profile.rows)} rows, ${formatCount(profile.columns.length)} columns, ${formatCount(profile.findings.length)} findings`,
  );
  return {
    outputs: {
      'profile-path': profilePath,
      'report-path': reportPath,
      'contract-path': contractPath,
      artifact,
      cached: String(reuse?.explored !== undefined),
    },
    annotations: [
      ...profile.findings
        .filter(({ level }) => level !== 'note')
        .slice(0, MOST_ANNOTATIONS)
        .map((finding) => annotationOf(finding, loaded.file)),
      ...loaded.notices.map((notice): Annotation => ({ ...notice, level: 'notice' })),
    ],
    summary: renderProfile(profile, artifact || undefined, reuse?.words),
  };
}

/** A contract that the data keeps. */
async function contractOf(dataset: Dataset, profile: ProfileDocument): Promise<string> {
  const key = [dataset.spec.data.key ?? []].flat();
  const contract = await suggestContract(dataset.connection, profile, key, dataset.everything?.from);
  return renderSuggestedContract(contract, profile.model);
}

/** A warning at most: exploring never fails. */
function annotationOf({ message }: Finding, file: string): Annotation {
  return { level: 'warning', message: cleanLine(message), location: { file } };
}
