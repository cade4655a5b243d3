import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseContract } from '../../../../shared/data/contract/formats/read.js';
import { checkImported, type ImportedResult, importedLookups } from '../../../../shared/data/contract/imported.js';
import { openDataset } from '../../../../shared/data/open-dataset.js';
import { cleanUp, locate, open, REAL, spec, workspace } from '../workspace.js';

cleanUp();

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')) as T;
}

async function checked(file: string, contract: string): Promise<ImportedResult> {
  return checkImported(await open('/', { data: { path: `${REAL}${file}` } }), parseContract(contract, 'contract', [file]));
}

/** The failing rules of severity error: column (null for the table) and the rule's name. */
function failing({ results }: ImportedResult): unknown[] {
  const all = results
    .filter(({ passed, severity }) => !passed && severity === 'error')
    .map(({ column, rule }) => [column ?? null, rule]);
  return sorted([...new Map(all.map((one) => [JSON.stringify(one), one])).values()]);
}

function sorted<T>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Schemas that pandera wrote, and what it finds; pandera-schemas.py made it. */
describe('a pandera schema fails by what pandera fails by', () => {
  const { schemas } = golden<{ schemas: { file: string; yaml: string; failing: [string | null, string][] }[] }>(
    'pandera-schemas.json',
  );

  it.each(schemas.map((one, index) => [index, one] as const))('schema %i', async (_, { file, yaml, failing: theirs }) => {
    const ours = await checked(file, yaml);
    expect(failing(ours)).toEqual(sorted(theirs));
    expect(ours.unsupported).toEqual([]);
  });
});

/** Keys are the table's, and what they count is counted together. */
function byTable({ results }: ImportedResult): unknown[] {
  const counts = new Map<string, number | undefined>();
  for (const { passed, column, rule, failing: rows } of results) {
    if (passed) continue;
    const isKey = rule === 'primaryKey' || rule === 'foreignKeys';
    const key = JSON.stringify([isKey ? null : (column ?? null), rule]);
    counts.set(key, rows === undefined ? undefined : (counts.get(key) ?? 0) + rows);
  }
  return sorted([...counts].map(([key, rows]) => [...(JSON.parse(key) as unknown[]), ...(rows === undefined ? [] : [rows])]));
}

/** Table Schemas, and what frictionless finds; table-schemas.py made it. */
describe('a Table Schema fails by what frictionless fails by', () => {
  type Failing = [string | null, string, number][];
  const { schemas, package: shop } = golden<{
    schemas: { file: string; contract: object; failing: Failing }[];
    package: { files: Record<string, string>; contract: object; failing: Failing };
  }>('table-schemas.json');

  it.each(schemas.map((one, index) => [index, one] as const))('schema %i', async (_, { file, contract, failing: theirs }) => {
    const ours = await checked(file, JSON.stringify(contract));
    expect(byTable(ours)).toEqual(
      sorted(theirs.map(([column, rule, count]) => (rule === 'fieldsMatch' ? [column, rule] : [column, rule, count]))),
    );
  });

  it('a Data Package: its keys, and the values of another resource', async () => {
    const directory = workspace(shop.files);
    const contract = parseContract(JSON.stringify(shop.contract), 'datapackage.json', ['orders.csv']);
    const dataset = await openDataset({
      spec: spec({ data: { path: 'orders.csv' } }),
      directory,
      locate,
      lookups: importedLookups(contract, (path) => join('.', path)),
    });
    try {
      expect(byTable(await checkImported(dataset, contract))).toEqual(sorted(shop.failing));
    } finally {
      dataset.close();
    }
  });
});

/** An ODCS contract, and what datacontract-cli finds; odcs-contracts.py made it. */
describe('an ODCS contract', () => {
  const { contract, checks } = golden<{ contract: string; checks: [string | null, string, boolean][] }>('odcs-contracts.json');

  it('passes and fails what datacontract-cli passes and fails', async () => {
    const ours = await checked('seattle-weather.csv', contract);
    const verdicts = ours.results
      // The type is no check of datacontract-cli for CSV.
      .filter(({ rule }) => rule !== 'logicalType')
      .map(({ column, rule, passed }) => [
        rule === 'quality.duplicateValues' && !column ? null : (column ?? null),
        rule,
        passed,
      ]);
    expect(sorted(verdicts)).toEqual(sorted(checks));
    expect(ours.unsupported).toEqual([]);
  });
});
