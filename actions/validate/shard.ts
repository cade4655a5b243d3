import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile } from '../../shared/core/file-digest.js';
import { formatCount } from '../../shared/core/format.js';
import { canonicalJson, type Json, sha256 } from '../../shared/core/json.js';
import { toolVersion } from '../../shared/core/version.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { driftContract } from '../../shared/data/drift/rules.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import type { ShardDocument } from '../../shared/data/shards/document.js';
import { dataOfShard, measureShard } from '../../shared/data/shards/measure.js';
import { parseShard, shardText } from '../../shared/data/shards/shard.js';
import { targetOfShard } from '../../shared/data/shards/target.js';
import { emptyFolder, leaveShard, SHARD_FILES, shardArtifact } from '../../shared/registry/shard-results.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { prepareRules } from './contract.js';
import { countLike } from './drift.js';
import type { ValidatePlace } from './place.js';
import { findReference } from './reference.js';

/** What all shards of a run, and the job that merges, have to agree about. */
export async function agreement({ loaded, services, contract, directory }: ValidatePlace) {
  const file = typeof loaded.spec.contract === 'string' ? await readFile(join(directory, loaded.spec.contract), 'utf8') : '';
  const { headSha } = services.environment;
  return {
    kind: 'validation shard' as const,
    model: loaded.spec.name,
    spec: sha256(canonicalJson([loaded.spec as unknown as Json, contract.file, file])),
    tool: `mlops-actions ${toolVersion()}`,
    ...(headSha !== undefined && { commit: headSha }),
  };
}

/** Looks at one shard of the data, and leaves what it finds for the job that merges. */
export async function runShard(place: ValidatePlace, text: string): Promise<ActionOutcome> {
  const { inputs, services, directory, loaded, contract } = place;
  const { environment, artifacts, log, progress } = services;
  const shard = parseShard(text);
  const agreed = await agreement(place);
  const dataset = await openDataset({
    spec: loaded.spec,
    directory,
    workspace: environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
    lookups: contract.lookups,
    shard,
  });
  try {
    const counted = await countedOf(dataset, place);
    const artifact = shardArtifact(loaded.spec.name, agreed.kind, shard, environment.runAttempt);
    const folder = await emptyFolder(directory, artifact);
    const side = join(folder, SHARD_FILES.values);
    const { rules, conditions } = await prepareRules(dataset, loaded, contract);
    const measured = await measureShard(dataset, rules, conditions, side);
    const target = await targetOfShard(dataset, loaded.spec);
    const document: ShardDocument = {
      ...{ format: 1, ...agreed, shard, rules: measured.rules },
      data: await dataOfShard(dataset),
      ...(measured.values !== undefined && { values: { rows: measured.values, sha256: await sha256OfFile(side) } }),
      ...target,
      ...counted,
    };
    const file = await leaveShard(document, folder, artifact, artifacts);
    const told = `Shard ${shardText(shard)}: ${formatCount(dataset.rows)} rows looked at; the job that merges the shards decides.`;
    log(told);
    return {
      outputs: {
        ...{ passed: '', failures: '', drifted: '', 'profile-path': '', 'report-path': '', 'gx-result-path': '' },
        'result-path': file,
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

/** The rows counted as the reference is, where there is one or the contract has rules about drift. */
async function countedOf(
  dataset: Dataset,
  { inputs, services, directory, loaded }: ValidatePlace,
): Promise<Pick<ShardDocument, 'distribution' | 'watched' | 'like'>> {
  const { reference: given } = inputs;
  if (given.length === 0 && !driftContract(loaded.spec)) return {};
  const at = { directory, token: inputs['github-token'], loaded, services, inShards: true };
  const found = given.length > 0 ? await findReference(given, at) : undefined;
  if (found?.kind === 'count' && !driftContract(loaded.spec)) return {};
  const like = found && (found.kind === 'profile' || found.kind === 'model') ? found : undefined;
  const { columns, distribution } = await countLike(dataset, like);
  return {
    distribution,
    watched: columns.map(({ name, from, isTarget }) => ({ name, from, isTarget })),
    ...(like && { like: sha256(canonicalJson(like.distribution as unknown as Json)) }),
  };
}
