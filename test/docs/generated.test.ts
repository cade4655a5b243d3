import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ROOT } from './action-files.js';
import { generatedFiles } from './generated.js';

test('what is generated is current: run "npm run docs"', async () => {
  for (const [file, text] of await generatedFiles()) expect(await readFile(ROOT + file, 'utf8'), file).toBe(text);
});
