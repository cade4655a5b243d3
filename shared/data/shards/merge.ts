import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../../core/errors.js';
import { columnKey } from '../column-names.js';
import { sqlType } from '../column-types.js';
import { resultOf } from '../contract/check.js';
import type { FoundValues, InParts } from '../contract/in-parts.js';
import { SAMPLES } from '../contract/measure.js';
import type { CompiledRule, Measured, RowOrder } from '../contract/rule.js';
import { readRows } from '../duckdb.js';
import { literal } from '../sql.js';
import type { ColumnSchema } from '../table.js';
import type { FailingSample, RuleResult } from '../validation.js';
import type { ShardRule } from './document.js';
import { type GatheredData, isEmpty, type ShardResult } from './gather.js';
import { isConstant, NOTHING } from './measure.js';
import { isValuesFile, mergeValues, repeatedAcross, type ShardValues } from './values.js';

/**
 * The verdict on all rows, from what shards have found: the numbers of the parts become those that one run over everything
 * would have had, and the rules judge them as they do there.
 */

export interface MergeRequest {
  /** A database of ours, for the side files and comparisons. */
  readonly connection: DuckDBConnection;
  /** In their order. */
  readonly shards: readonly ShardResult[];
  readonly data: GatheredData;
  /** Compiled for the columns of all shards. */
  readonly rules: readonly CompiledRule[];
}

/** @throws UserError when a side file is not that of its shard */
export async function mergeRules(request: MergeRequest): Promise<RuleResult[]> {
  const { connection, shards, rules } = request;
  for (const { document, shown, values } of shards) {
    if (!document.values || (values !== undefined && (await isValuesFile(connection, values, document.values.rows)))) continue;
    throw new UserError(
      `${shown} has no file of the values that it counted, or another one's: run the job of this shard again.`,
    );
  }
  const entries = shards.map(({ document }) => byName(document.rules));
  const names = namesOf(rules);
  const results: RuleResult[] = [];
  for (const [at, rule] of rules.entries()) {
    results.push(
      await mergeRule(
        request,
        rule,
        entries.map((own) => own.get(names[at]!)),
      ),
    );
  }
  return results;
}

interface Entry {
  readonly rule: ShardRule;
  /** Its place in the shard's list, by which the side file names it. */
  readonly at: number;
}

/** Rules by column and name; of several with the same, also by how many came before. */
function namesOf(rules: readonly { readonly column?: string; readonly rule: string }[]): string[] {
  const seen = new Map<string, number>();
  return rules.map(({ column, rule }) => {
    const name = JSON.stringify([column === undefined ? null : columnKey(column), rule]);
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return `${name}${before}`;
  });
}

function byName(rules: readonly ShardRule[]): ReadonlyMap<string, Entry> {
  const names = namesOf(rules);
  return new Map(rules.map((rule, at) => [names[at]!, { rule, at }]));
}

async function mergeRule(
  request: MergeRequest,
  rule: CompiledRule,
  entries: readonly (Entry | undefined)[],
): Promise<RuleResult> {
  if (isConstant(rule)) return resultOf(rule, rule.judge(NOTHING), undefined);
  const { inParts } = rule;
  if (!inParts) return undecided(rule, 'it needs all rows at once; leave the shards out for it');
  const parts: PartOfRule[] = [];
  for (const [index, entry] of entries.entries()) {
    const part = partOf(request, rule, inParts, index, entry);
    if ('undecided' in part) return undecided(rule, part.undecided);
    parts.push(part);
  }
  const { connection } = request;
  const files = parts.flatMap(({ values }) => values ?? []);
  const values = inParts.values && (await mergeValues(connection, files, inParts.values));
  if (values && values.rows !== parts.reduce((sum, { rows = 0 }) => sum + rows, 0)) {
    throw new UserError('A side file of a shard has other values than its result says: run the jobs of all shards again.');
  }
  const boundaries = rule.order ? await disorderAt(connection, rule.order, columnOf(request.data, rule), parts) : [];
  const judgement = rule.judge(measuredOf(inParts, parts, values, boundaries.length));
  if (judgement.passed || (judgement.failing ?? 0) === 0) return resultOf(rule, judgement, undefined);
  const own = parts.flatMap(({ samples }) => samples);
  const across =
    inParts.values && rule.rows?.repeats ? await acrossSamples(connection, files, rule.rows.firstToo === true) : [];
  const samples = firstOf([...own, ...boundaries, ...across]);
  return resultOf(rule, judgement, samples.length > 0 ? samples : undefined);
}

function undecided(rule: CompiledRule, why: string): RuleResult {
  return resultOf(rule, { passed: false, found: `not decidable in shards: ${why}` }, undefined);
}

interface PartOfRule {
  readonly found: ShardRule['found'];
  readonly samples: readonly FailingSample[];
  readonly first?: FailingSample;
  readonly last?: FailingSample;
  readonly values?: ShardValues;
  /** Of the values. */
  readonly rows?: number;
}

/** What a shard says of a rule, its rows counted through all shards. */
function partOf(
  { shards, data }: MergeRequest,
  rule: CompiledRule,
  inParts: InParts,
  index: number,
  entry: Entry | undefined,
): PartOfRule | { readonly undecided: string } {
  const { document, values: file, shown } = shards[index]!;
  const offset = data.offsets[index]!;
  if (entry?.rule.undecided !== undefined) return { undecided: entry.rule.undecided };
  // The conditions themselves are not read again.
  const reads = entry?.rule.reads ?? [];
  const other = otherType(shards, data, index, rule, { ...inParts, reads });
  const asType = typeRulePart(rule, entry, shards[index]!, offset);
  if (asType) return asType;
  if (other !== undefined) return { undecided: other };
  const isOther = entry && 'considered' in (inParts.aggregates ?? rule.aggregates) && !('considered' in entry.rule.found);
  if (!entry || entry.rule.passed !== undefined || isOther) {
    // A column without any value in the shard was taken for text, to which some rules do not apply.
    const isBare = [rule.column ?? [], inParts.columns ?? []].flat().some((name) => isBareIn(shards[index]!, name));
    if (document.data.rows > 0 && !isBare) return { undecided: `${shown} does not have it` };
    const considered = rowsLookedAt(shards[index]!, rule);
    if (considered === undefined)
      return { undecided: `${rule.column} has no value in shard ${index + 1}, and so no type there` };
    return { found: { failing: 0, considered, rows: document.data.rows }, samples: [] };
  }
  const { found, samples = [], first, last, values } = entry.rule;
  const moved = (sample: FailingSample): FailingSample =>
    sample.row === undefined ? sample : { ...sample, row: sample.row + offset };
  return {
    ...{ found, samples: samples.map(moved) },
    ...(first && { first: moved(first) }),
    ...(last && { last: moved(last) }),
    ...(values && file !== undefined && { values: { file, at: entry.at, offset }, rows: values.rows }),
  };
}

/** Rows that the rules of a column look at: those of its condition, where it has one; undefined where nothing says it. */
function rowsLookedAt({ document }: ShardResult, { column, inParts }: CompiledRule): number | undefined {
  if (document.data.rows === 0 || !inParts?.reads) return document.data.rows;
  const own = document.rules.find((rule) => rule.column === column && 'considered' in rule.found);
  return own && Number(own.found.considered);
}

function isBareIn({ document }: ShardResult, name: string): boolean {
  const column = document.data.columns.find((one) => columnKey(one.name) === columnKey(name));
  return column === undefined || isEmpty(column);
}

/** Why a shard has measured something else: it took a column for another type than all shards together do. */
function otherType(
  shards: readonly ShardResult[],
  { schema }: GatheredData,
  index: number,
  rule: CompiledRule,
  inParts: InParts,
): string | undefined {
  const looked = [rule.column ?? [], inParts.columns ?? [], inParts.values?.columns.map(({ name }) => name) ?? []].flat();
  for (const name of [...looked, ...(inParts.reads ?? [])]) {
    const column = shards[index]!.document.data.columns.find((one) => columnKey(one.name) === columnKey(name));
    const whole = schema.find((one) => columnKey(one.name) === columnKey(name));
    if (!column || !whole || isEmpty(column) || column.type === whole.type) continue;
    const isNumber = column.type === 'integer' && whole.type === 'number';
    if (isNumber && !inParts.asText && !(inParts.reads ?? []).includes(name)) continue;
    const types = shards.map(({ document }) => document.data.columns.find((one) => columnKey(one.name) === columnKey(name)));
    const at = types.findIndex((one) => one && !isEmpty(one) && one.type !== column.type);
    const one = `${column.type} in shard ${index + 1}`;
    const both = at < 0 ? one : `${one} and ${types[at]!.type} in shard ${at + 1}`;
    return `${name} is ${both}, by the values that each sees; Parquet, whose types are its own, is decidable`;
  }
  return undefined;
}

/** Whether values can be read as a type: those of a shard that took the whole column for it can, each of them. */
function typeRulePart(
  rule: CompiledRule,
  entry: Entry | undefined,
  shard: ShardResult,
  offset: number,
): PartOfRule | undefined {
  const { document } = shard;
  if (rule.rule !== 'type' || entry?.rule.passed === undefined) return undefined;
  const column = document.data.columns.find((one) => columnKey(one.name) === columnKey(rule.column!));
  if (!column) return undefined;
  const considered = rowsLookedAt(shard, rule);
  if (considered === undefined) return undefined;
  const failing = entry.rule.passed ? 0 : (column.present ?? 0);
  const samples = failing > 0 ? [{ row: offset + 1, value: `type ${column.type}` }] : [];
  return { found: { failing, considered }, samples };
}

function measuredOf(
  { extremes = {}, whole }: InParts,
  parts: readonly PartOfRule[],
  values: FoundValues | undefined,
  boundaries: number,
): Measured {
  const sums = new Map<string, number>();
  const kept = new Map<string, string>();
  for (const { found } of parts) {
    for (const [name, value] of Object.entries(found)) {
      const end = extremes[name];
      if (end === undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
      else kept.set(name, extremeOf(kept.get(name), String(value), end));
    }
  }
  if (boundaries > 0) sums.set('failing', (sums.get('failing') ?? 0) + boundaries);
  const measured: Measured = {
    number: (name) => sums.get(name) ?? (kept.has(name) ? Number(kept.get(name)) : Number.NaN),
    text: (name) => kept.get(name) ?? (sums.has(name) ? String(sums.get(name)) : undefined),
  };
  if (!whole) return measured;
  const numbers = whole(measured, values);
  return {
    number: (name) => numbers[name] ?? Number.NaN,
    text: (name) => (name in numbers ? String(numbers[name]) : undefined),
  };
}

/** Numbers by size, dates by their text. */
function extremeOf(a: string | undefined, b: string, end: 'min' | 'max'): string {
  if (a === undefined) return b;
  // The engine writes "inf" and JavaScript "Infinity".
  const [one, other] = [a, b].map((text) => Number(text.replace(/inf$/, 'Infinity'))) as [number, number];
  const isLess = Number.isNaN(one) || Number.isNaN(other) ? a < b : one < other;
  return isLess === (end === 'min') ? a : b;
}

function columnOf({ schema }: GatheredData, { column }: CompiledRule): ColumnSchema {
  return schema.find(({ name }) => columnKey(name) === columnKey(column!))!;
}

/** Where the first value of a shard breaks the order with the last one of those before. */
async function disorderAt(
  connection: DuckDBConnection,
  { breaks }: RowOrder,
  { type }: ColumnSchema,
  parts: readonly PartOfRule[],
): Promise<FailingSample[]> {
  const found: FailingSample[] = [];
  let before: FailingSample | undefined;
  for (const { first, last } of parts) {
    if (first && before) {
      const value = (text: string): string => `CAST(${literal(text)} AS ${sqlType(type)})`;
      const [row] = await readRows(connection, `SELECT ${value(first.value)} ${breaks} ${value(before.value)} AS broken`);
      if (row!.broken === true) found.push({ ...first, value: `${first.value} after ${before.value}` });
    }
    before = last ?? before;
  }
  return found;
}

/** Of rows that repeat one of another shard the number is known, and the value where it is a whole number. */
async function acrossSamples(
  connection: DuckDBConnection,
  files: readonly ShardValues[],
  firstToo: boolean,
): Promise<FailingSample[]> {
  const rows = await repeatedAcross(connection, files, SAMPLES, firstToo);
  return rows.map(({ row, first, value }) => ({
    row,
    value: value ?? (row === first ? '(the first row of a repeated value)' : `(the value of row ${first})`),
  }));
}

/** The first rows, each once: those with their value before those without. */
function firstOf(samples: readonly FailingSample[]): FailingSample[] {
  const byRow = new Map<number, FailingSample>();
  for (const sample of samples) {
    const row = sample.row ?? 0;
    if (!byRow.has(row)) byRow.set(row, sample);
  }
  return [...byRow.entries()]
    .sort(([a], [b]) => a - b)
    .slice(0, SAMPLES)
    .map(([, sample]) => sample);
}
