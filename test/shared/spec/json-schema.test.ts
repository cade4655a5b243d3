import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { specJsonSchema, specJsonSchemaText } from '../../../shared/spec/json-schema.js';
import { parseSpec } from '../../../shared/spec/load.js';
import { SAMPLE } from './samples.js';

const COMMITTED = new URL('../../../shared/spec/mlops.schema.json', import.meta.url);
const validate = new Ajv({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  specJsonSchema(),
);

it('the committed file is current (npm run docs writes it)', () => {
  expect(readFileSync(COMMITTED, 'utf8')).toBe(specJsonSchemaText());
});

it('the sample is valid', () => {
  expect(validate(parse(SAMPLE)) || validate.errors).toBe(true);
});

describe('editor and loader agree', () => {
  const head = { name: 'm', task: 'binary', data: { path: 'a.csv' }, target: { column: 'y' } };
  it.each<[object, boolean]>([
    [{}, true],
    [{ split: { by: { group: 'g' } } }, true],
    [{ split: { by: 'tme' } }, false],
    [{ split: { tset: 0.1 } }, false],
    [{ split: { test: 0.95 } }, false],
    [{ seed: 1.5 }, false],
    [{ gates: 'auc > 0.5' }, false],
    [{ train: { params: { num_leaves: 7, n_estimators: 10 } } }, true],
    [{ train: { params: { num_leaves: [7] } } }, false],
    [{ contract: { columns: { a: { min: '2024-01-01', quantiles: { '0.5': { max: 1 } } } } } }, true],
    [{ contract: { columns: { a: { quantiles: { half: { max: 1 } } } } } }, false],
    [{ contract: { freshness: { column: 'a', max_age: '7 days' } } }, false],
    [{ retrain: { when: [{ metric: 'auc', below: 0.6 }, { drift: true }] } }, true],
    [{ retrain: { when: [{ metric: 'auc' }] } }, false],
    [{ name: 'Bad Name' }, false],
  ])('%j', (more, isValid) => {
    const content = { ...head, ...more };
    expect(validate(content)).toBe(isValid);
    const load = () => parseSpec(JSON.stringify(content), 'm.yaml');
    if (isValid) expect(load).not.toThrow();
    else expect(load).toThrow();
  });
});

it('describes what editors show', () => {
  interface Node {
    readonly description?: string;
    readonly default?: unknown;
    readonly properties?: Readonly<Record<string, Node>>;
  }
  const root = specJsonSchema() as Node;
  const without = Object.entries(root.properties!).filter(([, node]) => !node.description);
  expect(without.map(([key]) => key)).toEqual([]);
  expect(root.properties!.split!.properties!.test).toMatchObject({ default: 0.2, description: expect.any(String) });
  expect(root.properties!.train!.properties!.params!.properties!.num_leaves).toEqual({
    description: 'Largest number of leaves of a tree; a whole number from 2 to 131072 (gbdt)',
    type: ['string', 'number', 'boolean'],
    default: 31,
  });
});
