import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '../sample.js';
import { vegaDataset } from '../sample.js';

export const sample: Sample = {
  title: 'Boosted trees that know the month',
  branch: 'boosted-trees',
  story: { worse: 'A constant would do', decisive: false },
  async prepare(directory) {
    await mkdir(join(directory, 'data'), { recursive: true });
    await copyFile(vegaDataset('seattle-weather.csv'), join(directory, 'data/seattle-weather.csv'));
  },
};
