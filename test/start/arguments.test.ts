import { expect, test } from 'vitest';
import { readArguments } from './arguments.js';

const read = (line: string) => readArguments(line.split(' ').filter(Boolean), ['release', 'all']);

test('reads the project and the story, in any order', () => {
  expect(read('')).toEqual({ name: 'flights' });
  expect(read('../my-model')).toEqual({ name: '../my-model' });
  expect(read('--release')).toEqual({ name: 'flights', story: 'release' });
  expect(read('penguins --all')).toEqual({ name: 'penguins', story: 'all' });
  expect(read('--all penguins')).toEqual({ name: 'penguins', story: 'all' });
});

test.each([
  ['flights --relase', 'There is no option --relase.'],
  ['-release', 'There is no option -release.'],
  ['--release --all', 'found --release --all.'],
  ['flights penguins', 'found flights penguins.'],
])('refuses %s in one line that says what is accepted', (line, says) => {
  expect(() => read(line)).toThrow(says);
  expect(() => read(line)).toThrow('npm start -- [sample or folder] [--release or --all]');
});
