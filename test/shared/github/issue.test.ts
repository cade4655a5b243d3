import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_AUTHOR } from '../../../shared/github/comment.js';
import {
  findHiddenBlock,
  hiddenBlock,
  keepHiddenBlock,
  readHiddenBlock,
  withHiddenBlock,
} from '../../../shared/github/hidden-block.js';
import { findIssues, type IssueRequest, keepIssue, rememberInIssue } from '../../../shared/github/issue.js';
import { complaint, openScene, type Scene } from './scene.js';

const MARKER = '<!-- mlops-actions health: churn -->';
const WRITE = { issues: 'write' } as const;

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
});

function wanted(state: IssueRequest['wanted'], body: string, changes: Partial<IssueRequest> = {}): IssueRequest {
  return {
    ...{
      repository: scene.at,
      marker: MARKER,
      author: DEFAULT_AUTHOR,
      label: 'mlops-health',
      wanted: state,
      keep: ['retrain'],
    },
    content: () => ({ title: `churn: ${body}`, body: `${MARKER}\n${body}` }),
    ...changes,
  };
}

const issues = () => scene.github.issues(scene.repository);
const open = () => issues().filter(({ state }) => state === 'open');
const writes = () => scene.github.requests.filter(({ method }) => method !== 'GET');

test('is opened once, kept current, closed, and opened again', async () => {
  const client = await scene.client(WRITE);
  expect(await keepIssue(client, wanted('closed', 'healthy'))).toBeUndefined();
  expect(await keepIssue(client, wanted('as it is', 'unknown'))).toBeUndefined();
  const made = await keepIssue(client, wanted('open', 'drift'));
  expect(made).toMatchObject({ number: 3, isOpen: true, done: 'created' });
  expect(await keepIssue(client, wanted('open', 'more drift'))).toMatchObject({ number: 3, done: 'updated' });
  expect(await keepIssue(client, wanted('closed', 'healthy'))).toMatchObject({ number: 3, isOpen: false, done: 'closed' });
  expect(issues()).toMatchObject([
    { title: 'churn: healthy', state: 'closed', stateReason: 'completed', labels: ['mlops-health'], author: DEFAULT_AUTHOR },
  ]);
  expect(await keepIssue(client, wanted('as it is', 'unknown'))).toMatchObject({ isOpen: false, done: 'updated' });
  const openWhen =
    (title: string): IssueRequest['wanted'] =>
    (issue) =>
      issue?.title === title ? 'open' : 'as it is';
  expect(await keepIssue(client, wanted(openWhen('no such'), 'asked'))).toMatchObject({ isOpen: false, done: 'updated' });
  expect(await keepIssue(client, wanted(openWhen('churn: asked'), 'x'))).toMatchObject({ isOpen: true, done: 'reopened' });
  await keepIssue(client, wanted('closed', 'healthy'));
  expect(await keepIssue(client, wanted('open', 'drift again'))).toMatchObject({ number: 3, isOpen: true, done: 'reopened' });
  expect(issues()).toHaveLength(1);
});

test('the same text again sends nothing', async () => {
  const client = await scene.client(WRITE);
  await keepIssue(client, wanted('open', 'same'));
  expect(await keepIssue(client, wanted('open', 'same'))).toMatchObject({ done: 'nothing' });
  expect(writes()).toHaveLength(1);
});

test("somebody else's issue with our marker and label is left alone, and so is a pull request", async () => {
  const mallory = scene.as(scene.github.personToken('mallory'));
  await mallory.rest.issues.create({
    ...scene.at,
    title: 'All is well',
    body: `${MARKER}\nAll is well`,
    labels: ['mlops-health'],
  });
  await keepIssue(await scene.client(WRITE), wanted('open', 'truth'));
  expect(issues().map(({ author, body }) => [author, body])).toEqual([
    ['mallory', `${MARKER}\nAll is well`],
    [DEFAULT_AUTHOR, `${MARKER}\ntruth`],
  ]);
});

test('of another model is another one', async () => {
  const client = await scene.client(WRITE);
  await keepIssue(client, wanted('open', 'drift'));
  const marker = '<!-- mlops-actions health: other -->';
  await keepIssue(client, wanted('open', '', { marker, content: () => ({ title: 'other', body: `${marker}\ndrift` }) }));
  expect(open()).toHaveLength(2);
});

test('is found without its label, and behind a hundred others', async () => {
  const client = await scene.client(WRITE);
  const made = await keepIssue(client, wanted('open', 'drift'));
  const ann = scene.as(scene.github.personToken('ann'));
  await ann.rest.issues.update({ ...scene.at, issue_number: made!.number, labels: [] });
  const bot = scene.as(scene.job(WRITE).token);
  for (let index = 0; index < 105; index++) await bot.rest.issues.create({ ...scene.at, title: `report ${index}` });
  expect(await keepIssue(client, wanted('open', 'more'))).toMatchObject({ number: made!.number, done: 'updated' });
});

test('that a person closed as not planned can stay so', async () => {
  const client = await scene.client(WRITE);
  const made = await keepIssue(client, wanted('open', 'drift'));
  const ann = scene.as(scene.github.personToken('ann'));
  await ann.rest.issues.update({ ...scene.at, issue_number: made!.number, state: 'closed', state_reason: 'not_planned' });
  const staysClosed: IssueRequest['staysClosed'] = ({ reason }) => reason === 'not_planned';
  expect(await keepIssue(client, wanted('open', 'still', { staysClosed }))).toMatchObject({ isOpen: false, done: 'updated' });
  expect(await keepIssue(client, wanted('open', 'still'))).toMatchObject({ isOpen: true, done: 'reopened' });
});

describe('never two', () => {
  test('when runs overlap: whoever comes last sees to it', async () => {
    for (let round = 0; round < 3; round++) {
      const clients = await Promise.all(Array.from({ length: 4 }, () => scene.client(WRITE)));
      const marker = `<!-- mlops-actions health: model-${round} -->`;
      const request = (index: number) =>
        wanted('open', '', { marker, content: () => ({ title: 't', body: `${marker}\nrun ${index}` }) });
      const kept = await Promise.all(clients.map((client, index) => keepIssue(client, request(index))));
      const own = open().filter(({ body }) => body.startsWith(marker));
      expect(own).toHaveLength(1);
      // All of them speak of the one that stays.
      expect(new Set(kept.map((issue) => issue?.number))).toEqual(new Set([own[0]!.number]));
      const closed = issues().filter(({ body, state }) => body.startsWith(marker) && state === 'closed');
      expect(closed.every(({ stateReason, number }) => stateReason === 'duplicate' && number > own[0]!.number)).toBe(true);
    }
  });

  const posts = { method: 'POST', path: /\/issues$/ };
  const patches = { method: 'PATCH', path: /\/issues\/3$/ };
  const lists = { method: 'GET', path: /\/issues\?/ };
  test.each([
    ['the create answers 502', { match: posts, kind: 'status' }],
    ['the connection is cut before the create', { match: posts, kind: 'drop' }],
    ['the answer of the create is lost', { match: posts, kind: 'drop-after' }],
    ['the answer of the create is lost twice', { match: posts, kind: 'drop-after', times: 2 }],
    ['the list does not answer', { match: lists, kind: 'status' }],
    ['GitHub is busy', { match: posts, kind: 'rate-limit', retryAfter: 0 }],
    ['the answer of the update is lost', { match: patches, kind: 'drop-after' }],
  ] as const)('when %s', async (_name, fault) => {
    scene.github.inject(fault);
    const client = await scene.client(WRITE);
    await keepIssue(client, wanted('open', 'first'));
    await keepIssue(client, wanted('open', 'second'));
    expect(issues().map(({ state, title }) => [state, title])).toEqual([['open', 'churn: second']]);
  });

  test('when an earlier failure has left two: the older stays', async () => {
    const bot = scene.as(scene.job(WRITE).token);
    for (const title of ['older', 'younger']) {
      await bot.rest.issues.create({ ...scene.at, title, body: `${MARKER}\n${title}`, labels: ['mlops-health'] });
    }
    expect(await keepIssue(await scene.client(WRITE), wanted('open', 'now'))).toMatchObject({ number: 3 });
    expect(issues().map(({ title, state, stateReason }) => [title, state, stateReason])).toEqual([
      ['churn: now', 'open', null],
      ['younger', 'closed', 'duplicate'],
    ]);
  });
});

test('a missing permission names the line to add', async () => {
  const client = await scene.client({ issues: 'read', contents: 'write' });
  expect(await complaint(keepIssue(client, wanted('open', 'x')))).toMatch(
    /^The token may not open an issue \(403.*Add "issues: write"/,
  );
});

describe('what programs remember', () => {
  test('stays when another program brings the text up to date', async () => {
    const client = await scene.client(WRITE);
    expect(await rememberInIssue(client, wanted('open', ''), 'retrain', { at: 1 })).toBeUndefined();
    await keepIssue(client, wanted('open', 'drift'));
    expect(await rememberInIssue(client, wanted('open', ''), 'retrain', { at: 1, why: 'a --> b <!-- c' })).toBe(3);
    await keepIssue(client, wanted('open', 'more drift'));
    await rememberInIssue(client, wanted('open', ''), 'other', [1]);
    await keepIssue(client, wanted('closed', 'healthy'));
    const [{ body } = { body: '' }] = issues();
    expect(readHiddenBlock(body, 'retrain')).toEqual({ at: 1, why: 'a --> b <!-- c' });
    // Nobody asked for the other one to be kept.
    expect(readHiddenBlock(body, 'other')).toBeUndefined();
    expect(body.split('\n').slice(0, 2)).toEqual([MARKER, 'healthy']);
  });

  test('also where a person has edited the text in the browser', async () => {
    const client = await scene.client(WRITE);
    await keepIssue(client, wanted('open', 'drift'));
    await rememberInIssue(client, wanted('open', ''), 'retrain', { at: 7 });
    const { body, number } = issues()[0]!;
    const ann = scene.as(scene.github.personToken('ann'));
    await ann.rest.issues.update({ ...scene.at, issue_number: number, body: body.replaceAll('\n', '\r\n') });
    expect(await findIssues(client, wanted('open', ''))).toHaveLength(1);
    await keepIssue(client, wanted('open', 'more'));
    expect(readHiddenBlock(issues()[0]!.body, 'retrain')).toEqual({ at: 7 });
  });

  test('reads back as it was, and never ends its comment', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, around) => {
        const value = JSON.parse(json);
        const line = hiddenBlock('retrain', value);
        expect(line.slice(4, -3)).not.toMatch(/--|>|\n/);
        const text = withHiddenBlock(`${MARKER}\n${around.replaceAll('<!--', '')}`, 'retrain', value);
        expect(readHiddenBlock(text, 'retrain')).toEqual(JSON.parse(JSON.stringify(value)));
        expect(readHiddenBlock(keepHiddenBlock('new text', text, 'retrain'), 'retrain')).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
        expect(
          withHiddenBlock(text, 'retrain', 1)
            .split('\n')
            .filter((other) => other.includes('block retrain')),
        ).toHaveLength(1);
      }),
    );
    expect(readHiddenBlock('<!-- mlops-actions block retrain {broken -->', 'retrain')).toBeUndefined();
    expect(findHiddenBlock('nothing', 'retrain')).toBeUndefined();
  });
});
