import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { UserError } from '../../../shared/core/errors.js';
import { parseSpec } from '../../../shared/spec/load.js';

function complaint(registry: object): string {
  const text = stringify({
    ...{ name: 'churn', task: 'binary', data: { path: 'a.csv' }, target: { column: 'y' }, split: { by: 'hash' } },
    registry,
  });
  try {
    return parseSpec(text, 'mlops.yaml')
      .notices.map(({ message }) => message)
      .join('\n');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

const at = (tracking_uri: string) => complaint({ mlflow: { tracking_uri } });

test.each([
  'https://mlflow.example.org',
  'https://example.org/mlflow/',
  'http://127.0.0.1:5000',
  'http://localhost:5000',
  'http://[::1]:5000',
])('%s is the address of a tracking server', (uri) => {
  expect(at(uri)).toBe('');
});

test.each([
  ['http://mlflow.example.org', 'found http://mlflow.example.org, expected an https:// address'],
  ['http://127.0.0.1.example.org', 'expected an https:// address'],
  ['file:///srv/mlruns', 'found file://, expected an https:// address'],
  ['databricks', 'found no web address, expected an https:// address, or http:// on the same machine'],
  ['sqlite:///mlflow.db', 'expected an https:// address'],
  ['https://example.org/?token=abc', 'found an address with "?" or "#"; expected the address alone'],
])('%s is none', (uri, what) => {
  expect(at(uri)).toMatch(/^mlops.yaml:\d+:\d+: registry.mlflow.tracking_uri: /);
  expect(at(uri)).toContain(what);
});

test('credentials are refused, and not repeated', () => {
  const said = at('https://ann:s3cret@mlflow.example.org');
  expect(said).toContain('credentials do not belong into the spec');
  expect(said).toContain('MLFLOW_TRACKING_PASSWORD');
  expect(said).not.toContain('s3cret');
});

test('stages become aliases in MLflow, so they are names that it takes', () => {
  const mlflow = { tracking_uri: 'https://mlflow.example.org' };
  expect(complaint({ stages: ['staging', 'prod_eu-1'], mlflow })).toBe('');
  for (const stage of ['latest', 'Latest', 'v1', 'eu/production'])
    expect(complaint({ stages: ['staging', stage], mlflow })).toContain(
      `registry.stages: found ${JSON.stringify(stage)}, which cannot be an alias in MLflow`,
    );
  expect(complaint({ stages: ['latest'] })).toBe('');
});
