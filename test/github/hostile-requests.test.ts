import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, raw, type Scene } from './scene.js';

/** A request whose target reaches the server exactly as written. */
function sendTarget(origin: string, path: string, method = 'GET', headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    // A connection of its own: one that is kept may be closed by the server just when the next request takes it.
    const options = { hostname, port, path, method, agent: false, headers: { 'user-agent': 'test', ...headers } };
    const sent = request(options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end();
  });
}

describe('requests that no client sends', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.github.close());

  it('get an error of the usual shape', async () => {
    const { github } = scene;
    const authorization = `token ${github.personToken('ann')}`;
    const comments = '/repos/acme/models/issues/1/comments';
    const send = (body: string) => raw(github, comments, { method: 'POST', body, headers: { authorization } });
    for (const [body, status, message] of [
      ['{', 400, 'Problems parsing JSON'],
      ['[]', 400, 'Body should be a JSON object'],
      ['', 422, 'Invalid request.'],
      ['{"body": 5}', 422, 'Invalid request.'],
      ['{"body": "x", "boddy": "y"}', 422, 'boddy'],
    ] as const) {
      const answer = await send(body);
      expect(answer.status, body).toBe(status);
      const shape = await answer.json();
      expect(shape).toMatchObject({ documentation_url: expect.any(String), status: String(status) });
      expect(shape).toMatchObject({ message: expect.stringContaining(message) });
    }
    expect(github.violations.map(({ side }) => side)).toEqual(['request', 'request', 'request']);
    const basic = await raw(github, comments, { headers: { authorization: 'Basic eDp5' } });
    expect(basic.status).toBe(401);
    const version = await raw(github, comments, { headers: { 'x-github-api-version': '1999-01-01' } });
    expect(version.status).toBe(400);
    const agent = await sendTarget(github.apiUrl, comments, 'GET', { 'user-agent': '' });
    expect(agent).toBe(403);
  });

  it('reach nothing by odd paths', async () => {
    const { github } = scene;
    const paths = [
      ...['/repos/../repos/acme/models', '/repos/acme/%2e%2e', '/repos/acme%2Fmodels', '/repos//models', '/repos/acme/models/'],
      ...['/repos/acme/models/issues/comments/1e9', '/repos/acme/models/issues/-1/comments', '/blobs/../x', '/blobs/'],
      ...['/twirp/github.actions.results.api.v1.ArtifactService/constructor', '//evil.example/repos/acme/models', '/'],
    ];
    for (const path of paths) {
      const status = await sendTarget(github.apiUrl, path);
      expect([400, 401, 403, 404, 422], `${path} answered ${status}`).toContain(status);
    }
    expect(await sendTarget(github.apiUrl, '/repos/acme/models/contents/%E0%A4%A')).toBe(400);
    expect(await sendTarget(github.apiUrl, '/repos/ACME/Models')).toBe(200);
  });

  it('never make the server fail', async () => {
    const { github } = scene;
    const segment = fc.oneof(
      fc.constantFrom('repos', 'acme', 'models', 'issues', '1', 'comments', 'actions', 'runs', 'artifacts', 'contents', '..'),
      fc.string({ maxLength: 8 }).map(encodeURIComponent),
    );
    const target = fc.tuple(fc.array(segment, { maxLength: 8 }), fc.webQueryParameters());
    await fc.assert(
      fc.asyncProperty(
        target,
        fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD'),
        async ([path, query], method) => {
          const authorization = `token ${github.personToken('ann')}`;
          const status = await sendTarget(github.apiUrl, `/${path.join('/')}?${query}`, method, { authorization });
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 150, seed: 42 },
    );
  });
});
