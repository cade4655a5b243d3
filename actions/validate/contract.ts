import { join } from 'node:path';
import type { Problem } from '../../shared/core/errors.js';
import {
  type ContractData,
  type ContractOptions,
  checkContract,
  compileContract,
  contractLookups,
} from '../../shared/data/contract/check.js';
import { expectationsOf, ownExpectation } from '../../shared/data/contract/expectations.js';
import type { ImportedContract, ImportedRule } from '../../shared/data/contract/formats/imported-rule.js';
import { readContractFile } from '../../shared/data/contract/formats/read.js';
import { checkImported, compileImported, importedLookups } from '../../shared/data/contract/imported.js';
import type { OwnCondition } from '../../shared/data/contract/measure.js';
import type { CompiledRule } from '../../shared/data/contract/rule.js';
import type { Dataset } from '../../shared/data/dataset.js';
import type { LookupRequest } from '../../shared/data/lookup.js';
import type { RuleResult } from '../../shared/data/validation.js';
import type { LoadedSpec } from '../../shared/spec/load.js';

/** The contract of the spec, or of the file that it names. */
export interface PreparedContract {
  /** The file that the rules stand in, as annotations need it. */
  readonly file: string;
  readonly lookups: readonly LookupRequest[];
  readonly imported?: ImportedContract;
}

export interface ContractPlace {
  readonly directory: string;
  readonly workspace: string;
  /** The data files as they are named, for contracts of several tables. */
  readonly dataFiles: readonly string[];
}

/** @throws UserError for a contract file that cannot be read */
export async function prepareContract(loaded: LoadedSpec, place: ContractPlace): Promise<PreparedContract> {
  const { contract } = loaded.spec;
  if (typeof contract !== 'string') return { file: loaded.file, lookups: contractLookups(loaded) };
  const imported = await readContractFile({ path: contract, ...place, location: loaded.locate(['contract']) });
  const lookups = importedLookups(imported, (path) => join(contract, '..', path));
  return { file: imported.file, lookups, imported };
}

export interface HeldContract {
  readonly rules: readonly RuleResult[];
  /** Each rule as an expectation of Great Expectations. */
  readonly expectations: readonly object[];
  readonly unsupported: readonly Problem[];
}

/** Every rule's result, and what could not be checked. */
export async function holdContract(
  dataset: Dataset,
  loaded: LoadedSpec,
  { imported }: PreparedContract,
  options: ContractOptions,
): Promise<HeldContract> {
  if (!imported) {
    const results = await checkContract(dataset, loaded, options);
    return { rules: await withLines(dataset, results), expectations: ownExpectations(loaded, results), unsupported: [] };
  }
  const { results, rules, unsupported } = await checkImported(dataset, imported);
  return { rules: await withLines(dataset, results), expectations: importedExpectations(rules, results), unsupported };
}

/** The rules, before anything is measured. */
export interface PreparedRules {
  readonly rules: readonly CompiledRule[];
  readonly conditions: readonly OwnCondition[];
  readonly unsupported: readonly Problem[];
  /** Each result as an expectation of Great Expectations. */
  readonly expectations: (results: readonly RuleResult[]) => readonly object[];
}

export async function prepareRules(
  data: ContractData,
  loaded: LoadedSpec,
  { imported }: PreparedContract,
  options: ContractOptions = {},
): Promise<PreparedRules> {
  if (imported) {
    const { rules, sql, conditions, unsupported } = await compileImported(data, imported);
    return { rules: sql, conditions, unsupported, expectations: (results) => importedExpectations(rules, results) };
  }
  const compiled = await compileContract(data, loaded, options);
  return { ...compiled, unsupported: [], expectations: (results) => ownExpectations(loaded, results) };
}

function ownExpectations({ spec: { contract } }: LoadedSpec, results: readonly RuleResult[]): readonly object[] {
  return typeof contract === 'object' ? expectationsOf(contract, results) : [];
}

function importedExpectations(rules: readonly ImportedRule[], results: readonly RuleResult[]): readonly object[] {
  return results.map((result, index) => expectationOf(rules[index]!.origin) ?? ownExpectation(result));
}

/** The failing rows of CSV files with their lines. */
async function withLines(dataset: Dataset, results: readonly RuleResult[]): Promise<readonly RuleResult[]> {
  const lines = await dataset.linesOf(results.flatMap(({ samples = [] }) => samples.flatMap(({ row }) => row ?? [])));
  return results.map((result) => {
    if (!result.samples || lines.size === 0) return result;
    const samples = result.samples.map((sample) => {
      const at = sample.row === undefined ? undefined : lines.get(sample.row);
      return at ? { ...sample, at } : sample;
    });
    return { ...result, samples };
  });
}

/** Those of a suite as they are, but in the words of 1.x. */
function expectationOf(origin: unknown): object | undefined {
  if (typeof origin !== 'object' || origin === null) return undefined;
  const { expectation_type: old, ...rest } = origin as { expectation_type?: unknown };
  return old === undefined ? rest : { type: old, ...rest };
}
