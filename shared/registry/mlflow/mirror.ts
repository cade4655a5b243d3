import type { Bundle } from '../../bundle/read.js';
import { messageOf } from '../../core/errors.js';
import type { RunEnvironment } from '../../runner/environment.js';
import type { Spec } from '../../spec/schema.js';
import { isTrustedEvent } from '../candidate.js';
import type { RegisteredVersion } from '../registry.js';
import { type ClientOptions, MlflowClient, MlflowError } from './client.js';
import type { VersionFacts } from './tracking.js';
import { mirrorVersion, moveAlias } from './versions.js';

export interface MirrorRequest {
  readonly spec: Pick<Spec, 'name' | 'purpose' | 'registry'>;
  readonly environment: RunEnvironment;
  readonly version: RegisteredVersion;
  readonly bundle: Bundle;
  readonly log: (line: string) => void;
  /** The stage whose alias follows, and whether the version still has it: only then does the alias move. */
  readonly stage?: { readonly name: string; readonly holds: () => Promise<boolean> };
  readonly client?: ClientOptions;
}

/** What MLflow has of a version now, or why it has not. */
export type MirrorOutcome =
  | { readonly number: string; readonly page: string }
  /** One line: what went wrong, and what to do. */
  | { readonly warning: string };

/**
 * Brings a version into MLflow as well, where the spec has `registry.mlflow`, and lets the alias of its stage follow.
 * GitHub has the version already, and stays what decides: a failure here is told and fails nothing, and the same job again
 * adds what is missing.
 * @returns undefined when the spec does not ask for it
 */
export async function mirrorInMlflow(request: MirrorRequest): Promise<MirrorOutcome | undefined> {
  const { spec, environment, version, bundle, stage, log } = request;
  const place = spec.registry?.mlflow;
  if (!place) return undefined;
  const name = `${spec.name} ${version.record.version}`;
  const { event } = environment;
  // A spec that nobody has merged would choose to whom the credentials go.
  if (event !== undefined && !isTrustedEvent(event))
    return {
      warning: `MLflow did not get ${name}: runs of "${event}" may follow a spec that nobody has merged; use push, schedule or workflow_dispatch.`,
    };
  const client = new MlflowClient(place.tracking_uri, environment.mlflow ?? {}, request.client);
  try {
    const found = await mirrorVersion(client, bundle, factsOf(version, environment), spec.purpose);
    log(`MLflow has ${name} as version ${found.number} of ${spec.name}${found.created ? '' : ' already'}`);
    if (stage && (await stage.holds())) {
      await moveAlias(client, spec.name, stage.name, found.number);
      log(`MLflow's alias ${stage.name} of ${spec.name} is at version ${found.number}`);
    }
    return { number: found.number, page: found.page };
  } catch (error) {
    const advice = error instanceof MlflowError && error.advice !== undefined ? `; ${error.advice}` : '';
    const missing = stage ? `${name} with the alias ${stage.name}` : name;
    return {
      warning: `MLflow did not get ${missing}: ${messageOf(error)}${advice}. GitHub has it; run this job again for MLflow.`,
    };
  }
}

function factsOf({ record, release, tag }: RegisteredVersion, { serverUrl, repository }: RunEnvironment): VersionFacts {
  const repositoryUrl = `${serverUrl}/${repository ?? ''}`;
  const runPage = (id: number): string => `${repositoryUrl}/actions/runs/${id}`;
  const made = record.storage === 'artifact' ? record.candidate : record.run;
  return {
    ...{ version: record.version, tag, commit: record.commit, actor: record.actor, repositoryUrl },
    url: release?.url ?? (made === undefined ? repositoryUrl : runPage(made)),
    ...(made !== undefined && { runUrl: runPage(made) }),
  };
}
