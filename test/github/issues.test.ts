import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, refusal, type Scene } from './scene.js';

describe('issues', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(async () => {
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  it('are made, changed, closed and reopened by a job with issues: write', async () => {
    const { as, at, job, github, repository } = scene;
    const bot = as(job({ issues: 'write' }).token);
    const made = await bot.rest.issues.create({ ...at, title: 'Drift', body: 'text', labels: ['mlops-health'] });
    expect(made.status).toBe(201);
    expect(made.data).toMatchObject({
      number: 3,
      state: 'open',
      user: { login: 'github-actions[bot]' },
      html_url: 'https://github.com/acme/models/issues/3',
    });
    const of = { ...at, issue_number: made.data.number };
    await bot.rest.issues.update({ ...of, title: 'No drift', state: 'closed', state_reason: 'completed' });
    expect((await bot.rest.issues.get(of)).data).toMatchObject({
      ...{ title: 'No drift', state: 'closed', state_reason: 'completed', closed_by: { login: 'github-actions[bot]' } },
    });
    await bot.rest.issues.update({ ...of, state: 'open' });
    expect(github.issues(repository)).toMatchObject([
      { number: 3, state: 'open', stateReason: 'reopened', labels: ['mlops-health'] },
    ]);
    const comment = await bot.rest.issues.createComment({ ...of, body: 'hello' });
    expect(comment.data.html_url).toContain('/issues/3#issuecomment-');
    expect((await bot.rest.issues.get(of)).data.comments).toBe(1);
  });

  it('are listed with pull requests, by state, label and who made them', async () => {
    const { as, at, job, github } = scene;
    const ann = as(github.personToken('ann'));
    await ann.rest.issues.create({ ...at, title: 'A question', labels: ['mlops-health', 'question'] });
    const bot = as(job({}).token);
    const numbers = async (options: object) =>
      (await bot.rest.issues.listForRepo({ ...at, ...options })).data.map(({ number }) => number);
    expect(await numbers({ state: 'all' })).toEqual([4, 3, 2, 1]);
    expect(await numbers({ labels: 'mlops-health', direction: 'asc' })).toEqual([3, 4]);
    expect(await numbers({ labels: 'mlops-health,question' })).toEqual([4]);
    expect(await numbers({ creator: 'github-actions[bot]', state: 'all' })).toEqual([3]);
    expect(await numbers({ per_page: 1, page: 2 })).toEqual([3]);
    const [, , , first] = (await bot.rest.issues.listForRepo({ ...at, state: 'all' })).data;
    expect(first?.pull_request?.html_url).toBe('https://github.com/acme/models/pull/1');
  });

  it('are refused without the permission, without a title, and when too long', async () => {
    const { as, at, job } = scene;
    const reader = as(job({ issues: 'read', 'pull-requests': 'write', contents: 'write' }).token);
    expect((await refusal(reader.rest.issues.create({ ...at, title: 'x' }))).status).toBe(403);
    const bot = as(job({ issues: 'write' }).token);
    expect((await refusal(bot.rest.issues.create({ ...at, title: ' ' }))).status).toBe(422);
    const long = await refusal(bot.rest.issues.create({ ...at, title: 'x', body: 'x'.repeat(65_537) }));
    expect(long).toMatchObject({
      status: 422,
      data: { errors: [{ message: 'body is too long (maximum is 65536 characters)' }] },
    });
    expect((await refusal(bot.rest.issues.update({ ...at, issue_number: 99, state: 'closed' }))).status).toBe(404);
    expect((await refusal(bot.rest.issues.get({ ...at, issue_number: 99 }))).status).toBe(404);
  });

  it('start workflows only when a person made them', async () => {
    const seen: string[] = [];
    const own = await openScene({ onEvent: (event) => seen.push(`${event.name} ${event.action} ${event.actor}`) });
    await own.as(own.job({ issues: 'write' }).token).rest.issues.create({ ...own.at, title: 'x' });
    const person = own.as(own.github.personToken('ann'));
    const { data } = await person.rest.issues.create({ ...own.at, title: 'x' });
    await person.rest.issues.update({ ...own.at, issue_number: data.number, state: 'closed' });
    expect(seen).toEqual(['issues opened ann', 'issues closed ann']);
    await own.github.close();
  });
});
