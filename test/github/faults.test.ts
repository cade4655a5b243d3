import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Octokit, openScene, raw, refusal, type Scene } from './scene.js';

describe('faults', () => {
  let scene: Scene;
  let bot: Octokit;
  beforeEach(async () => {
    scene = await openScene({ checkOpenApi: false });
    bot = scene.as(scene.job({ issues: 'write' }).token);
  });
  afterEach(() => scene.github.close());

  const comments = { method: 'POST', path: /\/issues\/1\/comments$/ };
  const post = () => bot.rest.issues.createComment({ ...scene.at, issue_number: 1, body: 'x' });
  const count = () => scene.github.comments(scene.repository, 1).length;

  it('answer a status as often as told, and nothing is done', async () => {
    scene.github.inject({ match: comments, kind: 'status', status: 502, times: 2 });
    expect((await refusal(post())).status).toBe(502);
    expect((await bot.rest.issues.listComments({ ...scene.at, issue_number: 1 })).status).toBe(200);
    expect(await refusal(post())).toMatchObject({ status: 502, data: { message: 'Server Error' } });
    expect(count()).toBe(0);
    expect((await post()).status).toBe(201);
    expect(scene.github.requests.map(({ status, fault }) => fault ?? status)).toEqual(['status', 200, 'status', 201]);
  });

  it('limit the rate with 429, or 403, and Retry-After', async () => {
    scene.github.inject({ match: comments, kind: 'rate-limit', retryAfter: 7 });
    scene.github.inject({ match: comments, kind: 'rate-limit', status: 403 });
    const send = () =>
      raw(scene.github, '/repos/acme/models/issues/1/comments', { method: 'POST', body: JSON.stringify({ body: 'x' }) });
    const first = await send();
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await first.json()).toMatchObject({ message: expect.stringContaining('secondary rate limit') });
    const second = await send();
    expect([second.status, second.headers.get('retry-after')]).toEqual([403, '1']);
  });

  it('cut the connection before or after the work', async () => {
    scene.github.inject({ match: comments, kind: 'drop' });
    await refusal(post());
    expect(count()).toBe(0);
    scene.github.inject({ match: comments, kind: 'drop-after' });
    await refusal(post());
    expect(count()).toBe(1);
    expect(scene.github.requests.map(({ status }) => status)).toEqual([0, 0]);
    expect((await post()).status).toBe(201);
  });

  it('delay, but not beyond what the server allows', async () => {
    await scene.github.close();
    scene = await openScene({
      ...{ checkOpenApi: false, maxDelayMs: 60 },
      faults: [{ match: { path: /./ }, kind: 'slow', delayMs: 60_000 }],
    });
    bot = scene.as(scene.job({ issues: 'write' }).token);
    const start = performance.now();
    expect((await post()).status).toBe(201);
    expect(performance.now() - start).toBeGreaterThan(50);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('speak the language of the service that they hit', async () => {
    scene.github.inject({ match: { path: /^\/twirp\// }, kind: 'status', status: 503, times: 1 });
    scene.github.inject({ match: { path: /^\/blobs\// }, kind: 'status', status: 503, times: 1 });
    const twirp = await raw(scene.github, '/twirp/x/y', { method: 'POST' });
    expect(await twirp.json()).toMatchObject({ code: 'internal', msg: expect.any(String) });
    const blob = await raw(scene.github, '/blobs/x/y');
    expect(await blob.text()).toContain('<Code>ServerBusy</Code>');
  });
});
