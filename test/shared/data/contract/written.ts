import { checkContract } from '../../../../shared/data/contract/check.js';
import { expectationsOf } from '../../../../shared/data/contract/expectations.js';
import { parseSpec } from '../../../../shared/spec/load.js';
import { open, REAL } from '../workspace.js';

const SPEC = `name: weather
task: multiclass
data: { path: ${REAL}seattle-weather.csv }
target: { column: weather }
contract:
  rows: { min: 1000, max: 1400 }
  unique: [[date], [weather, wind]]
  columns:
    date: { required: true, type: date, unique: true, min: 2012-01-01, monotone: strictly_increasing }
    weather: { enum: [sun, rain, fog], pattern: "[a-z]+", length: { min: 3, max: 6 }, distinct: { max: 4 } }
    wind: { missing: { max: 0.1 }, max: 9, max_failing: 0.01, mean: { min: 3, max: 4 }, quantiles: { 0.5: { min: 3 } } }
  checks: [{ name: order, sql: temp_min < temp_max }]
`;
/** A contract of many rules held against the weather of Seattle, and its rules as expectations. */
export async function written() {
  const loaded = parseSpec(SPEC, 'm.yaml');
  const dataset = await open('/', { data: { path: `${REAL}seattle-weather.csv` }, target: { column: 'weather' } });
  const results = await checkContract(dataset, loaded);
  const { contract } = loaded.spec;
  if (typeof contract !== 'object') throw new Error('a contract was written');
  return { dataset, results, expectations: expectationsOf(contract, results) };
}
