import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBundle } from '../../shared/bundle/read.js';
import { customers, Project, spec } from './project.js';

const SAMPLE = fileURLToPath(new URL('../projects/trainer-javascript/main/', import.meta.url));

/** Writes a model that looks at `usage` alone; what else a test needs comes before. */
const MODEL = `
import { writeFileSync, appendFileSync, readFileSync, symlinkSync, openSync, ftruncateSync, copyFileSync } from 'node:fs';
import { softmaxModel } from './onnx-file.mjs';
const out = process.env.MLOPS_OUTPUT;
const model = softmaxModel([{ mean: 0, deviation: 1 }], [[0.15, -0.15]], [0, 0]);
`;

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'data.csv': customers() });
  await copyFile(join(SAMPLE, 'onnx-file.mjs'), join(project.directory, 'onnx-file.mjs'));
});
afterEach(() => project.remove());

/** A trainer in JavaScript, run by `node train.mjs`. */
async function trainer(
  script: string,
  train: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
) {
  await project.write('train.mjs', MODEL + script);
  await project.write(
    'mlops.yaml',
    spec({ features: { use: ['usage'] }, train: { command: 'node train.mjs', ...train }, ...more }),
  );
}

const WRITE = "writeFileSync(out + '/model.onnx', model);";

describe('a command that trains', () => {
  test('leaves a bundle like any other: judged, compared, with what it said of its progress', async () => {
    await trainer(
      `
      const params = JSON.parse(readFileSync(process.env.MLOPS_PARAMS, 'utf8'));
      for (let step = 1; step <= params.steps; step++) appendFileSync(out + '/progress.ndjson', JSON.stringify({ step, log_loss: 1 / step }) + '\\n');
      appendFileSync(out + '/progress.ndjson', 'not json\\n{"loss": 3}\\n');
      writeFileSync(out + '/metrics.json', JSON.stringify({ own_score: 0.75, note: 'text is left out' }));
      console.log('::set-output name=x::y');
      ${WRITE}`,
      { params: { steps: 12 } },
    );
    const outcome = await project.run('train');
    const { manifest, importance } = await readBundle(outcome.outputs['bundle-path']!, 'the bundle');
    expect(manifest).toMatchObject({
      algorithm: 'command',
      command: 'node train.mjs',
      params: { steps: 12 },
      signature: {
        inputs: [{ name: 'usage', column: 'number', tensor: 'float32' }],
        outputs: [{ name: 'label' }, { name: 'probabilities', shape: ['N', 2] }],
      },
      features: { features: [{ name: 'usage', kind: 'numeric', from: 'usage' }] },
    });
    expect(manifest.training.iterations).toBe(12);
    expect(importance).toEqual([]);
    expect(outcome.summary).toContain('Log loss after each step, as the command reports it');
    expect(outcome.summary).toContain('own_score');
    expect(outcome.summary).not.toContain('note');
    expect(project.log).toContain('step 12, log_loss 0.08333');
    expect(project.log).toContainEqual(expect.stringContaining('2 lines are no JSON object'));

    const evaluated = await project.run('evaluate', { model: '.mlops-actions/bundle' });
    const { auc } = JSON.parse(await readFile(evaluated.outputs['metrics-path']!, 'utf8'));
    expect(auc).toBeGreaterThan(0.6);
    const compared = await project.run('compare', { champion: '.mlops-actions/bundle' });
    expect(compared.outputs.verdict).toBe('identical');
  });

  test('runs in the folder of the model, and gets what the contract says, and nothing of the test rows but their features', async () => {
    await trainer(
      `
      writeFileSync('seen.json', JSON.stringify({ folder: process.cwd(), env: process.env }));
      for (const part of ['TRAIN', 'VALIDATION', 'TEST']) copyFileSync(process.env['MLOPS_' + part], part + '.csv');
      ${WRITE}`,
      { format: 'csv' },
      { data: { path: 'data.csv', key: 'id', weight: 'w' }, target: { column: 'leaves', sql: "churned = 'yes'" } },
    );
    await project.write(
      'data.csv',
      customers({
        header: 'id,usage,plan,churned,w',
        row: (id, random) => [id, Math.round(random.normal() * 100) / 100, 'pro', ['yes', 'no', ''][id % 3]!, (id % 5) + 1],
      }),
    );
    await project.run('train');
    const { folder, env } = JSON.parse(await readFile(join(project.directory, 'seen.json'), 'utf8'));
    expect(folder).toBe(project.directory);
    expect(env).toMatchObject({
      MLOPS_SPEC: join(project.directory, 'mlops.yaml'),
      MLOPS_TARGET: 'leaves',
      MLOPS_TASK: 'binary',
      MLOPS_CLASSES: '["false","true"]',
      MLOPS_FEATURES: '["usage"]',
      MLOPS_WEIGHT: 'w',
      MLOPS_SEED: '42',
    });
    const [train, , testRows] = await Promise.all(
      ['TRAIN', 'VALIDATION', 'TEST'].map(async (part) =>
        (await readFile(join(project.directory, `${part}.csv`), 'utf8')).trim().split('\n'),
      ),
    );
    expect(train![0]).toBe('usage,leaves,w');
    expect(testRows![0]).toBe('usage');
    // A third of the rows has no label: those train nobody, and stay among the rows that are to be scored.
    expect(train!.length - 1).toBeLessThan(250);
    expect(train!.slice(1).every((line) => /^-?[\d.]+,(true|false),[1-5]\.0$/.test(line))).toBe(true);
    expect(testRows!.length - 1).toBeGreaterThan(150);
  });
});

describe('a model that cannot be ONNX', () => {
  /** Writes predictions.parquet from a query over the features of the test rows. */
  const predicting = (select: string): string => `
import { createRequire } from 'node:module';
const { DuckDBInstance } = createRequire(${JSON.stringify(import.meta.url)})('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("COPY (SELECT ${select} FROM read_parquet('" + process.env.MLOPS_TEST + "')) TO '" + out + "/predictions.parquet'");`;
  const USEFUL = predicting('1 / (1 + exp(0.3 * usage)) AS score');

  test('is judged and compared by what it predicts, and is never released', async () => {
    await trainer(USEFUL, {}, { gates: ['auc >= 0.6', 'latency_p99_ms <= 5'] });
    const outcome = await project.run('train');
    const bundle = await readBundle(outcome.outputs['bundle-path']!, 'the bundle');
    expect(bundle.predictionsOnly).toBe(true);
    expect(bundle.manifest.signature).toEqual({
      inputs: [{ name: 'usage', column: 'number', tensor: 'float64' }],
      outputs: [],
    });
    expect(Object.keys(bundle.manifest.files)).not.toContain('model.onnx');
    expect(() => bundle.modelFile).toThrow('the bundle holds no model, only what its train.command has predicted');

    const evaluated = await project.run('evaluate', { model: '.mlops-actions/bundle' });
    const { auc } = JSON.parse(await readFile(evaluated.outputs['metrics-path']!, 'utf8'));
    expect(auc).toBeGreaterThan(0.6);
    expect(auc).toBeCloseTo(bundle.metrics.auc!, 10);

    // Held against a model that runs, and the model against it.
    await trainer(WRITE);
    await project.run('train', { output: 'model' });
    const compared = await project.run('compare', { champion: 'model' });
    expect(compared.outputs).toMatchObject({ verdict: 'no evidence', gates: 'pass' });
    expect(compared.annotations).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('its train.command made itself') }),
    );
    const turned = await project.run('compare', { candidate: 'model', champion: '.mlops-actions/bundle' });
    expect(turned.outputs.verdict).toBe('no evidence');
    expect(turned.annotations).toEqual([]);

    // On other data there is nothing that could be run again.
    await project.write('data.csv', customers({ rows: 700 }));
    expect(await project.complaint('compare', { champion: 'none' })).toMatch(
      /says nothing of [\d,]+ of the [\d,]+ rows that judge/,
    );
  });

  test.each([
    ['too few rows', predicting('0.5 AS score').replace("')) TO", "') LIMIT 3) TO"), 'has 3 rows for the'],
    [
      'no column',
      predicting('0.5 AS probability'),
      'has no column score_no, score_yes; found: probability; expected: score_no, score_yes, or score, the probability of yes',
    ],
    ['no probability', predicting('1.5 AS score'), 'column score, row 1 is 1.5; accepted are probabilities from 0 to 1'],
    ['a gap', predicting('CASE WHEN usage > 0 THEN 0.5 END AS score'), 'is missing; accepted are probabilities'],
    ['no Parquet', "writeFileSync(out + '/predictions.parquet', 'id,score');", 'cannot be read as Parquet'],
  ])('%s in predictions.parquet', async (_, script, expected) => {
    await trainer(script);
    expect(await project.complaint('train')).toContain(expected);
  });
});

describe('a command that goes wrong is told in one line at its place', () => {
  const complaint = async (): Promise<string> => {
    const message = await project.complaint('train');
    expect(message).toMatch(/^mlops\.yaml:\d+:\d+: /);
    expect(message).not.toContain('\n');
    expect(existsSync(join(project.directory, '.mlops-actions/bundle'))).toBe(false);
    return message;
  };

  test.each([
    ['it writes no model', '', 'wrote no model.onnx: write it into the folder that the variable MLOPS_OUTPUT names'],
    ['a status', "console.error('no module named torch'); process.exit(3);", 'ended with exit status 3 after'],
    ['its words', "console.error('no module named torch'); process.exit(3);", 'its last lines: no module named torch'],
    [
      'a status after 2 MB',
      "const line = 'x'.repeat(99) + '\\n'; writeFileSync(1, line.repeat(20_000)); writeFileSync(2, 'Out of memory\\n'); process.exit(1);",
      'its last lines: ',
    ],
    [
      'it dies, and leaves a child',
      "const { spawn } = await import('node:child_process'); spawn('sleep', ['60'], { stdio: 'inherit' }); process.kill(process.pid, 'SIGKILL');",
      'SIGKILL',
    ],
    ['a model that is none', "writeFileSync(out + '/model.onnx', 'not a model at all');", 'is not an ONNX model'],
    ['a folder', "import { mkdirSync } from 'node:fs'; mkdirSync(out + '/model.onnx');", 'no regular file'],
    ['a link to elsewhere', "symlinkSync('/etc/hostname', out + '/model.onnx');", 'no regular file'],
    [
      'a model of 3 GB',
      "ftruncateSync(openSync(out + '/model.onnx', 'w'), 3e9);",
      'wrote a model.onnx of 3.0 GB; accepted are at most 1.1 GB',
    ],
    [
      'a model of other columns',
      "writeFileSync(out + '/model.onnx', softmaxModel([0, 0].map(() => ({ mean: 0, deviation: 1 })), [[1, 1], [1, 1]], [0, 0]));",
      'takes 2 columns in its input "features", but MLOPS_FEATURES names 1: usage',
    ],
    [
      'a model with another number of classes',
      "writeFileSync(out + '/model.onnx', softmaxModel([{ mean: 0, deviation: 1 }], [[1, 1, 1]], [0, 0, 0]));",
      "binary needs a float output [N, 2] with the probabilities; the model's float outputs are: probabilities [N, 3]",
    ],
    [
      'a model that gives no numbers',
      "writeFileSync(out + '/model.onnx', softmaxModel([{ mean: 0, deviation: 0 }], [[0, 0]], [0, 0]));",
      'gives NaN for row',
    ],
  ])('%s', async (_, script, expected) => {
    await trainer(script);
    expect(await complaint()).toContain(expected);
  });

  test('it hangs, with a process of its own, until the time limit', async () => {
    await trainer("import { spawn } from 'node:child_process'; spawn('sleep', ['60']); setInterval(() => {}, 1000);", {
      timeout: '1500ms',
    });
    expect(await complaint()).toContain('took longer than train.timeout (1500ms) and has been ended with all its processes');
  });

  test('it prints a secret, which is masked in the log and in the complaint', async () => {
    process.env.MY_API_TOKEN = 'very-secret-value';
    try {
      await trainer("console.log('using ' + process.env.MY_API_TOKEN); process.exit(1);");
      expect(await complaint()).toContain('its last lines: using ***');
      expect(project.log).toContain('using ***');
      expect(project.log.join('\n')).not.toContain('very-secret-value');
    } finally {
      delete process.env.MY_API_TOKEN;
    }
  });

  test('text in a single input of numbers', async () => {
    await trainer(WRITE, {}, { features: { use: ['plan'] } });
    expect(await complaint()).toContain('has a single input of numbers, but plan is text');
  });

  test('finished features are not built yet', async () => {
    await trainer(WRITE, { features: 'engineered' });
    expect(await complaint()).toContain('train.features is not built yet');
  });
});
