import { Random } from '../../shared/core/random.js';
import type { Sample } from './flights.js';

const FEATURES = 120;

/**
 * Rows of 120 numbers, of which 40 say something: straight lines, steps, waves and products, with noise; a tenth of every fifth
 * column is missing.
 */
export function drawWide(trainRows: number, testRows: number, seed: number): { train: Sample; test: Sample } {
  const random = new Random(seed);
  const weights = Array.from({ length: FEATURES }, (_, feature) => (feature % 3 === 0 ? random.normal() * 0.3 : 0));
  const sample = (rows: number): Sample => {
    const columns = Array.from({ length: FEATURES }, () => new Float32Array(rows));
    const values = new Int32Array(rows);
    const row = new Float64Array(FEATURES);
    for (let at = 0; at < rows; at++) {
      for (let feature = 0; feature < FEATURES; feature++) row[feature] = random.normal();
      let signal = Math.sin(2 * row[1]!) + row[2]! * row[4]! + (row[5]! > 0.5 ? row[7]! : 0) + 1.5 * random.normal();
      for (let feature = 0; feature < FEATURES; feature++) signal += weights[feature]! * row[feature]!;
      values[at] = signal > 0 ? 1 : 0;
      for (let feature = 0; feature < FEATURES; feature++) {
        columns[feature]![at] = feature % 5 === 0 && random.uniform() < 0.1 ? Number.NaN : row[feature]!;
      }
    }
    return {
      matrix: { rows, columns: columns.map((own, feature) => ({ name: `x${feature}`, values: own })) },
      labels: { task: 'binary', classes: ['no', 'yes'], values },
    };
  };
  return { train: sample(trainRows), test: sample(testRows) };
}
