import { parseArgs } from 'node:util';
import { type Simulation, tableOf } from './result.js';

const SIMULATIONS: Readonly<Record<string, () => Promise<Simulation>>> = {
  drift: async () => (await import('./drift.js')).drift,
  verdict: async () => (await import('./verdict.js')).verdict,
};

const USAGE = `npm run simulate -- NAME [--trials N] [--only TEXT]

NAME       ${Object.keys(SIMULATIONS).join(', ')}
--trials   of each case; default 400, for which the bounds hold
--only     cases whose name holds this text`;

/** Checks claims about chances by trials whose seeds are their numbers; fails when a bound does not hold. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { trials: { type: 'string', default: '400' }, only: { type: 'string', default: '' } },
  });
  const [name] = positionals;
  const load = name !== undefined && Object.hasOwn(SIMULATIONS, name) ? SIMULATIONS[name] : undefined;
  const trials = Number(values.trials);
  if (!load || positionals.length !== 1 || !Number.isSafeInteger(trials) || trials < 1) {
    console.error(USAGE);
    return 2;
  }
  const outcomes = await (await load())({ trials, only: values.only, progress: (line) => console.log(line) });
  console.log(`\n${tableOf(outcomes)}`);
  const broken = outcomes.filter(({ holds }) => !holds);
  for (const { name } of broken) console.error(`The bound does not hold: ${name}`);
  return broken.length > 0 ? 1 : 0;
}

process.exitCode = await main();
