import { join } from 'node:path';
import { packBundle } from '../../shared/bundle/pack.js';
import type { Bundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import type { Archive } from '../../shared/deployment/service/admin-client.js';
import type { Candidate, TargetKind } from '../../shared/deployment/target.js';
import type { CandidateSource } from '../../shared/registry/candidate.js';
import { type FetchedVersion, fetchVersion } from '../../shared/registry/fetch.js';
import { DEFAULT_STAGES } from '../../shared/registry/promote.js';
import { parseReference } from '../../shared/registry/reference.js';
import { type RegisteredVersion, Registry } from '../../shared/registry/registry.js';
import { resolveModel, resolveVersion } from '../../shared/registry/resolve.js';
import type { LoadedSpec } from '../../shared/spec/load.js';

/** What is to be deployed, downloaded and verified. */
export interface DeployedModel {
  readonly candidate: Candidate;
  readonly bundle: Bundle;
  /** Of a version; a candidate or a folder has none, and only a batch takes it. */
  readonly version?: RegisteredVersion;
  /** The packed bundle, as it was registered. */
  readonly archive: () => Promise<Archive>;
}

export interface ModelRequest {
  readonly reference: string | undefined;
  readonly loaded: LoadedSpec;
  readonly kind: TargetKind;
  readonly directory: string;
  readonly branch: string | undefined;
  readonly source: CandidateSource | undefined;
}

/** Resolves what the input "model" means. @throws UserError when there is no such version, or its origin does not do */
export async function resolveDeployed({
  reference: text,
  loaded,
  kind,
  directory,
  branch,
  source,
}: ModelRequest): Promise<DeployedModel> {
  const { spec } = loaded;
  const stages = spec.registry?.stages ?? DEFAULT_STAGES;
  const wanted = text ?? `${spec.name}#${stages.at(-1)}`;
  const reference = parseReference(wanted, 'model');
  const isVersion = reference.kind === 'version' || reference.kind === 'stage';
  if (!isVersion) {
    if (kind !== 'batch')
      throw new UserError(
        `Input "model" is ${JSON.stringify(wanted)}, which is no version; the target ${kind} takes ${spec.name}#production, ${spec.name}@v1.2.0 or ` +
          `${spec.name}@latest. "register" makes a candidate a version.`,
      );
    const resolved = await resolveModel(wanted, {
      ...{ input: 'model', model: spec.name, directory, branch, connect: () => Promise.resolve(source) },
    });
    if (resolved.kind === 'onnx')
      throw new UserError(
        `Input "model" is ${JSON.stringify(wanted)}, a bare .onnx file: nothing says what its inputs are. Use a bundle.`,
      );
    return deployed(resolved.bundle, loaded, '', directory);
  }
  if (reference.model !== spec.name)
    throw new UserError(
      `Input "model" is ${JSON.stringify(wanted)}, and the spec is of the model ${JSON.stringify(spec.name)}: its "deploy" section is not that of ` +
        `${reference.model}.`,
    );
  if (!source)
    throw new UserError('Versions are kept on GitHub: "deploy" needs a job of GitHub Actions and its "github-token".');
  const version = await resolveVersion(new Registry(source, spec.name), reference);
  if (kind !== 'service' && kind !== 'batch' && version.record.storage === 'artifact')
    throw new UserError(
      `${version.tag} is kept as an artifact, which no cluster can download: register it with "storage: release" for the target ${kind}.`,
    );
  const bundle = await fetchVersion(source, spec.name, version);
  return { ...deployed(bundle, loaded, version.record.version, directory), version };
}

function deployed(bundle: FetchedVersion, { spec, file }: LoadedSpec, version: string, directory: string): DeployedModel {
  const { name, digest } = bundle.manifest;
  if (name !== spec.name)
    throw new UserError(`The bundle is of the model ${JSON.stringify(name)}, and ${file} names ${JSON.stringify(spec.name)}.`);
  let packed: Promise<Archive> | undefined;
  return {
    candidate: { model: name, version, digest },
    bundle,
    archive: () => {
      packed ??= bundle.archive
        ? Promise.resolve(bundle.archive)
        : pack(bundle, join(directory, '.mlops-actions', `${name}.tar.gz`));
      return packed;
    },
  };
}

async function pack(bundle: Bundle, file: string): Promise<Archive> {
  return { file, digest: await packBundle(bundle.directory, bundle.manifest, file) };
}
