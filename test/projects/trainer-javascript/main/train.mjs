// Multinomial logistic regression without a single package: reads the rows that mlops-actions hands over, and writes a graph.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { softmaxModel } from './onnx-file.mjs';

const { MLOPS_TRAIN, MLOPS_VALIDATION, MLOPS_PARAMS, MLOPS_FEATURES, MLOPS_CLASSES, MLOPS_TARGET, MLOPS_OUTPUT } = process.env;
const features = JSON.parse(MLOPS_FEATURES);
const classes = JSON.parse(MLOPS_CLASSES);
const { steps, learning_rate: rate } = JSON.parse(readFileSync(MLOPS_PARAMS, 'utf8'));

/** Numbers by row (NaN is missing), and the index of each row's class. No value of this data holds a comma. */
function readRows(file) {
  const [header, ...lines] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const places = features.map((name) => header.indexOf(name));
  const target = header.indexOf(MLOPS_TARGET);
  return {
    values: lines.map((cells) => places.map((at) => (cells[at] === '' ? Number.NaN : Number(cells[at])))),
    labels: lines.map((cells) => classes.indexOf(cells[target])),
  };
}

const train = readRows(MLOPS_TRAIN);
const validation = readRows(MLOPS_VALIDATION);
const statistics = features.map((_, at) => {
  const known = train.values.map((row) => row[at]).filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { mean, deviation: Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length) };
});
const scale = (row) =>
  row.map((value, at) => (Number.isNaN(value) ? 0 : (value - statistics[at].mean) / statistics[at].deviation));

const weights = features.map(() => classes.map(() => 0));
const bias = classes.map(() => 0);

function probabilities(row) {
  const scores = bias.map((start, k) => row.reduce((sum, value, at) => sum + value * weights[at][k], start));
  const largest = Math.max(...scores);
  const raised = scores.map((score) => Math.exp(score - largest));
  const total = raised.reduce((sum, value) => sum + value, 0);
  return raised.map((value) => value / total);
}

const rows = train.values.map(scale);
const held = validation.values.map(scale);
for (let step = 1; step <= steps; step++) {
  const slopes = features.map(() => classes.map(() => 0));
  const lift = classes.map(() => 0);
  for (const [index, row] of rows.entries()) {
    for (const [k, probability] of probabilities(row).entries()) {
      const error = (probability - (train.labels[index] === k ? 1 : 0)) / rows.length;
      lift[k] += error;
      for (const [at, value] of row.entries()) slopes[at][k] += error * value;
    }
  }
  for (const [k, slope] of lift.entries()) bias[k] -= rate * slope;
  for (const [at, slope] of slopes.entries()) for (const k of slope.keys()) weights[at][k] -= rate * slope[k];
  if (step % 5 === 0 || step === steps) {
    const loss =
      held.reduce((sum, row, index) => sum - Math.log(probabilities(row)[validation.labels[index]]), 0) / held.length;
    appendFileSync(join(MLOPS_OUTPUT, 'progress.ndjson'), `${JSON.stringify({ step, log_loss: loss })}\n`);
  }
}

const right = held.filter((row, index) => {
  const given = probabilities(row);
  return given.indexOf(Math.max(...given)) === validation.labels[index];
});
writeFileSync(join(MLOPS_OUTPUT, 'metrics.json'), JSON.stringify({ validation_accuracy: right.length / held.length }));
writeFileSync(join(MLOPS_OUTPUT, 'model.onnx'), softmaxModel(statistics, weights, bias));
console.log(`${steps} steps on ${rows.length} rows, ${right.length} of ${held.length} validation rows right`);
