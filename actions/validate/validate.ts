import { join, resolve } from 'node:path';
import { type Problem, UserError } from '../../shared/core/errors.js';
import { ownExpectation } from '../../shared/data/contract/expectations.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { featureColumns } from '../../shared/data/default-features.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { againstReference } from './against-reference.js';
import { conclude } from './conclude.js';
import { holdContract, prepareContract } from './contract.js';
import { runMerge } from './merge.js';
import type { ValidatePlace } from './place.js';
import { runShard } from './shard.js';

export interface ValidateInputs {
  readonly data: readonly string[];
  readonly 'fail-on': 'error' | 'warning' | 'never';
  readonly 'github-token': string | undefined;
  /** Whether the shards of this run are merged, and the data itself is not looked at. */
  readonly merge: boolean;
  /** What the data is held against: a model, a profile, data files, or `previous`. */
  readonly reference: readonly string[];
  /** `i/n`: only the i-th of n shards of the data is looked at, without a verdict. */
  readonly shard: string | undefined;
  readonly spec: string;
  readonly 'working-directory': string;
}

/** Holds the data against its contract, before anything is trained on it. */
export async function run(inputs: ValidateInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment } = services;
  const started = performance.now();
  if (inputs.merge && inputs.shard !== undefined) {
    throw new UserError(
      'Inputs "shard" and "merge" are of different steps: jobs with `shard: i/n` look at the data, and one behind them with `merge: true` decides.',
    );
  }
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const contract = await prepareContract(loaded, {
    directory,
    workspace: environment.workspace,
    dataFiles: inputs.data.length > 0 ? inputs.data : [loaded.spec.data.path].flat(),
  });
  const place: ValidatePlace = { inputs, services, directory, loaded, contract, started };
  if (inputs.merge) return runMerge(place);
  return inputs.shard === undefined ? runWhole(place) : runShard(place, inputs.shard);
}

async function runWhole(place: ValidatePlace): Promise<ActionOutcome> {
  const { inputs, services, directory, loaded, contract } = place;
  const dataset = await openDataset({
    spec: loaded.spec,
    directory,
    workspace: services.environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress: services.progress,
    lookups: contract.lookups,
    inFileOrder: true,
  });
  try {
    const at = { directory, token: inputs['github-token'], loaded, services };
    const against = await againstReference(dataset, inputs.reference, at);
    const held = await holdContract(dataset, loaded, contract, { referenceRows: against.referenceRows });
    const { rows, schema, notices } = dataset;
    return await conclude(place, {
      ...{ rows, schema, notices, against, unsupported: held.unsupported },
      rules: [...held.rules, ...against.rules],
      expectations: [...held.expectations, ...against.rules.map(ownExpectation)],
      untrainable: await trainingProblems(dataset, loaded),
    });
  } catch (error) {
    throw await dataset.blame(error);
  } finally {
    dataset.close();
  }
}

/** What would stop training at once: no target, a constant one, no feature. Found now, it costs no training. */
async function trainingProblems(dataset: Dataset, { spec, locate }: LoadedSpec): Promise<readonly Problem[]> {
  try {
    await dataset.labels();
    await featureColumns(dataset, spec, locate);
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
}
