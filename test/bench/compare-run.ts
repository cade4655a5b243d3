import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompareInputs, run as compare } from '../../actions/compare/compare.js';
import { type TrainInputs, run as train } from '../../actions/train/train.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import type { RunnerServices } from '../../shared/runner/services.js';
import { peakMegabytes } from './peak-memory.js';

/**
 * One run of an action in a process of its own, so that its peak memory is its own: `node compare-run.ts DIRECTORY CANDIDATE
 * CHAMPION` judges and prints what it took as JSON, `node compare-run.ts DIRECTORY SPEC OUTPUT train` trains a bundle.
 */

const [directory = '', first = '', second = '', what = 'compare'] = process.argv.slice(2);

const services: RunnerServices = {
  environment: {
    ...{ runAttempt: 1, workflow: 'bench', onDefaultBranch: false, hasArtifacts: false, workspace: directory },
    ...{ apiUrl: 'http://127.0.0.1:9', serverUrl: 'https://github.com' },
  },
  progress: () => {},
  log: () => {},
  artifacts: {
    available: false,
    upload: () => Promise.reject(new Error('nothing is uploaded')),
    download: () => Promise.reject(new Error('nothing to download')),
  },
};
const place = { data: [], 'github-token': undefined, 'working-directory': '.' };

if (what === 'train') {
  const inputs: TrainInputs = {
    ...{ ...place, spec: first, output: second, champion: 'none', params: {}, cache: false },
    ...{ trials: undefined, window: undefined },
  };
  await train(inputs, services);
} else {
  const inputs: CompareInputs = {
    ...place,
    candidate: [first],
    champion: second,
    spec: 'mlops.yaml',
    'fail-on': 'never',
    newest: false,
  };
  const started = performance.now();
  await compare(inputs, services);
  const seconds = (performance.now() - started) / 1000;
  const { rows, slices, metrics } = JSON.parse(
    readFileSync(join(directory, '.mlops-actions/comparison.json'), 'utf8'),
  ) as Comparison;
  const { user, system } = process.cpuUsage();
  console.log(
    JSON.stringify({
      ...{ seconds, processorSeconds: (user + system) / 1e6, megabytes: peakMegabytes() },
      ...{ rows: rows.used, slices: slices.length, metrics: metrics.length },
    }),
  );
}
