import { formatCount } from '../../core/format.js';
import { measure, type OwnCondition, sampleRows } from '../contract/measure.js';
import type { CompiledRule, Measured } from '../contract/rule.js';
import type { Dataset } from '../dataset.js';
import { readRows } from '../duckdb.js';
import { identifier } from '../sql.js';
import type { FailingSample } from '../validation.js';
import type { ShardColumn, ShardData, ShardRule } from './document.js';
import { type CollectedValues, collectValues, MOST_VALUES, type WantedValues } from './values.js';

export interface MeasuredShard {
  readonly rules: readonly ShardRule[];
  /** Rows of the side file; undefined where no rule needs one. */
  readonly values: number | undefined;
}

/**
 * What the rows of a shard say of every rule, without a verdict: one query over the rows as for a whole, and one more for
 * each rule whose values have to be known one by one.
 * @param file where those are written
 * @throws UserError when a condition of the user's fails on the data
 */
export async function measureShard(
  dataset: Dataset,
  rules: readonly CompiledRule[],
  conditions: readonly OwnCondition[],
  file: string,
): Promise<MeasuredShard> {
  const { connection } = dataset;
  const measured = await measure(connection, rules.map(ofShard), conditions);
  const wanted = rules.flatMap(({ inParts }, at): WantedValues[] => (inParts?.values ? [{ at, values: inParts.values }] : []));
  const collected = wanted.length > 0 ? await collectValues(connection, wanted, file) : [];
  const valuesOf = new Map(collected.map((one) => [one.at, one]));
  const fails = (at: number): boolean => {
    const values = valuesOf.get(at);
    if (values) return values.different !== undefined && values.rows > values.different;
    return measured[at]!.number('failing') > 0;
  };
  const failing = rules.filter((rule, at) => rule.inParts !== undefined && fails(at));
  const samples = await sampleRows(connection, failing);
  const edges = await edgesOf(dataset, rules);
  const shown = [...samples.values()].flat().concat([...edges.values()].flatMap(({ first }) => first));
  const lines = await dataset.linesOf(shown.map(({ row }) => row));
  const placed = (sample: { row: number; value: string }): FailingSample => {
    const at = lines.get(sample.row);
    return at ? { ...sample, at } : sample;
  };
  return {
    rules: rules.map((rule, at) => {
      const edge = edges.get(at);
      const own = samples.get(rule);
      return {
        ...(rule.column !== undefined && { column: rule.column }),
        rule: rule.rule,
        found: foundOf(rule, measured[at]!),
        ...(rule.inParts?.reads && { reads: rule.inParts.reads }),
        ...(isConstant(rule) && { passed: rule.judge(NOTHING).passed }),
        ...(own && { samples: own.map(placed) }),
        ...(edge && { first: placed(edge.first), last: edge.last }),
        ...valuesText(valuesOf.get(at)),
      };
    }),
    values: wanted.length > 0 ? collected.reduce((sum, { different = 0 }) => sum + different, 0) : undefined,
  };
}

function valuesText(values: CollectedValues | undefined): Pick<ShardRule, 'values' | 'undecided'> {
  if (!values) return {};
  const { rows, different } = values;
  return different === undefined
    ? { undecided: `a shard has more than ${formatCount(MOST_VALUES)} different values; use more shards` }
    : { values: { rows, different } };
}

/** Nothing has to be measured for it: the columns alone decide. */
export function isConstant({ aggregates, order, inParts }: CompiledRule): boolean {
  return inParts === undefined && order === undefined && Object.keys(aggregates).length === 0;
}

/** What has been measured of nothing. */
export const NOTHING: Measured = { number: () => Number.NaN, text: () => undefined };

/** What a shard measures of a rule; nothing where shards cannot decide it. */
function ofShard({ details, order, ...rule }: CompiledRule): CompiledRule {
  const { inParts } = rule;
  if (!inParts) return { ...rule, aggregates: {} };
  return { ...rule, aggregates: inParts.aggregates ?? rule.aggregates, ...(details && { details }), ...(order && { order }) };
}

function foundOf(rule: CompiledRule, measured: Measured): ShardRule['found'] {
  const { aggregates, details = {}, order } = ofShard(rule);
  const names = [...Object.keys(aggregates), ...Object.keys(details), ...(order ? ['failing'] : [])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = measured.text(name);
      if (text === undefined) return [];
      const number = Number(text);
      return [[name, Number.isFinite(number) && String(number) === text ? number : text] as const];
    }),
  );
}

interface Edges {
  readonly first: { readonly row: number; readonly value: string };
  readonly last: { readonly row: number; readonly value: string };
}

/** The first and the last value that counts for each rule about the order of rows, by the rule's place. */
async function edgesOf({ connection }: Dataset, rules: readonly CompiledRule[]): Promise<ReadonlyMap<number, Edges>> {
  const ordered = rules.flatMap(({ order, inParts }, at) => (order && inParts ? [{ at, value: order.value }] : []));
  if (ordered.length === 0) return new Map();
  const aggregates = ordered.flatMap(({ at }) =>
    ['min', 'max'].flatMap((end) => [
      `${end}(__row) FILTER (WHERE v${at} IS NOT NULL) AS ${end}_row_${at}`,
      `CAST(arg_${end}(v${at}, __row) FILTER (WHERE v${at} IS NOT NULL) AS VARCHAR) AS ${end}_value_${at}`,
    ]),
  );
  const values = ordered.map(({ at, value }) => `${value} AS v${at}`);
  const [row] = await readRows(
    connection,
    `SELECT ${aggregates.join(', ')} FROM (SELECT __row, ${values.join(', ')} FROM source)`,
  );
  const edge = (end: string, at: number) => ({
    row: Number(row![`${end}_row_${at}`]),
    value: String(row![`${end}_value_${at}`]),
  });
  return new Map(
    ordered
      .filter(({ at }) => row![`min_row_${at}`] !== null)
      .map(({ at }) => [at, { first: edge('min', at), last: edge('max', at) }]),
  );
}

/** What a shard says of its data. @param dataset opened as a shard */
export async function dataOfShard(dataset: Dataset): Promise<ShardData> {
  const { share, files, rows, notices } = dataset;
  return { digest: share!.digest, files, rowsRead: share!.rows, rows, notices, columns: await columnsOfShard(dataset) };
}

/** The columns of a shard; of files of text, whose types are found by their values, also how many there are. */
async function columnsOfShard({ connection, columnNames, schema, files }: Dataset): Promise<ShardColumn[]> {
  const types = new Map(schema.map(({ name, type }) => [name, type]));
  const columns = columnNames.map((name) => ({ name, type: types.get(name) ?? ('nested' as const) }));
  if (files.every((file) => /\.(parquet|pq)$/i.test(file))) return columns;
  const counts = columns.map(({ name }, index) => `count(${identifier(name)}) AS n${index}`);
  const [row] = await readRows(connection, `SELECT ${counts.join(', ')} FROM source`);
  return columns.map((column, index) => ({ ...column, present: Number(row![`n${index}`]) }));
}
