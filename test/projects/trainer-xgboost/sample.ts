import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '../sample.js';
import { vegaDataset } from '../sample.js';

export const sample: Sample = {
  title: 'Smaller trees',
  branch: 'smaller-trees',
  async prepare(directory) {
    await mkdir(join(directory, 'data'), { recursive: true });
    await copyFile(vegaDataset('penguins.json'), join(directory, 'data/penguins.json'));
  },
};
