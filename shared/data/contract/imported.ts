import { messageOf, type Problem } from '../../core/errors.js';
import type { LookupRequest } from '../lookup.js';
import { literal } from '../sql.js';
import type { ColumnSchema } from '../table.js';
import type { RuleResult } from '../validation.js';
import { type ContractData, ownCondition, runRules } from './check.js';
import type { Allowance, ImportedContract, ImportedRule, RowTest, WholeTest } from './formats/imported-rule.js';
import { absence } from './found-column.js';
import { type NoSql, type RowSql, rowSql } from './imported-rows.js';
import { requiredText } from './imported-text.js';
import { columnSql, rowCountSql, tableSql, type WholeSql } from './imported-whole.js';
import { COUNTS } from './in-parts.js';
import type { OwnCondition } from './measure.js';
import { type CompiledRule, type Judgement, type Measured, notApplicable, partText } from './rule.js';

export interface ImportedResult {
  /** As the file lists them. */
  readonly results: readonly RuleResult[];
  /** The rule of each result. */
  readonly rules: readonly ImportedRule[];
  /** Rules that were not run, by name and place: those of the reader, and what this engine cannot take. */
  readonly unsupported: readonly Problem[];
}

/** The files that an imported contract refers to. @param folder of the contract, relative to the working directory */
export function importedLookups({ lookups }: ImportedContract, inFolder: (path: string) => string): LookupRequest[] {
  return lookups.map(({ path, to, location }) => ({ paths: [inFolder(path)], to, location }));
}

/**
 * Holds the data against a contract of another tool: the same one query for all rules, and one for samples.
 * @throws UserError when a condition cannot be run
 */
export async function checkImported(dataset: ContractData, contract: ImportedContract): Promise<ImportedResult> {
  const { rules, sql, conditions, unsupported } = await compileImported(dataset, contract);
  return { results: await runRules(dataset, sql, conditions), rules, unsupported };
}

interface CompiledImport {
  /** Those that are run, as the file lists them. */
  readonly rules: readonly ImportedRule[];
  /** The SQL of each. */
  readonly sql: readonly CompiledRule[];
  readonly conditions: readonly OwnCondition[];
  readonly unsupported: readonly Problem[];
}

/** A contract of another tool as SQL. @throws UserError when a condition cannot be run */
export async function compileImported(dataset: ContractData, contract: ImportedContract): Promise<CompiledImport> {
  const unsupported: Problem[] = [...contract.unsupported];
  const conditions: OwnCondition[] = [];
  const compiled: { rule: ImportedRule; sql: CompiledRule }[] = [];
  let reads: string[] = [];
  const own = async (text: string, rule: ImportedRule): Promise<string> => {
    const condition = await ownCondition(dataset, text, rule.location);
    conditions.push(condition);
    reads.push(...condition.columns);
    return condition.sql;
  };
  for (const rule of await expanded(dataset, contract.rules)) {
    reads = [];
    try {
      const sql = await compile(dataset, rule, own);
      const inParts = sql?.inParts && { ...sql.inParts, columns: rule.columns, reads };
      if (sql) compiled.push({ rule, sql: inParts ? { ...sql, inParts } : sql });
    } catch (error) {
      if (!(error instanceof NotRunnable)) throw error;
      unsupported.push({ message: `${rule.name} ${error.message}`, location: rule.location });
    }
  }
  return { rules: compiled.map(({ rule }) => rule), sql: compiled.map(({ sql }) => sql), conditions, unsupported };
}

/** A rule with a pattern of column names becomes one a column; the engine matches, since a pattern of others may be slow. */
async function expanded(dataset: ContractData, rules: readonly ImportedRule[]): Promise<readonly ImportedRule[]> {
  const all: ImportedRule[] = [];
  for (const rule of rules) {
    if (!rule.columnPattern) {
      all.push(rule);
      continue;
    }
    const names: string[] = [];
    const pattern = literal(rule.columns[0]!);
    for (const name of dataset.columnNames) {
      const reader = await dataset.connection.runAndReadAll(`SELECT regexp_full_match(${literal(name)}, ${pattern}) AS hit`);
      if (reader.getRowObjectsJson()[0]?.hit === true) names.push(name);
    }
    // Without a match only the rule that a column is there has something to say.
    if (names.length === 0 && rule.test.kind === 'column') all.push(rule);
    all.push(...names.map((name) => ({ ...rule, columns: [name] })));
  }
  return all;
}

/** What the engine cannot run, though the rule is well understood: look-around in a pattern. */
class NotRunnable extends Error {}

async function compile(
  dataset: ContractData,
  rule: ImportedRule,
  own: (text: string, rule: ImportedRule) => Promise<string>,
): Promise<CompiledRule | undefined> {
  const { test, columns: names, location } = rule;
  const base = {
    ...(names.length === 1 && { column: names[0]! }),
    rule: rule.name,
    required: requiredText(rule),
    severity: rule.severity,
    ...(location.line !== undefined && { line: location.line }),
  };
  const columns = names.map((name) => dataset.schema.find((column) => column.name === name));
  const absent = names.find((_, index) => !columns[index]);
  if (absent !== undefined) {
    // A nested column is there, whatever else can be said of it.
    if (test.kind === 'column' && dataset.columnNames.includes(absent))
      return { ...base, aggregates: {}, judge: () => ({ passed: true, found: 'there' }) };
    if (rule.optional) return undefined;
    return notApplicable(base, names.length > 1 ? `${absent}: ${absence(dataset, absent)}` : absence(dataset, absent));
  }
  const found = columns as ColumnSchema[];
  const lost =
    test.kind === 'own reference' ? test.to.find((name) => !dataset.schema.some((column) => column.name === name)) : undefined;
  if (lost !== undefined) return notApplicable(base, `${lost}: ${absence(dataset, lost)}`);
  const scope = rule.where === undefined ? undefined : await own(rule.where, rule);
  const sql = isRowTest(test)
    ? await rowRule(
        dataset,
        test.kind === 'condition'
          ? await conditionSql(test.sql, rule, scope, own)
          : rowSql(test, found, scope, dataset.lookups),
      )
    : wholeRule(dataset, test, found, scope);
  if ('reason' in sql) return notApplicable(base, sql.reason);
  if ('judge' in sql) return { ...base, ...sql };
  const counted = { considered: `coalesce(count_if(${sql.counts}), 0)`, rows: 'count(*)' };
  return {
    ...base,
    aggregates: { ...counted, ...(sql.failing && { failing: sql.failing }) },
    judge: (values) => judgeAllowance(values, rule.allow),
    ...(sql.rows && { rows: sql.rows }),
    ...(sql.order && { order: sql.order }),
    ...(sql.inParts && {
      inParts: {
        ...sql.inParts,
        ...(sql.inParts.values && { aggregates: counted }),
        asText: !OF_VALUES.has(test.kind),
      },
    }),
  };
}

/** Tests to which 1 and 1.0 are the same. */
const OF_VALUES: ReadonlySet<string> = new Set<RowTest['kind']>(['missing', 'present', 'unique', 'range', 'set', 'order']);

async function conditionSql(
  text: string,
  rule: ImportedRule,
  scope: string | undefined,
  own: (text: string, rule: ImportedRule) => Promise<string>,
): Promise<RowSql> {
  const condition = await own(text, rule);
  const counts = scope ?? 'TRUE';
  const fails = `${counts} AND (NOT ${condition})`;
  const failing = `coalesce(count_if(${fails}), 0)`;
  return { counts, failing, rows: { condition: fails, value: "''" }, probes: [], inParts: COUNTS };
}

async function rowRule(dataset: ContractData, sql: RowSql | NoSql): Promise<RowSql | NoSql> {
  if ('reason' in sql) return sql;
  for (const probe of sql.probes) {
    try {
      await dataset.connection.run(probe);
    } catch (error) {
      const [reason = ''] = messageOf(error).split('\n');
      throw new NotRunnable(`cannot be run by this engine: ${reason.replace(/^[A-Z][A-Za-z ]+ Error: /, '')}`);
    }
  }
  return sql;
}

function wholeRule(
  dataset: ContractData,
  test: WholeTest,
  columns: readonly ColumnSchema[],
  scope: string | undefined,
): WholeSql | NoSql {
  switch (test.kind) {
    case 'columns':
    case 'column count':
      return tableSql(test, dataset);
    case 'rows':
      return rowCountSql(test.bounds, scope);
    default:
      return columns[0] ? columnSql(test, columns[0], dataset, scope) : { reason: 'the rule names no column' };
  }
}

const WHOLE: ReadonlySet<string> = new Set<WholeTest['kind']>([
  ...(['column', 'position', 'type', 'statistic', 'quantiles', 'values', 'most common'] as const),
  ...(['columns', 'column count', 'rows'] as const),
]);

function isRowTest(test: RowTest | WholeTest): test is RowTest {
  return !WHOLE.has(test.kind);
}

/** How far shares may be off by their binary form. */
const TOLERANCE = 1e-9;

function judgeAllowance(values: Measured, allow: Allowance): Judgement {
  const [failing, considered, rows] = [values.number('failing'), values.number('considered'), values.number('rows')];
  if ('mostly' in allow) {
    const passed = considered - failing >= allow.mostly * considered - TOLERANCE;
    return { passed, failing, considered, found: partText(failing, considered) };
  }
  const value = allow.unit === 'rows' ? failing : rows === 0 ? 0 : (100 * failing) / rows;
  const { min, max, strictMin, strictMax } = allow.failing;
  const passed =
    (min === undefined || value > Number(min) || (!strictMin && value === Number(min))) &&
    (max === undefined || value < Number(max) || (!strictMax && value === Number(max)));
  return { passed, failing, considered, found: partText(failing, rows) };
}
