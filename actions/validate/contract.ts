import { join } from 'node:path';
import type { Problem } from '../../shared/core/errors.js';
import { type ContractOptions, checkContract, contractLookups } from '../../shared/data/contract/check.js';
import type { ImportedContract } from '../../shared/data/contract/formats/imported-rule.js';
import { readContractFile } from '../../shared/data/contract/formats/read.js';
import { checkImported, importedLookups } from '../../shared/data/contract/imported.js';
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
}

/** @throws UserError for a contract file that cannot be read */
export async function prepareContract(loaded: LoadedSpec, place: ContractPlace): Promise<PreparedContract> {
  const { contract } = loaded.spec;
  if (typeof contract !== 'string') return { file: loaded.file, lookups: contractLookups(loaded) };
  const imported = await readContractFile({ path: contract, ...place, location: loaded.locate(['contract']) });
  const lookups = importedLookups(imported, (path) => join(contract, '..', path));
  return { file: imported.file, lookups, imported };
}

/** Every rule's result, and what could not be checked. */
export async function holdContract(
  dataset: Dataset,
  loaded: LoadedSpec,
  { imported }: PreparedContract,
  options: ContractOptions,
): Promise<{ readonly rules: readonly RuleResult[]; readonly unsupported: readonly Problem[] }> {
  if (!imported) return { rules: await checkContract(dataset, loaded, options), unsupported: [] };
  const { results, unsupported } = await checkImported(dataset, imported);
  return { rules: results, unsupported };
}
