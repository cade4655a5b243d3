import { describe, expect, it } from 'vitest';
import { matchesFilter, matchesGlobs } from './patterns.js';

describe('filter patterns', () => {
  it.each([
    ['main', 'main', true],
    ['main', 'mains', false],
    ['releases/**', 'releases/1/2', true],
    ['releases/*', 'releases/1/2', false],
    ['**/README.md', 'README.md', true],
    ['**/README.md', 'a/b/README.md', true],
    ['docs/**/*.md', 'docs/x.md', true],
    ['*.jsx?', 'page.js', true],
    ['v[12].[0-9]+', 'v1.10', true],
    ['v[12].[0-9]+', 'v3.1', false],
    ['**.js', 'src/js/app.js', true],
    ['a.b', 'axb', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matchesFilter([pattern], name)).toBe(expected);
  });

  it('lets the last pattern that fits decide', () => {
    expect(matchesFilter(['releases/**', '!releases/**-alpha'], 'releases/1-alpha')).toBe(false);
    expect(matchesFilter(['**', '!docs/**', 'docs/keep.md'], 'docs/keep.md')).toBe(true);
  });

  it('counts files for hashFiles', () => {
    expect(matchesGlobs(['**/package-lock.json'], 'package-lock.json')).toBe(true);
    expect(matchesGlobs(['**/package-lock.json', '!a/**'], 'a/package-lock.json')).toBe(false);
    expect(matchesGlobs(['data'], 'data/x/y.csv')).toBe(true);
    expect(matchesGlobs(['*.csv\n# note\n*.tsv'], 'x.tsv')).toBe(true);
  });
});
