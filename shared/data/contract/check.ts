import type { DuckDBConnection, DuckDBResultReader } from '@duckdb/node-api';
import { type Location, messageOf, UserError } from '../../core/errors.js';
import { formatCount } from '../../core/format.js';
import type { LoadedSpec } from '../../spec/load.js';
import { nearest } from '../../spec/nearest.js';
import type { ColumnRules, Spec } from '../../spec/schema.js';
import { columnKey } from '../column-names.js';
import type { Dataset } from '../dataset.js';
import { identifier } from '../sql.js';
import type { ColumnSchema } from '../table.js';
import { TimeLimitError, withTimeLimit } from '../time-limit.js';
import type { RuleResult } from '../validation.js';
import { compileColumnRules } from './columns.js';
import {
  type CompiledRule,
  countWhere,
  judgeRows,
  type Measured,
  notApplicable,
  percentText,
  rangeRequired,
  within,
} from './rule.js';

/** What the contract needs of a dataset: in its view `source`, `__row` counts the rows from 1. */
export type ContractData = Pick<Dataset, 'connection' | 'schema' | 'columnNames' | 'rows' | 'checkExpression'>;

type Contract = Exclude<NonNullable<Spec['contract']>, string>;

/** A condition of the spec that has been let through the fence. */
interface OwnCondition {
  /** In parentheses, ready to stand in our query. */
  readonly sql: string;
  readonly columns: readonly string[];
  /** As the user wrote it. */
  readonly text: string;
  readonly location: Location;
}

/** The conditions of a contract, by the path of their key. */
type OwnConditions = ReadonlyMap<string, OwnCondition>;

const SAMPLES = 5;
const LONGEST_SAMPLE = 80;

/**
 * Holds the data against the contract of its spec: one query over the rows for all rules, and one more for samples of
 * the rows that fail. Results are in the order of the spec: rules of columns, then of the table.
 * @throws UserError when an expression, pattern or format of the contract cannot be run
 */
export async function checkContract(dataset: ContractData, loaded: LoadedSpec): Promise<RuleResult[]> {
  const { contract } = loaded.spec;
  if (contract === undefined || typeof contract === 'string') return [];
  const conditions = await ownConditions(dataset, contract, loaded);
  const rules = [
    ...(await columnRules(dataset, contract, loaded, conditions)),
    ...tableRules(dataset, contract, loaded, conditions),
  ];
  const measured = await measure(dataset.connection, rules, conditions);
  const judged = rules.map((rule, index) => ({ rule, judgement: rule.judge(measured[index]!) }));
  const failed = judged
    .filter(({ rule, judgement }) => rule.rows && !judgement.passed && (judgement.failing ?? 0) > 0)
    .map(({ rule }) => rule);
  const samples = await sampleRows(dataset.connection, failed);
  return judged.map(({ rule, judgement }) => {
    const shown = samples.get(rule);
    return {
      ...(rule.column !== undefined && { column: rule.column }),
      rule: rule.rule,
      required: rule.required,
      found: judgement.found,
      severity: rule.severity,
      passed: judgement.passed,
      ...(judgement.failing !== undefined && { failing: judgement.failing }),
      ...(shown && { samples: shown }),
      ...(rule.line !== undefined && { line: rule.line }),
    };
  });
}

/** Every condition of the contract, checked by the dataset's fence. */
async function ownConditions(dataset: ContractData, contract: Contract, loaded: LoadedSpec): Promise<OwnConditions> {
  const written = [
    ...Object.entries(contract.columns ?? {})
      .filter(([name]) => columnNamed(dataset, name))
      .map(([name, rules]) => ({ text: rules.where, path: ['contract', 'columns', name, 'where'] })),
    ...(contract.checks ?? []).map(({ sql }, index) => ({ text: sql, path: ['contract', 'checks', index, 'sql'] })),
  ];
  const conditions = new Map<string, OwnCondition>();
  for (const { text, path } of written) {
    if (text === undefined) continue;
    const location = loaded.locate(path);
    const { sql, columns, type } = await dataset.checkExpression(text, location);
    if (type !== 'BOOLEAN') {
      throw new UserError({ message: `SQL ${JSON.stringify(text)} is ${type}, not a condition (true or false)`, location });
    }
    conditions.set(pathKey(path), { sql, columns, text, location });
  }
  return conditions;
}

function pathKey(path: readonly (string | number)[]): string {
  return JSON.stringify(path);
}

/** The column of that name, by SQL's rules of case. */
function columnNamed(dataset: ContractData, name: string): ColumnSchema | undefined {
  const exact = dataset.schema.find((column) => column.name === name);
  return exact ?? dataset.schema.find((column) => columnKey(column.name) === columnKey(name));
}

/** What is said of a column that rules cannot be held against. */
function absence(dataset: ContractData, name: string): string {
  if (dataset.columnNames.some((one) => columnKey(one) === columnKey(name)))
    return 'holds lists or objects, which rules do not reach';
  const near = nearest(
    name,
    dataset.schema.map((column) => column.name),
  );
  return near === undefined ? 'no such column' : `no such column; the nearest is ${near}`;
}

async function columnRules(
  dataset: ContractData,
  contract: Contract,
  loaded: LoadedSpec,
  conditions: OwnConditions,
): Promise<CompiledRule[]> {
  const compiled: CompiledRule[] = [];
  for (const [name, rules] of Object.entries(contract.columns ?? {})) {
    const locate = (...path: string[]): Location => loaded.locate(['contract', 'columns', name, ...path]);
    const column = columnNamed(dataset, name);
    if (!column) {
      if (rules.required !== false) compiled.push(absentColumn(dataset, name, rules, locate));
      continue;
    }
    const scope = conditions.get(pathKey(['contract', 'columns', name, 'where']))?.sql;
    const context = {
      severity: rules.severity ?? 'error',
      maxFailing: rules.max_failing ?? 0,
      ...(scope !== undefined && { scope }),
    } as const;
    compiled.push(...(await compileColumnRules(column, rules, context, locate, (sql) => dataset.connection.run(sql))));
  }
  return compiled;
}

function absentColumn(
  dataset: ContractData,
  name: string,
  rules: ColumnRules,
  locate: (...path: string[]) => Location,
): CompiledRule {
  const { line } = rules.required === undefined ? locate() : locate('required');
  const base = { column: name, rule: 'required', required: 'a column', severity: rules.severity ?? 'error' } as const;
  return notApplicable({ ...base, ...(line !== undefined && { line }) }, absence(dataset, name));
}

function tableRules(dataset: ContractData, contract: Contract, loaded: LoadedSpec, conditions: OwnConditions): CompiledRule[] {
  const lineOf = (...path: (string | number)[]) => {
    const { line } = loaded.locate(['contract', ...path]);
    return line === undefined ? {} : { line };
  };
  const compiled: CompiledRule[] = [];
  for (const key of ['min', 'max'] as const) {
    const limit = contract.rows?.[key];
    if (limit === undefined) continue;
    compiled.push({
      rule: `rows.${key}`,
      required: `${rangeRequired({ [key]: limit })} rows`,
      severity: 'error',
      ...lineOf('rows', key),
      aggregates: {},
      judge: () => ({
        passed: within(dataset.rows, { [key]: limit }),
        found: `${formatCount(dataset.rows)} ${dataset.rows === 1 ? 'row' : 'rows'}`,
      }),
    });
  }
  const context = { severity: 'error', maxFailing: 0 } as const;
  for (const [index, columns] of (contract.unique ?? []).entries()) {
    const base = {
      rule: 'unique',
      required: `no values of ${columns.join(', ')} twice`,
      severity: 'error',
      ...lineOf('unique', index),
    } as const;
    const absent = columns.find((name) => !columnNamed(dataset, name));
    if (absent !== undefined) {
      compiled.push(notApplicable(base, `${absent}: ${absence(dataset, absent)}`));
      continue;
    }
    const quoted = columns.map(identifier);
    compiled.push({
      ...base,
      aggregates: { failing: `count(*) - count(DISTINCT row(${quoted.join(', ')}))`, considered: 'count(*)' },
      judge: judgeRows(0, () => 'that repeat earlier values'),
      rows: { condition: 'TRUE', value: columnsText(columns), repeats: quoted },
    });
  }
  for (const [index, check] of (contract.checks ?? []).entries()) {
    const { severity = 'error', max_failing: maxFailing = 0, name, sql } = check;
    // As in a CHECK of SQL: what is unknown, since a value is missing, does not fail.
    const own = conditions.get(pathKey(['contract', 'checks', index, 'sql']))!;
    const condition = `(NOT ${own.sql})`;
    compiled.push({
      rule: `checks.${name}`,
      required: maxFailing > 0 ? `${sql}, but for ${percentText(maxFailing)} of the rows` : sql,
      severity,
      ...lineOf('checks', index, 'sql'),
      aggregates: { failing: countWhere(context, condition), considered: countWhere(context) },
      judge: judgeRows(maxFailing),
      rows: { condition, value: columnsText(own.columns.slice(0, 4)) },
    });
  }
  return compiled;
}

/** SQL text: the values of columns, joined for people. */
function columnsText(columns: readonly string[]): string {
  if (columns.length === 0) return "''";
  return `concat_ws(', ', ${columns.map((name) => `coalesce(CAST(${identifier(name)} AS VARCHAR), '(missing)')`).join(', ')})`;
}

async function measure(
  connection: DuckDBConnection,
  rules: readonly CompiledRule[],
  conditions: OwnConditions,
): Promise<Measured[]> {
  const selected = rules.flatMap((rule, index) =>
    Object.entries(rule.aggregates).map(([name, sql]) => `${sql} AS ${identifier(alias(index, name))}`),
  );
  let row: Record<string, unknown> = {};
  if (selected.length > 0) {
    const run = () => connection.runAndReadAll(`SELECT ${selected.join(',\n  ')}\nFROM source`);
    let reader: DuckDBResultReader;
    try {
      reader = await (conditions.size > 0 ? withTimeLimit(connection, run) : run());
    } catch (error) {
      const mistake = await culprit(connection, conditions);
      if (mistake) throw mistake;
      // No condition is slow by itself: there is much data, and the limit is not for our own rules.
      if (!(error instanceof TimeLimitError)) throw error;
      reader = await run();
    }
    row = reader.getRowObjectsJS()[0] ?? {};
  }
  return rules.map((_, index) => ({
    number: (name) => {
      const value = row[alias(index, name)];
      return value === null || value === undefined ? Number.NaN : Number(value);
    },
    text: (name) => {
      const value = row[alias(index, name)];
      return value === null || value === undefined ? undefined : String(value);
    },
  }));
}

function alias(index: number, name: string): string {
  return `r${index}_${name}`;
}

/** Which condition of the spec made the query fail: they run one by one. Undefined when none did: then it is our bug. */
async function culprit(connection: DuckDBConnection, conditions: OwnConditions): Promise<UserError | undefined> {
  for (const { sql, text, location } of conditions.values()) {
    try {
      await withTimeLimit(connection, () => connection.run(`SELECT count(*) FILTER (WHERE ${sql}) FROM source`));
    } catch (error) {
      const reason = messageOf(error).split('\n')[0];
      return new UserError({ message: `SQL ${JSON.stringify(text)} fails on the data: ${reason}`, location }, { cause: error });
    }
  }
  return undefined;
}

/** The first failing rows of each rule, in the order of the data. */
async function sampleRows(
  connection: DuckDBConnection,
  rules: readonly CompiledRule[],
): Promise<ReadonlyMap<CompiledRule, { row: number; value: string }[]>> {
  if (rules.length === 0) return new Map();
  // A sorted LIMIT a rule is several times faster than one scan that gathers lists for all.
  const selected = rules.map((rule, index) => {
    const { condition, value, repeats } = rule.rows!;
    const nth = repeats && `QUALIFY row_number() OVER (PARTITION BY ${repeats.join(', ')} ORDER BY __row) > 1`;
    const rows = `SELECT ${index} AS rule, __row, ${value} AS value FROM source WHERE ${condition} ${nth ?? ''}`;
    return `(${rows} ORDER BY __row LIMIT ${SAMPLES})`;
  });
  const reader = await connection.runAndReadAll(`SELECT * FROM (${selected.join('\nUNION ALL\n')}) ORDER BY rule, __row`);
  const samples = new Map<CompiledRule, { row: number; value: string }[]>(rules.map((rule) => [rule, []]));
  for (const { rule, __row: row, value } of reader.getRowObjectsJson()) {
    samples.get(rules[Number(rule)]!)!.push({ row: Number(row), value: shorten(value === null ? '(missing)' : String(value)) });
  }
  return samples;
}

function shorten(text: string): string {
  return text.length > LONGEST_SAMPLE ? `${text.slice(0, LONGEST_SAMPLE)}…` : text;
}
