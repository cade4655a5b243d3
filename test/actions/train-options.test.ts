import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Manifest } from '../../shared/bundle/manifest.js';
import { readBundle } from '../../shared/bundle/read.js';
import { customers, Project, spec } from './project.js';

let project: Project;
afterEach(() => project.remove());

async function manifestOf(): Promise<Manifest> {
  return (await readBundle(join(project.directory, 'bundle'), 'the bundle')).manifest;
}

const inputs = { output: 'bundle', champion: 'none' };

test('calibration, threshold and folds: in the manifest, in the summary, and where the model is evaluated', async () => {
  const train = {
    algorithm: 'linear',
    class_weight: 'balanced',
    calibrate: 'sigmoid',
    threshold: { metric: 'f1' },
    cross_validation: 3,
  };
  project = await Project.create({
    'mlops.yaml': spec({ train, evaluate: { bootstrap: 200, metrics: ['auc', 'f1', 'log_loss'] } }),
    'data.csv': customers({ rows: 900 }),
  });
  const { summary } = await project.run('train', inputs);
  const manifest = await manifestOf();
  const { training, threshold } = manifest;
  expect(manifest.params).toMatchObject({ class_weight: 'balanced', calibrate: 'sigmoid' });
  expect(training.calibration).toEqual({ method: 'sigmoid', rows: training.rows.train, source: 'out-of-fold predictions' });
  expect(training.threshold).toMatchObject({ metric: 'f1', rows: training.rows.train, source: 'out-of-fold predictions' });
  expect(threshold).not.toBe(0.5);
  expect(training.crossValidation).toMatchObject({ folds: 3, rows: training.rows.train });
  expect(training.crossValidation!.metrics.map(({ name }) => name)).toEqual(['auc', 'f1', 'log_loss']);
  const { mean, values } = training.crossValidation!.metrics[0]!;
  expect(mean).toBeCloseTo(values.reduce<number>((sum, value) => sum + value!, 0) / 3, 12);
  expect(summary).toContain('**Cross-validation**');
  expect(summary).toMatch(/\*\*Calibration\*\*: sigmoid, on \d+ rows \(out-of-fold predictions\)/);
  expect(summary).toMatch(
    /\*\*Threshold\*\*: positive from 0\.\d+ on, the best of \d+ rows \(out-of-fold predictions\) with F1/,
  );

  const recorded = JSON.parse(await readFile(join(project.directory, 'bundle', 'metrics.json'), 'utf8')) as { f1: number };
  await project.run('evaluate', { model: 'bundle' });
  const path = join(project.directory, '.mlops-actions', 'evaluation.json');
  const evaluated = JSON.parse(await readFile(path, 'utf8')) as { metrics: { name: string; candidate: number }[] };
  expect(evaluated.metrics.find(({ name }) => name === 'f1')!.candidate).toBeCloseTo(recorded.f1, 9);
});

test('the calibration part is used where there is one, and folds keep groups and times', async () => {
  project = await Project.create({
    'mlops.yaml': spec({
      data: { path: 'data.csv', key: 'id', time: 'day' },
      split: { by: 'time', validation: 0.1, test: 0.2, calibration: 0.3 },
      train: { algorithm: 'linear', calibrate: 'isotonic', cross_validation: 2 },
    }),
    'data.csv': customers({
      rows: 1200,
      header: 'id,day,usage,team,churned',
      row: (id, random) => {
        const usage = Math.round(random.normal() * 100);
        const day = new Date(Date.UTC(2024, 0, 1 + (id % 300))).toISOString().slice(0, 10);
        return [id, day, usage, `t${id % 40}`, random.normal() * 100 > usage ? 'yes' : 'no'];
      },
    }),
  });
  await project.run('train', inputs);
  const { training } = await manifestOf();
  expect(training.calibration).toEqual({
    method: 'isotonic',
    rows: training.rows.calibration,
    source: 'split.calibration',
  });
  expect(training.threshold).toBeUndefined();
  await project.write(
    'mlops.yaml',
    spec({ split: { by: { group: 'team' }, validation: 0.2, test: 0.2 }, train: { algorithm: 'linear', cross_validation: 4 } }),
  );
  await project.run('train', inputs);
  expect((await manifestOf()).training.crossValidation).toMatchObject({ folds: 4 });
});

test('too few rows to calibrate on are one line', async () => {
  project = await Project.create({
    'mlops.yaml': spec({
      split: { by: 'hash', validation: 0.2, test: 0.3, calibration: 0.1 },
      train: { algorithm: 'linear', calibrate: 'isotonic' },
    }),
    'data.csv': customers(),
  });
  expect(await project.complaint('train', inputs)).toMatch(
    /^train\.calibrate: isotonic needs at least 200 labelled rows and 10 of each class, and the calibration part has \d+, [^\n]+$/,
  );
});
