import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Explanation } from '../../shared/bundle/explanation.js';
import type { Manifest } from '../../shared/bundle/manifest.js';
import { readBundle } from '../../shared/bundle/read.js';
import { Running } from '../shared/serving/running.js';
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
  expect(summary).toMatch(/\*\*Calibration\*\*: sigmoid, fitted on \d+ rows \(out-of-fold predictions\)/);
  expect(summary).toMatch(/\*\*Threshold\*\*: positive from 0\.\d+, the best of \d+ rows \(out-of-fold predictions\) with F1/);

  const recorded = JSON.parse(await readFile(join(project.directory, 'bundle', 'metrics.json'), 'utf8')) as { f1: number };
  await project.run('evaluate', { model: 'bundle' });
  const path = join(project.directory, '.mlops-actions', 'evaluation.json');
  const evaluated = JSON.parse(await readFile(path, 'utf8')) as { metrics: { name: string; candidate: number }[] };
  expect(evaluated.metrics.find(({ name }) => name === 'f1')!.candidate).toBeCloseTo(recorded.f1, 9);

  // The server decides by it as well: one row on each side of the threshold, between it and 0.5.
  const server = await Running.start({ MLOPS_SERVER_BUNDLE: join(project.directory, 'bundle') });
  try {
    const rows = Array.from({ length: 200 }, (_, index) => ({ usage: (index - 100) / 10, plan: 'plus' }));
    const reply = await server.post('/predict', { rows });
    const { predictions } = reply.json as { predictions: { label: string; probabilities: Record<string, number> }[] };
    const labels = predictions.map(({ probabilities }) => (probabilities.yes! >= threshold! ? 'yes' : 'no'));
    expect(predictions.map(({ label }) => label)).toEqual(labels);
    expect(labels).not.toEqual(predictions.map(({ probabilities }) => (probabilities.yes! >= 0.5 ? 'yes' : 'no')));
  } finally {
    await server.remove();
  }
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
    /^mlops\.yaml:\d+:\d+: train\.calibrate: isotonic needs at least 200 labelled rows and 10 of each class, and the calibration part has \d+, [^\n]+$/,
  );
});

test('SHAP values of held-out rows: in the bundle and in the summary, and they add up', async () => {
  project = await Project.create({
    'mlops.yaml': spec({ train: { algorithm: 'gbdt', params: { num_iterations: 20 }, monotone: { usage: -1 } } }),
    'data.csv': customers(),
  });
  const { summary } = await project.run('train', inputs);
  expect(summary).toContain('<b>Contributions</b> (SHAP) to');
  const manifest = await manifestOf();
  expect(manifest.files).toHaveProperty('contributions.json');
  expect(manifest.params.monotone).toBe('{"usage":-1}');
  const written = await readFile(join(project.directory, 'bundle', 'contributions.json'), 'utf8');
  const explanation = JSON.parse(written) as Explanation;
  expect(explanation.rows).toBe(Math.min(200, manifest.training.rows.test));
  expect(explanation.features[0]).toMatchObject({ feature: 'usage' });
  expect(explanation.features[0]!.trend).toBeLessThan(-0.5);
  for (const { score, contributions } of explanation.sample) {
    const sum = contributions[0]!.reduce((total, value) => total + value, explanation.base[0]!);
    expect(sum).toBeCloseTo(score[0]!, 4);
  }

  // A bundle that is reused keeps them.
  expect((await project.run('train', inputs)).outputs.cached).toBe('true');
  expect(await readFile(join(project.directory, 'bundle', 'contributions.json'), 'utf8')).toBe(written);
  expect((await manifestOf()).files['contributions.json']).toEqual(manifest.files['contributions.json']);
});

test('a quantile is judged by a metric of its own', async () => {
  project = await Project.create({
    'mlops.yaml': spec({
      task: 'regression',
      target: { column: 'usage' },
      train: { algorithm: 'gbdt', objective: 'quantile', params: { alpha: 0.8, num_iterations: 20 } },
      evaluate: {
        bootstrap: 200,
        primary: 'pinball',
        metrics: ['pinball', 'below'],
        custom: {
          pinball: {
            sql: '0.8 * greatest(label - prediction, 0) + 0.2 * greatest(prediction - label, 0)',
            better: 'lower',
          },
          below: { sql: 'CASE WHEN label <= prediction THEN 1 ELSE 0 END', better: 'higher' },
        },
      },
    }),
    'data.csv': customers({ rows: 900 }),
  });
  await project.run('train', inputs);
  expect((await manifestOf()).params).toMatchObject({ objective: 'quantile', alpha: 0.8 });
  await project.run('evaluate', { model: 'bundle' });
  const path = join(project.directory, '.mlops-actions', 'evaluation.json');
  const evaluated = JSON.parse(await readFile(path, 'utf8')) as { metrics: { name: string; candidate: number }[] };
  const of = (name: string): number => evaluated.metrics.find((metric) => metric.name === name)!.candidate;
  expect(of('below')).toBeGreaterThan(0.7);
  expect(of('below')).toBeLessThan(0.9);
  expect(of('pinball')).toBeGreaterThan(0);
});

test('rows count by their weight in what training records, as they do in evaluation', async () => {
  project = await Project.create({
    'mlops.yaml': spec({
      data: { path: 'data.csv', key: 'id', weight: 'count' },
      evaluate: { bootstrap: 200, metrics: ['accuracy'] },
    }),
    'data.csv': customers({
      header: 'id,usage,plan,count,churned',
      row: (id, random) => {
        const usage = Math.round(random.normal() * 100);
        return [id, usage, 'plus', usage > 0 ? 5 : 1, random.normal() * (usage > 0 ? 20 : 200) > usage ? 'yes' : 'no'];
      },
    }),
  });
  await project.run('train', inputs);
  const recorded = JSON.parse(await readFile(join(project.directory, 'bundle', 'metrics.json'), 'utf8')) as {
    accuracy: number;
  };
  await project.run('evaluate', { model: 'bundle' });
  const path = join(project.directory, '.mlops-actions', 'evaluation.json');
  const evaluated = JSON.parse(await readFile(path, 'utf8')) as { metrics: { name: string; candidate: number }[] };
  expect(evaluated.metrics.find(({ name }) => name === 'accuracy')!.candidate).toBeCloseTo(recorded.accuracy, 9);
});
