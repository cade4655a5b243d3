import { expect, test } from 'vitest';
import { withLocalLinks } from './addresses.js';

const link = (path: string): string => `<a href="https://github.com/${path}" rel="nofollow"><b>x</b></a>`;

test.each([
  ['you/flights/actions/runs/17', 'runs/17.html'],
  ['you/flights/actions/runs/17/job/3', 'runs/17.html'],
  ['you/flights/pull/2#issuecomment-5', 'pull-requests/2.html'],
  ['you/flights/runs/49', 'checks/49.html'],
  ['you/flights/releases/tag/flight-delay%40v1.2.0', 'versions/v1.2.0/index.html'],
])('a link to %s leads to the page of the story', (path, page) => {
  expect(withLocalLinks(`a ${link(path)} b`, 'you/flights', '../')).toBe(
    `a <a href="../${page}" rel="nofollow"><b>x</b></a> b`,
  );
});

test('what has no page here becomes text, and other links stay', () => {
  expect(withLocalLinks(link('you/flights/commit/abc'), 'you/flights', '')).toBe('<b>x</b>');
  expect(withLocalLinks(link('you/flights-2/pull/1'), 'you/flights', '')).toBe(link('you/flights-2/pull/1'));
});
