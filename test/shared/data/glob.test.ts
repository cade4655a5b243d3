import { symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expandPattern, fixedPart } from '../../../shared/data/glob.js';
import { cleanUp, workspace } from './workspace.js';

cleanUp();

describe('glob', () => {
  const files = [
    'a.csv',
    'b.csv',
    'c1.csv',
    'c2.csv',
    'c[1].csv',
    '.h.csv',
    'd/a.csv',
    'd/e/a.csv',
    'd/.x/a.csv',
    'd/e/b.json',
    'a+b.csv',
  ];

  it.each([
    ['*.csv', ['a+b.csv', 'a.csv', 'b.csv', 'c1.csv', 'c2.csv', 'c[1].csv']],
    ['?.csv', ['a.csv', 'b.csv']],
    ['c[0-9].csv', ['c1.csv', 'c2.csv']],
    ['c[!1].csv', ['c2.csv']],
    ['{a,b}.csv', ['a.csv', 'b.csv']],
    ['**/a.csv', ['a.csv', 'd/a.csv', 'd/e/a.csv']],
    ['d/**', []],
    ['d/**/*', ['d/a.csv', 'd/e/a.csv', 'd/e/b.json']],
    ['*/*.csv', ['d/a.csv']],
    ['.*.csv', ['.h.csv']],
    ['**/**/b.{csv,json}', ['b.csv', 'd/e/b.json']],
    ['a+b.*', ['a+b.csv']],
    ['none/*.csv', []],
  ])('%s', (pattern, expected) => {
    const directory = workspace(Object.fromEntries(files.map((file) => [file, 'x'])));
    symlinkSync(directory, join(directory, 'd/e/loop'));
    expect(expandPattern(join(directory, pattern)).map((file) => relative(directory, file))).toEqual(expected);
  });

  it('knows where the fixed part ends', () => {
    expect(fixedPart('/a/b/*.csv')).toBe('/a/b');
    expect(fixedPart('/a/b*/c/d.csv')).toBe('/a');
    expect(fixedPart('/a/b/c.csv')).toBe('/a/b');
  });
});
