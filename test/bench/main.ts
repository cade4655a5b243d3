import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Benchmark, tableOf, writeResult } from './result.js';

const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  train: async () => (await import('./train.js')).train,
  serving: async () => (await import('./serving.js')).serving,
  cold: async () => (await import('./cold.js')).cold,
  predict: async () => (await import('./predict.js')).predict,
  data: async () => (await import('./data.js')).data,
  compare: async () => (await import('./compare.js')).compare,
};

const USAGE = `npm run bench -- NAME [--quick] [--install] [--case CASE]...

NAME       ${Object.keys(BENCHMARKS).join(', ')}
--quick    smaller inputs (the result says so)
--install  make the peers' Python environment from its list of packages in test/bench first
--case     only this case of the benchmark, may be given again; an unknown one lists all`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      install: { type: 'boolean', default: false },
      case: { type: 'string', multiple: true, default: [] },
    },
  });
  const name = positionals[0];
  const load = name !== undefined && Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (!load || positionals.length !== 1) {
    console.error(USAGE);
    return 2;
  }
  const benchmark = await load();
  const measurements = await benchmark({ ...values, cases: values.case });
  const path = writeResult(fileURLToPath(new URL('results', import.meta.url)), name!, measurements);
  console.log(`${tableOf(measurements)}\n\nwritten to ${path}`);
  return 0;
}

process.exitCode = await main();
