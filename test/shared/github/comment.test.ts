import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_AUTHOR, postStickyComment, type StickyComment } from '../../../shared/github/comment.js';
import { complaint, openScene, type Scene } from './scene.js';

const MARKER = '<!-- mlops-actions: churn / ci -->';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
});

function comment(body: string, changes: Partial<StickyComment> = {}): StickyComment {
  return {
    repository: scene.at,
    pullRequest: 1,
    marker: MARKER,
    body: `${MARKER}\n${body}`,
    author: DEFAULT_AUTHOR,
    fromFork: false,
    ...changes,
  };
}

const WRITE = { 'pull-requests': 'write' } as const;
const bodies = () => scene.github.comments(scene.repository, 1).map(({ author, body }) => [author, body]);

test('is posted once and then kept current', async () => {
  const client = await scene.client(WRITE);
  const first = await postStickyComment(client, comment('first'));
  const second = await postStickyComment(client, comment('second'));
  expect([first.created, second.created, second.url]).toEqual([true, false, first.url]);
  expect(bodies()).toEqual([[DEFAULT_AUTHOR, `${MARKER}\nsecond`]]);
});

test('the same text again sends nothing', async () => {
  const client = await scene.client(WRITE);
  await postStickyComment(client, comment('same'));
  await postStickyComment(client, comment('same'));
  expect(scene.github.requests.filter(({ method }) => method !== 'GET')).toHaveLength(1);
});

test("somebody else's comment that carries our marker is left alone", async () => {
  const mallory = scene.as(scene.github.personToken('mallory'));
  const planted = `${MARKER}\nThe candidate is great`;
  await mallory.rest.issues.createComment({ ...scene.at, issue_number: 1, body: planted });
  await postStickyComment(await scene.client(WRITE), comment('truth'));
  expect(bodies()).toEqual([
    ['mallory', planted],
    [DEFAULT_AUTHOR, `${MARKER}\ntruth`],
  ]);
});

test('a marker further down, or of another model, is not ours', async () => {
  const client = await scene.client(WRITE);
  await postStickyComment(client, comment('', { marker: '<!-- other -->', body: `<!-- other -->\n${MARKER}` }));
  await postStickyComment(client, comment('mine'));
  expect(bodies()).toHaveLength(2);
});

test('ours is found behind a hundred others', async () => {
  const ann = scene.as(scene.github.personToken('ann'));
  for (let index = 0; index < 105; index++)
    await ann.rest.issues.createComment({ ...scene.at, issue_number: 1, body: `talk ${index}` });
  const client = await scene.client(WRITE);
  await postStickyComment(client, comment('first'));
  await postStickyComment(client, comment('second'));
  expect(bodies()).toHaveLength(106);
});

describe('when GitHub is not well', () => {
  const posts = { method: 'POST', path: /\/issues\/1\/comments/ };

  test.each([
    ['answers 502', { match: posts, kind: 'status' }],
    ['cuts the connection', { match: posts, kind: 'drop' }],
    ['posts the comment and then cuts the connection', { match: posts, kind: 'drop-after' }],
    ['is busy', { match: posts, kind: 'rate-limit', retryAfter: 0 }],
    ['cannot list', { match: { method: 'GET', path: /\/issues\/1\/comments/ }, kind: 'status' }],
  ] as const)('and %s once, there is one comment at the end', async (_name, fault) => {
    scene.github.inject(fault);
    await postStickyComment(await scene.client(WRITE), comment('text'));
    expect(bodies()).toEqual([[DEFAULT_AUTHOR, `${MARKER}\ntext`]]);
  });

  test('and stays so, the message says that nothing is lost', async () => {
    scene.github.inject({ match: { path: /comments/ }, kind: 'status', status: 502, times: 100 });
    expect(await complaint(postStickyComment(await scene.client(WRITE), comment('text')))).toMatch(
      /^GitHub could not be reached or is not well \(502\), so it was not possible to comment on pull request #1\. Nothing is lost: run the job again\.$/,
    );
  });

  test('and cuts every connection, too', async () => {
    scene.github.inject({ match: { path: /comments/ }, kind: 'drop', times: 100 });
    expect(await complaint(postStickyComment(await scene.client(WRITE), comment('text')))).toContain('Nothing is lost');
  });
});

test('a missing permission names the line to add', async () => {
  const client = await scene.client({ contents: 'read', 'pull-requests': 'read' });
  expect(await complaint(postStickyComment(client, comment('text')))).toContain(
    'Add "pull-requests: write" to the "permissions:" of the job',
  );
});

test("a fork's read-only token is told apart from that", async () => {
  const client = await scene.client(WRITE, scene.runOf(scene.foreign));
  const message = await complaint(postStickyComment(client, comment('text', { pullRequest: 2, fromFork: true })));
  expect(message).toContain('The token of a pull request from a fork can only read');
  expect(message).not.toContain('permissions');
});

test('a token that GitHub does not know', async () => {
  const client = await scene.clientOf('ghs_expired');
  expect(await complaint(postStickyComment(client, comment('text')))).toContain('does not accept the token (401)');
});

test('the token is in no message and no log line', async () => {
  const { token } = scene.job({ contents: 'read' });
  const message = await complaint(postStickyComment(await scene.clientOf(token), comment('text')));
  expect([message, ...scene.logged].join('\n')).not.toContain(token);
});
