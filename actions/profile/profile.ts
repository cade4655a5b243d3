import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatCount } from '../../shared/core/format.js';
import { toolVersion } from '../../shared/core/version.js';
import { type Dataset, openDataset } from '../../shared/data/dataset.js';
import { PROFILE_SAMPLE, profileDataset } from '../../shared/data/profile/profile.js';
import type { Finding, ProfileDocument } from '../../shared/data/profile/result.js';
import { suggestContract } from '../../shared/data/suggest.js';
import { renderProfileHtml } from '../../shared/report/profile/html.js';
import { renderProfile } from '../../shared/report/profile/profile.js';
import { renderSuggestedContract } from '../../shared/report/suggested-contract.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { loadSpec } from '../../shared/spec/load.js';

export interface ProfileInputs {
  readonly data: readonly string[];
  readonly spec: string;
  readonly suggest: boolean;
  readonly 'working-directory': string;
}

/** Of many findings only the worst are annotated: the rest is in the summary. */
const MOST_ANNOTATIONS = 10;

/** Explores the data, and leaves the profile as JSON and as a page. It never fails because of what it finds. */
export async function run(inputs: ProfileInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, progress, artifacts, log } = services;
  const started = performance.now();
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const { spec } = loaded;
  const dataset = await openDataset({
    spec,
    directory,
    workspace: environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
    sample: PROFILE_SAMPLE,
  });
  try {
    const profile: ProfileDocument = {
      ...(await profileDataset(dataset, spec, { progress })),
      ...(environment.headSha !== undefined && { commit: environment.headSha }),
      createdAt: new Date().toISOString(),
      seconds: (performance.now() - started) / 1000,
      tool: `mlops-actions ${toolVersion()}`,
    };
    const folder = workDirectory(directory);
    const profilePath = join(folder, 'profile.json');
    const reportPath = join(folder, 'profile.html');
    await mkdir(folder, { recursive: true });
    await writeFile(profilePath, `${JSON.stringify(profile, null, 2)}\n`);
    await writeFile(reportPath, await renderProfileHtml(profile));
    const contractPath = inputs.suggest ? await writeContract(folder, dataset, profile) : '';
    const files = [profilePath, reportPath, ...(contractPath === '' ? [] : [contractPath])];
    const artifact = artifacts.available ? `${spec.name}-profile` : '';
    if (artifact) await artifacts.upload(artifact, files, folder);
    log(
      `${formatCount(profile.rows)} rows, ${formatCount(profile.columns.length)} columns, ${formatCount(profile.findings.length)} findings`,
    );
    return {
      outputs: { 'profile-path': profilePath, 'report-path': reportPath, 'contract-path': contractPath, artifact },
      annotations: [
        ...profile.findings
          .filter(({ level }) => level !== 'note')
          .slice(0, MOST_ANNOTATIONS)
          .map((finding) => annotationOf(finding, loaded.file)),
        ...loaded.notices.map((notice): Annotation => ({ ...notice, level: 'notice' })),
      ],
      summary: renderProfile(profile, artifact || undefined),
    };
  } finally {
    dataset.close();
  }
}

/** A contract that the data keeps. */
async function writeContract(folder: string, dataset: Dataset, profile: ProfileDocument): Promise<string> {
  const key = [dataset.spec.data.key ?? []].flat();
  const contract = await suggestContract(dataset.connection, profile, key, dataset.everything?.from);
  const file = join(folder, 'contract.yaml');
  await writeFile(file, renderSuggestedContract(contract, profile.model));
  return file;
}

/** A warning at most: exploring never fails. */
function annotationOf({ message }: Finding, file: string): Annotation {
  return { level: 'warning', message, location: { file } };
}
