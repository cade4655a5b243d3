import { expect, test } from 'vitest';
import { formatProblem } from '../../../shared/core/errors.js';
import { parseSpec } from '../../../shared/spec/load.js';

const LEAST = 'name: m\ntask: binary\ndata: { path: a.csv }\ntarget: { column: y }\n';

function said(deploy: string): string[] {
  try {
    return parseSpec(`${LEAST}deploy: ${deploy}\n`, 'm.yaml').notices.map(formatProblem);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

test('whole sections of every target are accepted without a word', () => {
  for (const section of [
    '{ target: service, environment: production, url: https://models.example.org, canary: [0.5, 25, 100] }',
    '{ target: kubernetes, image: "ghcr.io/acme/models:1", namespace: ml, replicas: { min: 2, max: 5 }, resources: { limits: { cpu: 1 } } }',
    '{ target: kserve, image: "ghcr.io/acme/models:1", url: http://models.example.org }',
    '{ target: batch, batch: { input: [new/*.csv, old.parquet], output: scores.parquet } }',
    '{ target: batch, batch: { input: new/*.csv, output: scores, partition: day } }',
  ])
    expect(said(section), section).toEqual([]);
});

test.each([
  ['{ target: heroku }', 'm.yaml:5:19: deploy.target: found "heroku", expected one of: service, kubernetes, kserve, batch'],
  [
    '{ url: models.example.org }',
    'm.yaml:5:16: deploy.url: found "models.example.org", expected an address such as https://models.example.org',
  ],
  [
    '{ url: "https://a:b@example.org" }',
    'm.yaml:5:16: deploy.url holds a user or a password: take them out; a token belongs into the input "service-token"',
  ],
  ['{ canary: [5, 25] }', 'm.yaml:5:23: deploy.canary ends at 25 %; the last step is 100'],
  [
    '{ canary: [25, 5, 100] }',
    'm.yaml:5:24: deploy.canary: 5 does not follow 25; the shares grow from step to step, such as [5, 25, 100]',
  ],
  [
    '{ canary: [0, 100] }',
    'm.yaml:5:20: deploy.canary: 0 does not follow 0; the shares grow from step to step, such as [5, 25, 100]',
  ],
  ['{ replicas: { min: 3, max: 2 } }', 'm.yaml:5:28: deploy.replicas: min (3) is above max (2)'],
  [
    '{ namespace: My_Space }',
    'm.yaml:5:22: deploy.namespace: found "My_Space", expected lower-case letters, digits and hyphens, at most 63',
  ],
  [
    '{ image: "two words" }',
    'm.yaml:5:18: deploy.image: found "two words", expected the name of an image such as ghcr.io/acme/models:1',
  ],
  [
    '{ batch: { input: a.csv, output: b.csv } }',
    'm.yaml:5:42: deploy.batch.output: found "b.csv", expected a .parquet file; a folder goes with deploy.batch.partition',
  ],
  ['{ batch: { input: a.csv } }', 'm.yaml:5:18: deploy.batch.output is missing; expected text that is not empty'],
  [
    '{ target: service, image: x }',
    'm.yaml:5:35: deploy.image has no effect with target: service; it belongs to kubernetes and kserve',
  ],
  [
    '{ target: kubernetes, canary: [100] }',
    'm.yaml:5:39: deploy.canary has no effect with target: kubernetes; it belongs to service',
  ],
])('%s', (section, message) => {
  expect(said(section)).toEqual([message]);
});
