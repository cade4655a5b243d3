import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, spec } from '../actions/project.js';
import { ROOT } from '../docs/action-files.js';
import { csvOf, FLIGHT_SPEC, flights, ownScores } from '../python/flights.js';
import { findPackages } from '../python/packages.js';
import { type PythonServer, startServer } from '../python/server.js';

/** The service that the README of `fetch` shows, in the real FastAPI. */

const HERE = fileURLToPath(new URL('.', import.meta.url));

test('the README shows the service that is tested', async () => {
  const app = await readFile(join(HERE, 'app.py'), 'utf8');
  expect(await readFile(`${ROOT}actions/fetch/README.md`, 'utf8')).toContain(`\`\`\`python\n${app}\`\`\``);
});

const uvicorn = findPackages('uvicorn', ['fastapi', 'onnxruntime', 'numpy']);

describe.skipIf(uvicorn.skip)(`FastAPI under ${uvicorn.title}`, () => {
  const rows = flights(600);
  let project: Project;
  let server: PythonServer;
  beforeAll(async () => {
    const train = { algorithm: 'gbdt', params: { num_leaves: 5, num_iterations: 20 } };
    project = await Project.create({ 'mlops.yaml': spec({ ...FLIGHT_SPEC, train }), 'data.csv': csvOf(rows) });
    await project.run('train', { champion: 'none' });
    const args = (port: number) => ['app:app', '--app-dir', HERE, '--host', '127.0.0.1', '--port', String(port)];
    const env = { BUNDLE: join(project.directory, '.mlops-actions/bundle') };
    server = await startServer(join(uvicorn.bin, 'uvicorn'), project.directory, '/docs', args, env);
  }, 360_000);
  afterAll(async () => {
    await server?.close();
    await project.remove();
  });

  const post = (body: unknown): Promise<Response> =>
    fetch(`${server.url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('scores every row as we do, missing values too', async () => {
    const answer = await post(rows);
    expect(answer.status).toBe(200);
    const predictions = (await answer.json()) as { label: string; probabilities: Record<string, number> }[];
    const ours = await ownScores(project.directory);
    expect(predictions).toHaveLength(rows.length);
    let most = 0;
    for (const [index, { label, probabilities }] of predictions.entries()) {
      const [onTime, late] = ours.get(String(rows[index]!.id))!;
      most = Math.max(most, Math.abs(probabilities['on time']! - onTime!), Math.abs(probabilities.late! - late!));
      expect(label).toBe(late! >= 0.5 ? 'late' : 'on time');
    }
    expect(most).toBeLessThan(1e-6);
  });

  test('refuses rows that are none', async () => {
    const { origin: _origin, ...rest } = rows[0]!;
    const missing = await post([rest]);
    expect([missing.status, await missing.text()]).toEqual([422, expect.stringContaining("KeyError: 'origin'")]);
    expect((await post([{ ...rows[0], distance: 'far' }])).status).toBe(422);
    expect((await post({ rows })).status).toBe(422);
  });
});
