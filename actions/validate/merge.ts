import { type Problem, UserError } from '../../shared/core/errors.js';
import { ownExpectation } from '../../shared/data/contract/expectations.js';
import { featureColumns } from '../../shared/data/default-features.js';
import { openDatabase } from '../../shared/data/duckdb.js';
import { mergeCounts } from '../../shared/data/shards/distributions.js';
import { type GatheredData, gatherData, orderShards, type ShardResult } from '../../shared/data/shards/gather.js';
import { mergeRules } from '../../shared/data/shards/merge.js';
import { checkTarget, labelOfShards } from '../../shared/data/shards/target.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { readShardResults, shardFolder } from '../../shared/registry/shard-results.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { countedAgainstReference } from './against-reference.js';
import { conclude } from './conclude.js';
import { prepareRules } from './contract.js';
import type { ValidatePlace } from './place.js';
import { agreement } from './shard.js';

/** Decides from what the shards of this run have found, without the data. */
export async function runMerge(place: ValidatePlace): Promise<ActionOutcome> {
  const { inputs, services, directory, loaded, contract } = place;
  const { spec } = loaded;
  const agreed = await agreement(place);
  const source = await connectCandidates(services, inputs['github-token'], directory);
  const found = await readShardResults(spec.name, agreed.kind, shardFolder(directory), source);
  const shards = orderShards(found, agreed);
  const data = gatherData(shards);
  if (data.rows === 0) {
    throw data.rowsRead === 0 || spec.data.where === undefined
      ? new UserError({ message: 'the data has no rows', location: { file: data.files[0] ?? loaded.file } })
      : new UserError({ message: `no row fulfils where: ${spec.data.where}`, location: loaded.locate(['data', 'where']) });
  }
  const database = await openDatabase();
  try {
    const { connection } = database;
    const { rows, schema, columnNames, notices } = data;
    const at = { directory, token: inputs['github-token'], loaded, services };
    const counted = mergeCounts(shards);
    const against = await countedAgainstReference({ spec, schema }, counted, inputs.reference, at);
    const { rules, unsupported, expectations } = await prepareRules(
      {
        ...{ connection, schema, columnNames, rows },
        // What the shards have run is not run again: only how their numbers are judged matters here.
        lookups: contract.lookups.map(({ to }, index) => ({
          table: `__lookup_${index}`,
          types: to.map(() => 'string' as const),
        })),
        checkExpression: (sql) => Promise.resolve({ sql: `(${sql})`, columns: [], type: 'BOOLEAN' }),
      },
      loaded,
      contract,
      { referenceRows: against.referenceRows },
    );
    const results = await mergeRules({ connection, shards, data, rules });
    return await conclude(place, {
      ...{ rows, schema, against, unsupported },
      notices: [...notices, ...differentTypes(counted?.different ?? [])],
      rules: [...results, ...against.rules],
      expectations: [...expectations(results), ...against.rules.map(ownExpectation)],
      untrainable: await trainingProblems(shards, data, loaded),
    });
  } finally {
    database.close();
  }
}

function differentTypes(columns: readonly string[]): string[] {
  return columns.map(
    (name) =>
      `Column ${name} is of numbers in some shards and of texts in others, so that it is not held against the reference.`,
  );
}

/** What would stop training at once, as for a whole. */
async function trainingProblems(
  shards: readonly ShardResult[],
  data: GatheredData,
  { spec, locate }: LoadedSpec,
): Promise<readonly Problem[]> {
  try {
    const label = labelOfShards(shards, data, { spec, locate });
    const targets = shards.flatMap(({ document }) => document.target ?? []);
    checkTarget(targets, label, data.rows, spec, { locate });
    await featureColumns({ ...data, labelColumn: () => Promise.resolve(label) }, spec, locate);
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
}
