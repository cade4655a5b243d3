import { join } from 'node:path';
import { type ContractData, compileContract } from '../../../../shared/data/contract/check.js';
import type { ImportedContract } from '../../../../shared/data/contract/formats/imported-rule.js';
import { compileImported } from '../../../../shared/data/contract/imported.js';
import type { OwnCondition } from '../../../../shared/data/contract/measure.js';
import type { CompiledRule } from '../../../../shared/data/contract/rule.js';
import type { Dataset } from '../../../../shared/data/dataset.js';
import { openDatabase } from '../../../../shared/data/duckdb.js';
import { openDataset } from '../../../../shared/data/open-dataset.js';
import { parseShardDocument } from '../../../../shared/data/shards/document.js';
import { type GatheredData, gatherData, type ShardResult } from '../../../../shared/data/shards/gather.js';
import { dataOfShard, measureShard } from '../../../../shared/data/shards/measure.js';
import { mergeRules } from '../../../../shared/data/shards/merge.js';
import type { RuleResult } from '../../../../shared/data/validation.js';
import type { LoadedSpec } from '../../../../shared/spec/load.js';
import { workspace } from '../workspace.js';

export interface Compiled {
  readonly rules: readonly CompiledRule[];
  readonly conditions: readonly OwnCondition[];
}

export const ofSpec = (loaded: LoadedSpec) => (data: ContractData) => compileContract(data, loaded, { now: new Date(0) });
export const ofContract = (contract: ImportedContract) => async (data: ContractData) => {
  const { sql, conditions } = await compileImported(data, contract);
  return { rules: sql, conditions };
};

/** What a contract says of the rows of files, looked at as a whole. */
export async function look<T>(
  files: readonly string[],
  loaded: LoadedSpec,
  run: (dataset: Dataset) => Promise<T>,
  shard?: { readonly index: number; readonly count: number },
): Promise<T> {
  const dataset = await openDataset({ ...loaded, directory: '/', data: files, inFileOrder: true, ...(shard && { shard }) });
  try {
    return await run(dataset);
  } finally {
    dataset.close();
  }
}

/** The same from shards, through the text of their documents. */
export async function sharded(
  files: readonly string[],
  loaded: LoadedSpec,
  count: number,
  compile: (data: ContractData) => Promise<Compiled>,
): Promise<{ results: RuleResult[]; data: GatheredData }> {
  const directory = workspace();
  const shards: ShardResult[] = [];
  for (let index = 1; index <= count; index++) {
    const values = join(directory, `${index}.parquet`);
    const document = await look(
      files,
      loaded,
      async (dataset) => {
        const { rules, conditions } = await compile(dataset);
        const measured = await measureShard(dataset, rules, conditions, values);
        return {
          ...{ format: 1, kind: 'validation shard', model: 'm', shard: { index, count }, spec: '', tool: '' },
          data: await dataOfShard(dataset),
          rules: measured.rules,
          ...(measured.values !== undefined && { values: { rows: measured.values, sha256: '' } }),
        };
      },
      { index, count },
    );
    shards.push({
      document: parseShardDocument(Buffer.from(JSON.stringify(document)), `shard ${index}`),
      shown: `shard ${index}`,
      values,
    });
  }
  const data = gatherData(shards);
  const database = await openDatabase();
  try {
    const { connection } = database;
    const { rules } = await compile({
      ...{ connection, rows: data.rows, schema: data.schema, columnNames: data.columnNames, lookups: [] },
      checkExpression: (sql) => Promise.resolve({ sql: `(${sql})`, columns: [], type: 'BOOLEAN' }),
    });
    return { results: await mergeRules({ connection, shards, data, rules }), data };
  } finally {
    database.close();
  }
}

/** A row that repeats one of another shard is known by its number alone; sums of parts differ in the last digits. */
export function comparable(results: readonly RuleResult[]): unknown {
  return results.map(({ samples, observed, found, ...result }) => ({
    ...result,
    found: result.rule === 'mean' || found.length > 60 ? '' : found,
    ...(observed !== undefined && { observed: typeof observed === 'number' ? Number(observed.toPrecision(11)) : observed }),
    ...(samples && { samples: samples.map(({ row, value }) => (/unique/.test(result.rule) ? row : { row, value })) }),
  }));
}
