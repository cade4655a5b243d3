import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseSpec } from '../../shared/spec/load.js';
import { ROOT } from './action-files.js';

/** What the documentation shows is copied, so every whole spec in it is one that the actions take. */

const pages = ['README.md', ...(await readdir(`${ROOT}actions`)).map((name) => `actions/${name}/README.md`)];
const specs: { page: string; text: string }[] = [];
for (const page of pages) {
  for (const [, text] of (await readFile(ROOT + page, 'utf8')).matchAll(/```yaml\n(.*?)```/gs)) {
    const content: unknown = parse(text!);
    if (content !== null && typeof content === 'object' && 'task' in content) specs.push({ page, text: text! });
  }
}

test('the README shows whole specs', () => {
  expect(specs.filter(({ page }) => page === 'README.md').length).toBeGreaterThanOrEqual(2);
});

test.each(specs)('a spec in $page is taken as it is', ({ page, text }) => {
  expect(parseSpec(text, page).notices).toEqual([]);
});
