import { writeFile } from 'node:fs/promises';
import { ROOT } from './action-files.js';
import { generatedFiles } from './generated.js';

// `npm run docs`: brings everything generated up to date.
for (const [file, text] of await generatedFiles()) await writeFile(ROOT + file, text);
