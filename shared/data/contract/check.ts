import type { Location } from '../../core/errors.js';
import { UserError } from '../../core/errors.js';
import type { LoadedSpec } from '../../spec/load.js';
import type { ColumnRules, Spec } from '../../spec/schema.js';
import type { Dataset } from '../dataset.js';
import type { LookupRequest } from '../lookup.js';
import type { FailingSample, RuleResult } from '../validation.js';
import { compileColumnRules } from './columns.js';
import { absence, columnNamed } from './found-column.js';
import { measure, type OwnCondition, sampleRows } from './measure.js';
import { type CompiledRule, type Judgement, notApplicable } from './rule.js';
import { compileTableRules } from './table-rules.js';

/** What the contract needs of a dataset: in its view `source`, `__row` counts the rows from 1. */
export type ContractData = Pick<Dataset, 'connection' | 'schema' | 'columnNames' | 'rows' | 'checkExpression' | 'lookups'>;

type Contract = Exclude<NonNullable<Spec['contract']>, string>;

export interface ContractOptions {
  /** Rows of the reference, which `rows.change_max` compares with. */
  readonly referenceRows?: number | undefined;
  /** Default: now. */
  readonly now?: Date;
}

/** The files that the contract of a spec refers to: the dataset loads them as its lookups. */
export function contractLookups({ spec, locate }: LoadedSpec): LookupRequest[] {
  if (spec.contract === undefined || typeof spec.contract === 'string') return [];
  return (spec.contract.references ?? []).map(({ file, to }, index) => ({
    paths: [file],
    to,
    location: locate(['contract', 'references', index, 'file']),
  }));
}

/**
 * Holds the data against the contract of its spec: one query over the rows for all rules, and one more for samples of
 * the rows that fail. Results are in the order of the spec: rules of columns, then of the table.
 * @throws UserError when an expression, pattern or format of the contract cannot be run
 */
export async function checkContract(
  dataset: ContractData,
  loaded: LoadedSpec,
  options: ContractOptions = {},
): Promise<RuleResult[]> {
  const { rules, conditions } = await compileContract(dataset, loaded, options);
  return runRules(dataset, rules, conditions);
}

/** The contract of a spec as SQL, for data of these columns. */
export interface CompiledContract {
  /** In the order of the spec: rules of columns, then of the table. */
  readonly rules: readonly CompiledRule[];
  /** The user's own conditions that stand in the rules. */
  readonly conditions: readonly OwnCondition[];
}

/** @throws UserError when an expression, pattern or format of the contract cannot be run */
export async function compileContract(
  dataset: ContractData,
  loaded: LoadedSpec,
  options: ContractOptions = {},
): Promise<CompiledContract> {
  const { contract } = loaded.spec;
  if (contract === undefined || typeof contract === 'string') return { rules: [], conditions: [] };
  const scopes = await scopesOf(dataset, contract, loaded);
  const checks: OwnCondition[] = [];
  for (const [index, { sql }] of (contract.checks ?? []).entries()) {
    checks.push(await ownCondition(dataset, sql, loaded.locate(['contract', 'checks', index, 'sql'])));
  }
  const rules = [
    ...(await columnRules(dataset, contract, loaded, scopes)),
    ...compileTableRules({
      columns: dataset,
      rows: dataset.rows,
      contract,
      locate: (...path) => loaded.locate(['contract', ...path]),
      checks,
      lookups: dataset.lookups,
      referenceRows: options.referenceRows,
      now: options.now ?? new Date(),
    }),
  ];
  return { rules, conditions: [...scopes.values(), ...checks] };
}

/**
 * Runs rules together, and judges them.
 * @param conditions the user's own conditions that stand in the rules: they get the blame when a query fails
 */
export async function runRules(
  { connection }: Pick<ContractData, 'connection'>,
  rules: readonly CompiledRule[],
  conditions: readonly OwnCondition[],
): Promise<RuleResult[]> {
  const measured = await measure(connection, rules, conditions);
  const judged = rules.map((rule, index) => ({ rule, judgement: rule.judge(measured[index]!) }));
  const failed = judged.filter(({ judgement }) => !judgement.passed && (judgement.failing ?? 0) > 0);
  const samples = await sampleRows(
    connection,
    failed.map(({ rule }) => rule),
  );
  return judged.map(({ rule, judgement }) => resultOf(rule, judgement, samples.get(rule)));
}

/** What is said of a rule. */
export function resultOf(
  rule: CompiledRule,
  { passed, found, ...numbers }: Judgement,
  samples: readonly FailingSample[] | undefined,
): RuleResult {
  return {
    ...(rule.column !== undefined && { column: rule.column }),
    rule: rule.rule,
    required: rule.required,
    found,
    severity: rule.severity,
    passed,
    ...numbers,
    ...(samples && { samples }),
    ...(rule.line !== undefined && { line: rule.line }),
  };
}

/** A condition of the user's, checked by the dataset's fence. @throws UserError when it is none */
export async function ownCondition(
  dataset: Pick<ContractData, 'checkExpression'>,
  text: string,
  location: Location,
): Promise<OwnCondition> {
  const { sql, columns, type } = await dataset.checkExpression(text, location);
  if (type !== 'BOOLEAN') {
    throw new UserError({ message: `SQL ${JSON.stringify(text)} is ${type}, not a condition (true or false)`, location });
  }
  return { sql, columns, text, location };
}

/** The conditions `where` of the columns that are there, by the column's name in the spec. */
async function scopesOf(
  dataset: ContractData,
  contract: Contract,
  loaded: LoadedSpec,
): Promise<ReadonlyMap<string, OwnCondition>> {
  const scopes = new Map<string, OwnCondition>();
  for (const [name, { where }] of Object.entries(contract.columns ?? {})) {
    if (where === undefined || !columnNamed(dataset, name)) continue;
    scopes.set(name, await ownCondition(dataset, where, loaded.locate(['contract', 'columns', name, 'where'])));
  }
  return scopes;
}

async function columnRules(
  dataset: ContractData,
  contract: Contract,
  loaded: LoadedSpec,
  scopes: ReadonlyMap<string, OwnCondition>,
): Promise<CompiledRule[]> {
  const compiled: CompiledRule[] = [];
  for (const [name, rules] of Object.entries(contract.columns ?? {})) {
    const locate = (...path: string[]): Location => loaded.locate(['contract', 'columns', name, ...path]);
    const column = columnNamed(dataset, name);
    if (!column) {
      if (rules.required !== false) compiled.push(absentColumn(dataset, name, rules, locate));
      continue;
    }
    const scope = scopes.get(name)?.sql;
    const context = {
      severity: rules.severity ?? 'error',
      maxFailing: rules.max_failing ?? 0,
      ...(scope !== undefined && { scope }),
    } as const;
    const found = await compileColumnRules(column, rules, context, locate, (sql) => dataset.connection.run(sql));
    const reads = scopes.get(name)?.columns;
    compiled.push(...found.map((rule) => (reads && rule.inParts ? { ...rule, inParts: { ...rule.inParts, reads } } : rule)));
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
