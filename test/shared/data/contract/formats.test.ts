import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../../shared/core/errors.js';
import { conditionSql } from '../../../../shared/data/contract/formats/ge-condition.js';
import { parseContract } from '../../../../shared/data/contract/formats/read.js';
import { checkImported } from '../../../../shared/data/contract/imported.js';
import { cleanUp, openCsv } from '../workspace.js';

cleanUp();

const unsupported = (text: string): string[] => parseContract(text, 'c', ['orders.csv']).unsupported.map(formatProblem);

describe('rules that are not run are named, each at its place', () => {
  it('of Great Expectations', () => {
    const suite = `{
  "expectation_suite_name": "old",
  "expectations": [
    { "expectation_type": "expect_column_values_to_not_be_null", "kwargs": { "column": "a" } },
    { "expectation_type": "expect_column_kl_divergence_to_be_less_than", "kwargs": { "column": "a" } },
    { "type": "expect_column_values_to_be_in_set", "kwargs": { "column": "a", "value_set": { "$PARAMETER": "known" } } },
    { "type": "expect_column_values_to_be_unique", "kwargs": { "column": "a", "row_condition": "a.str.len() > 3" } },
    { "kwargs": {} }
  ]
}`;
    expect(unsupported(suite)).toEqual([
      'c:5:5: expect_column_kl_divergence_to_be_less_than is not checked here',
      'c:6:5: expect_column_values_to_be_in_set has arguments that are not understood here',
      'c:7:5: expect_column_values_to_be_unique has a row condition that is not understood here',
      'c:8:5: an expectation without a type is not checked here',
    ]);
    expect(parseContract(suite, 'c').rules).toMatchObject([
      { name: 'expect_column_values_to_not_be_null', location: { line: 4 } },
    ]);
  });

  it('of a Table Schema', () => {
    const schema = `
fields:
  - { name: a, type: geopoint }
  - { name: b, type: string, format: email }
  - { name: c, type: string, constraints: { jsonSchema: {} } }
  - { type: string }
missingValues: ["", "-"]
fieldsMatch: partial
foreignKeys:
  - { fields: [a], reference: { resource: other, fields: [x] } }
`;
    expect(unsupported(schema)).toEqual([
      'c:8:1: fieldsMatch partial is not checked here',
      'c:7:1: missingValues - are values here, but for "NA" and the like in columns of numbers',
      'c:3:16: type geopoint of a is not checked here',
      'c:4:30: format email of b is not checked here',
      'c:5:45: constraint jsonSchema of c is not checked here',
      'c:6:5: a field without a name is not checked here',
      'c:10:5: foreign key of a refers to the resource other, of which there is no file here',
    ]);
  });

  it('of an ODCS contract', () => {
    const contract = `
apiVersion: v3.1.0
kind: DataContract
schema:
  - name: customers
  - name: orders
    properties:
      - name: a
        logicalType: array
        relationships: [{ to: customers.id }]
        quality:
          - { type: text, description: it looks right }
          - { type: sql, name: sums, query: "SELECT 1", mustBe: 1 }
          - { type: custom, engine: soda, implementation: "x" }
          - { metric: nullValues }
          - { metric: freshness, mustBe: 1 }
          - type: custom
            engine: greatExpectations
            implementation: { type: expect_column_min_to_be_between, kwargs: { column: a, min_value: 3 } }
slaProperties:
  - { property: latency, value: 4, unit: d }
`;
    expect(unsupported(contract).map((line) => line.replace(/^c:\d+:\d+: /, ''))).toEqual([
      'logicalType array of a is not checked here',
      'quality text is text for people, and not checked',
      'quality sums is a query of its own, which is not run here; write it as contract.checks of the spec',
      'quality custom is for the engine soda, and not checked here',
      'quality nullValues has no operator that is known (mustBe, mustBeLessThan, mustBeBetween and so on)',
      'quality freshness is not checked here',
      'relationship to customers.id is not checked here: the contract names no file of the other table',
      'slaProperties latency is not checked here',
    ]);
    expect(parseContract(contract, 'c', ['data/orders.csv.gz']).rules.map(({ name }) => name)).toEqual([
      'name',
      'expect_column_min_to_be_between',
    ]);
  });

  it('of a pandera schema', () => {
    const schema = `
schema_type: dataframe
columns:
  a: { dtype: category, own_check: 3 }
  "b.*": { dtype: float64, regex: true }
index: [{ dtype: int64 }]
strict: true
checks: { wide: { limit: 3 } }
`;
    expect(unsupported(schema)).toEqual([
      'c:4:8: dtype category of a is not checked here',
      'c:4:25: the check own_check of a is not checked here',
      'c:7:1: strict is not checked where columns are named by patterns',
      'c:6:1: index is not checked here: a file has no index',
      'c:8:11: the check wide of the whole frame is not checked here',
    ]);
  });

  it('what the engine cannot run', async () => {
    const dataset = await openCsv('a,y\nx,1\n');
    const suite = { expectations: [{ type: 'expect_column_values_to_match_regex', kwargs: { column: 'a', regex: '(?=x)x' } }] };
    const { results, unsupported: named } = await checkImported(dataset, parseContract(JSON.stringify(suite), 'c'));
    expect(results).toEqual([]);
    expect(named[0]!.message).toMatch(
      /^expect_column_values_to_match_regex cannot be run by this engine: invalid perl operator/,
    );
  });
});

describe('which table of several is meant', () => {
  it.each([
    [
      '{ "resources": [{ "path": "a.csv" }, { "path": "b.csv" }] }',
      'c:1: this package has 2 resources (a.csv, b.csv), and none has the name',
    ],
    ['{ "resources": [{ "path": "a.csv", "schema": "s.json" }] }', 'this resource has no schema of its own; name the file'],
    [
      'kind: DataContract\napiVersion: v3.1.0\nschema: [{ name: a }, { name: b }]',
      'this contract has 2 tables (a, b), and none has the name',
    ],
    [
      'kind: DataContract\napiVersion: v2.2.2\nschema: []',
      'apiVersion "v2.2.2" of this ODCS contract is not read; accepted: v3.0',
    ],
    ['schema_type: dataframe\n', 'no columns in this pandera schema'],
    ['[1, 2]', 'this is no contract that is known; accepted: a Great Expectations suite'],
    ['', 'this is no contract that is known'],
  ])('%j', (text, message) => {
    expect(() => parseContract(text, 'c', ['orders.csv'])).toThrow(message);
  });
});

describe('a row condition as SQL', () => {
  it.each([
    ['a > 5', '"a" > 5'],
    ['col("a b") >= -1.5 and col("c") == "x"', '("a b" >= -1.5 AND "c" = \'x\')'],
    ["a == 1 | b != 'y' & c < d", '("a" = 1 OR ("b" <> \'y\' AND "c" < "d"))'],
    ['not (`a b`.notnull() or c.isna())', '(NOT ("a b" IS NOT NULL OR "c" IS NULL))'],
    ['a in [1, 2] and b not in ["x"]', '("a" IN (1, 2) AND "b" NOT IN (\'x\'))'],
    ['ok == True', '"ok" = TRUE'],
    [{ type: 'pass_through', pass_through_filter: 'a < 1' }, '"a" < 1'],
    [{ type: 'nullity', column: { name: 'a"b' }, is_null: true }, '"a""b" IS NULL'],
    [{ type: 'comparison', column: { name: 'a' }, operator: 'NOT_IN', parameter: ["it's"] }, `"a" NOT IN ('it''s')`],
  ])('%j', (condition, sql) => {
    expect(conditionSql(condition)?.replaceAll('(-1.5)', '-1.5').replaceAll("'-1.5'::DOUBLE", '-1.5')).toBe(sql);
  });

  it.each([
    ...[
      'a',
      'a >',
      '> 5',
      'a > 5)',
      '(a > 5',
      'a in 5',
      'a in []',
      'f(a) > 1',
      'a > 5; DROP TABLE source',
      "a == 'x\\' or 1'",
      'a > "\0"',
    ],
    ...[
      {},
      null,
      5,
      { type: 'and', conditions: [] },
      { type: 'comparison', column: { name: 'a' }, operator: '=~', parameter: 1 },
    ],
    { type: 'or', conditions: [{ type: 'nullity', column: 'a' }, 'a >'] },
  ])('%j is not understood', (condition) => {
    expect(conditionSql(condition)).toBeUndefined();
  });
});
