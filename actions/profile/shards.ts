import { UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { canonicalJson, type Json, sha256 } from '../../shared/core/json.js';
import { toolVersion } from '../../shared/core/version.js';
import type { LabelColumn } from '../../shared/data/dataset.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { tryTo } from '../../shared/data/profile/profile.js';
import type { Profile } from '../../shared/data/profile/result.js';
import { describeShard } from '../../shared/data/shards/describe.js';
import type { ShardDocument } from '../../shared/data/shards/document.js';
import { gatherData, orderShards } from '../../shared/data/shards/gather.js';
import { dataOfShard } from '../../shared/data/shards/measure.js';
import { mergeProfile } from '../../shared/data/shards/profile.js';
import { parseShard, shardText } from '../../shared/data/shards/shard.js';
import { checkTarget, labelOfShards, targetOfShard } from '../../shared/data/shards/target.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { emptyFolder, leaveShard, readShardResults, shardArtifact, shardFolder } from '../../shared/registry/shard-results.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import type { ProfileInputs } from './profile.js';

export interface ProfilePlace {
  readonly inputs: ProfileInputs;
  readonly services: RunnerServices;
  readonly directory: string;
  readonly loaded: LoadedSpec;
}

/** @throws UserError for inputs that shards have no use for */
export function refuseInputs({ merge, shard, suggest }: ProfileInputs): void {
  if (merge && shard !== undefined) {
    throw new UserError(
      'Inputs "shard" and "merge" are of different steps: jobs with `shard: i/n` look at the data, and one behind them with `merge: true` puts it together.',
    );
  }
  if (suggest && (merge || shard !== undefined)) {
    throw new UserError(
      'Input "suggest" is true, and a contract is suggested by a look at all rows: leave it out of the shards, and suggest one from some of the files.',
    );
  }
}

/** What all shards of a run, and the job that merges, have to agree about. */
function agreement({ loaded: { spec }, services }: ProfilePlace) {
  const { headSha } = services.environment;
  return {
    kind: 'profile shard' as const,
    model: spec.name,
    spec: sha256(canonicalJson(spec as unknown as Json)),
    tool: `mlops-actions ${toolVersion()}`,
    ...(headSha !== undefined && { commit: headSha }),
  };
}

/** Counts one shard of the data, for the job that merges. */
export async function profileShard(place: ProfilePlace, text: string): Promise<ActionOutcome> {
  const { inputs, services, directory, loaded } = place;
  const { environment, artifacts, log, progress } = services;
  const { spec } = loaded;
  const shard = parseShard(text);
  const dataset = await openDataset({
    spec,
    directory,
    workspace: environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
    shard,
  });
  try {
    const { rows } = dataset;
    progress(`counting ${formatCount(rows)} rows`);
    const target = await targetOfShard(dataset, spec);
    const label: LabelColumn | undefined = target.target && (await dataset.labelColumn());
    const document: ShardDocument = {
      ...{ format: 1, ...agreement(place), shard, rules: [] },
      data: await dataOfShard(dataset),
      ...target,
      ...(await describeShard(dataset, spec, label)),
    };
    const artifact = shardArtifact(spec.name, document.kind, shard, environment.runAttempt);
    const file = await leaveShard(document, await emptyFolder(directory, artifact), artifact, artifacts);
    const told = `Shard ${shardText(shard)}: ${formatCount(rows)} rows counted, for the job that merges the shards.`;
    log(told);
    return {
      outputs: {
        ...{ 'profile-path': file, 'report-path': '', 'contract-path': '', cached: 'false' },
        artifact: artifacts.available ? artifact : '',
      },
      summary: `${told}\n`,
    };
  } catch (error) {
    throw await dataset.blame(error);
  } finally {
    dataset.close();
  }
}

/** The profile of all rows, from what the shards of this run have counted. */
export async function mergedProfile(place: ProfilePlace): Promise<Profile> {
  const { inputs, services, directory, loaded } = place;
  const { spec } = loaded;
  const agreed = agreement(place);
  const source = await connectCandidates(services, inputs['github-token'], directory);
  const shards = orderShards(await readShardResults(spec.name, agreed.kind, shardFolder(directory), source), agreed);
  const data = gatherData(shards);
  if (data.rows === 0)
    throw new UserError({ message: 'the shards have no rows', location: { file: data.files[0] ?? loaded.file } });
  const locate: LoadedSpec['locate'] = (path) => loaded.locate(path);
  const label = labelOfShards(shards, data, { spec, locate });
  const targets = shards.flatMap(({ document }) => document.target ?? []);
  const { problem } = await tryTo(async () => checkTarget(targets, label, data.rows, spec, { locate }));
  return mergeProfile(shards, data, label, problem, { spec, locate });
}
