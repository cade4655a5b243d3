import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { Health } from '../../../shared/monitoring/health.js';
import { type healthSchema, readHealth } from '../../../shared/monitoring/health-reader.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'health-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const health: Health = {
  ...{ format: 1, kind: 'health', model: 'churn', version: 'v1.2.0', digest: `sha256:${'a'.repeat(64)}` },
  ...{ at: '2026-06-01T04:17:00.000Z', window: '7d', healthy: false, drifted: ['usage'], notices: [] },
  windows: [
    {
      ...{ from: '2026-05-25T00:00:00.000Z', to: '2026-06-01T00:00:00.000Z', rows: 1000, sparse: false, labelled: 900 },
      ...{ labelsComplete: true, metrics: { auc: { value: 0.7, low: 0.68, high: 0.72 } } },
    },
  ],
  checks: [
    { kind: 'input drift', subject: 'usage', state: 'alarm', breaches: 2, detail: 'PSI 0.4', effect: 0.4, pValue: 0.001 },
  ],
};

async function read(content: string): Promise<Health> {
  await writeFile(join(folder, 'health.json'), content);
  return readHealth(join(folder, 'health.json'), 'health.json', 'churn');
}

test('says what the type says', async () => {
  expectTypeOf<z.output<typeof healthSchema>>().toExtend<Health>();
  expectTypeOf<Health>().toExtend<z.output<typeof healthSchema>>();
  expect(await read(JSON.stringify({ ...health, columns: [{ psi: 'much' }] }))).toEqual(health);
});

test.each([
  ['a number that is none', { checks: [{ ...health.checks[0], effect: 'large' }] }, 'checks.0.effect'],
  ['a state that there is not', { checks: [{ ...health.checks[0], state: 'panic' }] }, 'checks.0.state'],
  ['a time that is none', { at: 'yesterday' }, 'at at (no time'],
  ['a text beyond all measure', { version: 'v'.repeat(500) }, 'version'],
])('%s is refused in one line', async (_name, change, found) => {
  const message = await read(JSON.stringify({ ...health, ...change })).then(String, (error: Error) => error.message);
  expect(message).toMatch(/^Input "health": "health\.json" is no health.*; it must be the health\.json that monitor wrote\.$/);
  expect(message).toContain(found.split(' ')[0]);
});

test('a file that is too large is not read', async () => {
  await expect(read(' '.repeat(5_000_001))).rejects.toThrow('a health has at most 5000000');
});
