import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, refusal, type Scene } from './scene.js';

describe('issue comments', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(async () => {
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  it('are made by the bot for the token of a job, and by a person for a personal one', async () => {
    const { as, at, github, job, repository } = scene;
    const bot = as(job({ 'pull-requests': 'write' }).token);
    const made = await bot.rest.issues.createComment({ ...at, issue_number: 1, body: 'hello' });
    expect(made.status).toBe(201);
    expect(made.data.user).toMatchObject({ login: 'github-actions[bot]', type: 'Bot', id: 41898282 });
    expect(made.data.performed_via_github_app?.slug).toBe('github-actions');
    expect(made.data.html_url).toBe(`https://github.com/acme/models/pull/1#issuecomment-${made.data.id}`);

    const person = as(github.personToken('ann'));
    const own = await person.rest.issues.createComment({ ...at, issue_number: 1, body: 'mine' });
    expect(own.data.user).toMatchObject({ login: 'ann', type: 'User' });
    expect(own.data.performed_via_github_app).toBeNull();

    await bot.rest.issues.updateComment({ ...at, comment_id: made.data.id, body: 'hello again' });
    const one = await bot.rest.issues.getComment({ ...at, comment_id: made.data.id });
    expect(one.data.body).toBe('hello again');
    expect(github.comments(repository, 1).map(({ author, body }) => [author, body])).toEqual([
      ['github-actions[bot]', 'hello again'],
      ['ann', 'mine'],
    ]);
    await bot.rest.issues.deleteComment({ ...at, comment_id: own.data.id });
    expect(github.comments(repository, 1).map(({ id }) => id)).toEqual([made.data.id]);
    expect((await refusal(bot.rest.issues.getComment({ ...at, comment_id: own.data.id }))).status).toBe(404);
  });

  it('come in pages that Link headers join', async () => {
    const { as, at, github, fork } = scene;
    const pull = github.openPullRequest({
      ...{ title: 'Talk', user: 'ann', base: scene.own.base },
      head: { ref: 'talk', sha: scene.own.head.sha, repository: fork },
    });
    const person = as(github.personToken('ann'));
    for (let index = 0; index < 65; index++) {
      await person.rest.issues.createComment({ ...at, issue_number: pull.number, body: `comment ${index}` });
    }
    const all = await person.paginate(person.rest.issues.listComments, { ...at, issue_number: pull.number });
    expect(all.map(({ body }) => body)).toEqual(Array.from({ length: 65 }, (_, index) => `comment ${index}`));

    const first = await person.rest.issues.listComments({ ...at, issue_number: pull.number });
    expect(first.data).toHaveLength(30);
    expect(first.headers.link).toMatch(/page=2>; rel="next", <[^>]*page=3>; rel="last"$/);
    const last = await person.rest.issues.listComments({ ...at, issue_number: pull.number, per_page: 60, page: 2 });
    expect(last.data).toHaveLength(5);
    expect(last.headers.link).toMatch(/per_page=60&page=1>; rel="prev", <[^>]*page=1>; rel="first"$/);
    const beyond = await person.rest.issues.listComments({ ...at, issue_number: pull.number, page: 9 });
    expect(beyond.data).toEqual([]);
    const many = await person.rest.issues.listComments({ ...at, issue_number: pull.number, per_page: 1000 });
    expect(many.data).toHaveLength(65);
    expect(many.headers.link).toBeUndefined();
  });

  it('are refused when too long or empty, with the shape of GitHub', async () => {
    const { as, at, job } = scene;
    const bot = as(job({ issues: 'write' }).token);
    const longest = await bot.rest.issues.createComment({ ...at, issue_number: 1, body: 'x'.repeat(65_536) });
    expect(longest.status).toBe(201);
    const refused = await refusal(bot.rest.issues.createComment({ ...at, issue_number: 1, body: 'x'.repeat(65_537) }));
    expect(refused.status).toBe(422);
    expect(refused.data).toMatchObject({
      message: 'Validation Failed',
      errors: [{ resource: 'IssueComment', message: 'Body is too long (maximum is 65536 characters)' }],
      documentation_url: 'https://docs.github.com/rest/issues/comments#create-an-issue-comment',
      status: '422',
    });
    expect((await refusal(bot.rest.issues.createComment({ ...at, issue_number: 1, body: ' ' }))).status).toBe(422);
    expect((await refusal(bot.rest.issues.createComment({ ...at, issue_number: 99, body: 'x' }))).status).toBe(404);
  });

  it('that did not change answer 304, and that does not count against the limit', async () => {
    const { as, at, job } = scene;
    const bot = as(job({ issues: 'write' }).token);
    const first = await bot.rest.issues.listComments({ ...at, issue_number: 2 });
    const etag = first.headers.etag!;
    const again = await refusal(bot.rest.issues.listComments({ ...at, issue_number: 2, headers: { 'if-none-match': etag } }));
    expect(again.status).toBe(304);
    await bot.rest.issues.createComment({ ...at, issue_number: 2, body: 'new' });
    const changed = await bot.rest.issues.listComments({ ...at, issue_number: 2, headers: { 'if-none-match': etag } });
    expect(changed.data).toHaveLength(1);
    const used = (response: { headers: Record<string, unknown> }) => Number(response.headers['x-ratelimit-used']);
    expect(used(changed)).toBe(used(first) + 2);
  });

  it('start workflows only when a person made them', async () => {
    const seen: string[] = [];
    const own = await openScene({ onEvent: (event) => seen.push(`${event.name} ${event.action} ${event.actor}`) });
    const bot = own.as(own.job({ issues: 'write' }).token);
    await bot.rest.issues.createComment({ ...own.at, issue_number: 1, body: 'x' });
    const person = own.as(own.github.personToken('ann'));
    await person.rest.issues.createComment({ ...own.at, issue_number: 1, body: 'x' });
    expect(seen).toEqual(['issue_comment created ann']);
    expect(own.github.events.map(({ actor, startsWorkflows }) => [actor, startsWorkflows])).toEqual([
      ['github-actions[bot]', false],
      ['ann', true],
    ]);
    await own.github.close();
  });
});
