import { join, resolve } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import type { Manifest } from '../../shared/bundle/manifest.js';
import { withoutFiles } from '../../shared/bundle/pack.js';
import type { Bundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import { type AttestationOutcome, attestFiles } from '../../shared/github/attestation.js';
import { hasCommit } from '../../shared/github/commit.js';
import { getRun } from '../../shared/github/run.js';
import { type CandidateSource, candidateOfRun, distrust, isTrustedEvent } from '../../shared/registry/candidate.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { mirrorInMlflow } from '../../shared/registry/mlflow/mirror.js';
import { parseReference } from '../../shared/registry/reference.js';
import { type RegistrationRequest, registerVersion } from '../../shared/registry/register.js';
import { type RegisteredVersion, Registry } from '../../shared/registry/registry.js';
import { bundleAsset, SUMS_FILE } from '../../shared/registry/release-files.js';
import { resolveModel } from '../../shared/registry/resolve.js';
import { parseWantedVersion } from '../../shared/registry/version-choice.js';
import { modelBom } from '../../shared/report/bom.js';
import { renderModelCard } from '../../shared/report/model-card.js';
import { renderRegistration, renderReleaseNotes } from '../../shared/report/registry.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import type { Spec } from '../../shared/spec/schema.js';

export interface RegisterInputs {
  readonly bundle: string;
  readonly 'github-token': string | undefined;
  readonly spec: string;
  readonly storage: string | undefined;
  readonly version: string;
  readonly 'working-directory': string;
}

/** Files of a bundle that stay out of releases unless the spec names them: they hold rows, or sketches of them. */
const PRIVATE_FILES = { predictions: BUNDLE_FILES.predictions, profile: BUNDLE_FILES.profile } as const;

/** Makes a candidate of trusted origin a version. */
export async function run(inputs: RegisterInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const wanted = parseWantedVersion(inputs.version, 'version');
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const { spec } = loaded;
  const kind = storageOf(inputs.storage, spec);
  assertTrustedRun(environment);
  const source = await connectCandidates(services, inputs['github-token'], directory);
  if (!source)
    throw new UserError('Versions are kept on GitHub: "register" needs a job of GitHub Actions and its "github-token".');

  const { bundle, run } = await trustedBundle(inputs.bundle, source, loaded, directory, environment);
  if (bundle.predictionsOnly)
    throw new UserError(
      `The candidate ${bundle.manifest.digest} holds predictions and no model, so it cannot become a version: its train.command has to write model.onnx.`,
    );
  const storage = kind === 'release' ? { kind } : { kind, run: await artifactRun(source, bundle, run, environment) };
  const publish = spec.registry?.publish ?? [];
  const left = Object.entries(PRIVATE_FILES).flatMap(([name, file]) => (publish.some((wish) => wish === name) ? [] : [file]));
  const manifest = withoutFiles(bundle.manifest, left);
  const published = publish.map((name) => PRIVATE_FILES[name]).filter((file) => file in manifest.files);
  const notices = publish
    .filter((name) => !(PRIVATE_FILES[name] in manifest.files))
    .map((name) => `\`registry.publish\` names ${name}, but the bundle has no ${PRIVATE_FILES[name]}.`);

  const registry = new Registry(source, spec.name);
  const request: RegistrationRequest = {
    ...{ directory: bundle.directory, manifest, version: wanted, storage, publish: published },
    source: await sourceCommit(source, manifest, environment),
    actor: environment.actor ?? 'unknown',
    ...(environment.runId !== undefined && { run: { id: environment.runId, attempt: environment.runAttempt } }),
    workDirectory: join(workDirectory(directory), 'release'),
    texts: textsOf(bundle, manifest, spec),
    notes: (version) => {
      const own = [bundleAsset(spec.name), BUNDLE_FILES.model, BUNDLE_FILES.card, BUNDLE_FILES.bom];
      return renderReleaseNotes(manifest, bundle.metrics, version, [...own, ...published, SUMS_FILE]);
    },
  };
  const { version, created, why } = await registerVersion(registry, request);
  log(
    created
      ? `Registered ${version.tag} (${why || 'finished what an earlier run had begun'})`
      : `${version.tag} is this model already`,
  );
  const { record, release, tag } = version;
  const attestation = spec.registry?.attest ? await attest(version, manifest, source, environment) : undefined;
  if (attestation && 'url' in attestation) log(`Attested: ${attestation.url}`);
  if (attestation && 'problem' in attestation)
    notices.push(`registry.attest: ${tag} has no attestation: ${attestation.problem}.`);
  const url = release?.url ?? runPage(environment, record.storage === 'artifact' ? record.candidate : undefined);
  const mlflow = await mirrorInMlflow({ spec, environment, version, bundle, log });
  const warnings = mlflow && 'warning' in mlflow ? [...notices, mlflow.warning] : notices;
  return {
    outputs: { version: record.version, tag, url, digest: record.digest, created: String(created) },
    annotations: warnings.map((message) => ({ level: 'warning', message })),
    summary: renderRegistration({
      ...{
        manifest,
        metrics: bundle.metrics,
        version: record.version,
        tag,
        url,
        created,
        why,
        storage: record.storage,
        notices: warnings,
        ...(attestation &&
          'url' in attestation && { attestation: { ...attestation, repository: environment.repository ?? '' } }),
      },
      ...(mlflow && 'page' in mlflow && { mlflow }),
      assets: release?.assets ?? [],
    }),
  };
}

/**
 * Attests that a version's files come from the present run; of a version that another run has made, only that one can say so.
 * @returns undefined when there is nothing to say
 */
async function attest(
  { record, release }: RegisteredVersion,
  manifest: Manifest,
  source: CandidateSource,
  { runId, hasIdToken = false, serverUrl }: RunEnvironment,
): Promise<AttestationOutcome | undefined> {
  if (runId === undefined || record.run !== runId) return undefined;
  const files =
    record.storage === 'artifact'
      ? [{ name: BUNDLE_FILES.model, digest: manifest.files[BUNDLE_FILES.model]!.sha256 }]
      : (release?.assets ?? []).flatMap(({ name, digest }) => (digest === undefined ? [] : [{ name, digest }]));
  return attestFiles(source.client, source.repository, { files, token: source.token, hasIdToken, serverUrl });
}

function storageOf(input: string | undefined, spec: Spec): 'release' | 'artifact' {
  const storage = input ?? spec.registry?.storage ?? 'release';
  if (storage === 'release' || storage === 'artifact') return storage;
  throw new UserError(`Input "storage" is ${JSON.stringify(storage)}; accepted: release, artifact.`);
}

/** Who registers holds a pen, so it only does where merged code alone has run. */
function assertTrustedRun({ event, pullRequest }: RunEnvironment): void {
  if (event === undefined || isTrustedEvent(event)) return;
  const who = pullRequest?.fromFork ? ' of a fork' : '';
  throw new UserError(
    `This run was started by "${event}"${who}, which may run code that nobody has merged: "register" works on push, schedule, ` +
      'workflow_dispatch and repository_dispatch.',
  );
}

/** The bundle, when every run that had a hand in it is trusted. */
async function trustedBundle(
  text: string,
  source: CandidateSource,
  { spec, file }: LoadedSpec,
  directory: string,
  environment: RunEnvironment,
): Promise<{ bundle: Bundle; run: number | undefined }> {
  const reference = parseReference(text, 'bundle');
  if (reference.kind === 'version' || reference.kind === 'stage')
    throw new UserError(
      `Input "bundle" is ${JSON.stringify(text)}, which is a version already; accepted: the path of a bundle, or run:<run-id>.`,
    );
  const resolved = await resolveModel(text, {
    ...{ input: 'bundle', model: spec.name, directory, branch: environment.baseBranch },
    connect: () => Promise.resolve(source),
  });
  if (resolved.kind === 'onnx')
    throw new UserError(
      `Input "bundle" is ${JSON.stringify(text)}, a bare .onnx file: a version needs to say what it was made of. Use a bundle that "train" wrote.`,
    );
  const { bundle } = resolved;
  if (bundle.manifest.name !== spec.name)
    throw new UserError(
      `The bundle is of the model ${JSON.stringify(bundle.manifest.name)}, and ${file} names ${JSON.stringify(spec.name)}: ` +
        'train again under the new name, or put the old one back.',
    );
  const maker = reference.kind === 'run' ? reference.runId : bundle.manifest.run?.id;
  // What this job, or one before it, has put into the workspace is as trusted as the run, whose event was looked at.
  if (maker !== undefined && !(reference.kind === 'path' && maker === source.ownRunId)) {
    const run = await getRun(source.client, source.repository, maker);
    // The present run is of the branch that it is of; its event and its repository count all the same.
    const branch = maker === source.ownRunId ? run.headBranch : environment.baseBranch;
    const reason = distrust(run, branch ?? '');
    if (reason) throw new UserError(`The bundle comes from run ${maker}, and is not registered: ${reason}.`);
  }
  return { bundle, run: reference.kind === 'run' ? reference.runId : undefined };
}

/** The run whose artifact is this very bundle. */
async function artifactRun(
  source: CandidateSource,
  { manifest }: Bundle,
  run: number | undefined,
  { runId, baseBranch }: RunEnvironment,
): Promise<number> {
  if (run !== undefined) return run;
  if (runId === undefined) throw new UserError('"storage: artifact" keeps the candidate of a run, and this is none.');
  const { bundle } = await candidateOfRun(source, runId, manifest.name, baseBranch ?? '');
  if (bundle.manifest.digest === manifest.digest) return runId;
  throw new UserError(
    `The candidate of this run is ${bundle.manifest.digest}, and the bundle is ${manifest.digest}: with "storage: artifact" they ` +
      'have to be the same. Give "bundle" as run:<run-id>.',
  );
}

/** The commit that the model was trained at. */
async function sourceCommit(source: CandidateSource, { commit }: Manifest, { headSha }: RunEnvironment): Promise<string> {
  for (const sha of [commit, headSha]) {
    if (sha !== undefined && /^[0-9a-f]{40}$/.test(sha) && (await hasCommit(source.client, source.repository, sha))) return sha;
  }
  throw new UserError(
    `The commit that the model was trained at (${commit ?? 'unknown'}) is not in this repository, so its version cannot stand on it: ` +
      'push it, or train again.',
  );
}

function textsOf(bundle: Bundle, manifest: Manifest, spec: Spec): { card: string; bom: string } {
  const details = { owners: spec.owners, intendedUse: spec.intended_use, limitations: spec.limitations };
  return {
    card: renderModelCard(manifest, bundle.metrics, spec),
    bom: `${JSON.stringify(modelBom(manifest, { ...details, metrics: bundle.metrics }), null, 2)}\n`,
  };
}

function runPage({ serverUrl, repository }: RunEnvironment, run: number | undefined): string {
  return run === undefined ? '' : `${serverUrl}/${repository}/actions/runs/${run}`;
}
