import { gbdt } from '../../shared/training/gbdt/gbdt.js';
import { sampleFlights } from './flights.js';

const n = Number(process.argv[2]);
const leaves = Number(process.argv[3]);
const t0 = performance.now();
const { train, test } = await sampleFlights(n, 100000);
console.log('load', performance.now() - t0);
for (let k = 0; k < Number(process.argv[4] ?? 1); k++) {
  const t = performance.now();
  const m = await gbdt.train({
    train: train.matrix,
    trainLabels: train.labels,
    validation: { rows: 0, columns: train.matrix.columns },
    validationLabels: { task: 'binary', classes: ['a', 'b'], values: new Int32Array(0) },
    params: { num_iterations: 100, num_leaves: leaves, early_stopping_round: 0 },
    seed: 42,
    progress: console.log,
  });
  console.log('train', performance.now() - t);
  const p = performance.now();
  const { scores } = m.predict(test.matrix);
  console.log('predict', performance.now() - p);
  let s = 0;
  for (let i = 0; i < 100000; i++) s -= Math.log(scores[2 * i + test.labels.values[i]!]!);
  console.log('logloss', s / 1e5);
}
